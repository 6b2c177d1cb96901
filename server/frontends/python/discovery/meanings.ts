/** What names in a Python module mean, through its imports of files that exist. */
import { basename } from 'node:path';
import type { PythonFramework } from '../loaderProtocol';
import { type KnownName, knownName } from './knownNames';
import type {
  ClassOutline,
  DefinitionOutline,
  DottedName,
  FunctionOutline,
  ModuleOutline,
  ParameterOutline,
  ValueOutline,
} from './outline';

export interface Module {
  readonly file: string;
  readonly outline: ModuleOutline;
  /** Gives the module of a file, read at most once; undefined where it cannot be read. */
  readonly open: (file: string) => Module | undefined;
  /** See `findModuleFile`. */
  readonly find: (file: string, level: number, name: DottedName) => string | undefined;
  /** Takes a step of the search that all modules of it share; false where it has taken too many. */
  readonly takeStep: () => boolean;
}

type Meaning =
  | { readonly kind: 'definition'; readonly definition: DefinitionOutline; readonly module: Module }
  | { readonly kind: 'module'; readonly module: Module }
  /** A name of an installed package, in full. */
  | { readonly kind: 'outside'; readonly name: DottedName };

/** What was looked at on the way to an answer: packages import each other in circles, and each thing is looked at once. */
type Trail = Set<string>;

/** No trail of what somebody has written is longer. */
const LONGEST_TRAIL = 1000;

/** Whether the trail comes here for the first time, and may go on. */
function isNew(trail: Trail, { file, takeStep }: Module, ...what: readonly string[]): boolean {
  const step = JSON.stringify([file, ...what]);
  if (trail.has(step) || trail.size >= LONGEST_TRAIL || !takeStep()) return false;
  trail.add(step);
  return true;
}

function moduleAt(module: Module, level: number, name: DottedName): Module | undefined {
  const file = module.find(module.file, level, name);
  return file === undefined ? undefined : module.open(file);
}

/** What `name` means inside the module that `from module import …` names. */
function inImported(
  from: Module,
  level: number,
  path: DottedName,
  name: DottedName,
  trail: Trail,
): Meaning | undefined {
  const imported = moduleAt(from, level, path);
  const submodule = moduleAt(from, level, [...path, name[0]]);
  const found = imported && lookUp(imported, name, trail);
  if (found) return found;
  if (submodule) return inModule(submodule, name.slice(1), trail);
  return imported || level > 0 ? undefined : { kind: 'outside', name: [...path, ...name] };
}

function inModule(module: Module, rest: DottedName, trail: Trail): Meaning | undefined {
  return rest.length === 0 ? { kind: 'module', module } : lookUp(module, rest, trail);
}

/** `import a.b` binds `a`, of which `a.b.c` is told; `import a.b as c` binds `c`. */
function throughPlainImport(module: Module, path: DottedName, as: string | undefined, name: DottedName, trail: Trail) {
  if (as !== undefined) {
    if (name[0] !== as) return undefined;
    const imported = moduleAt(module, 0, path);
    return imported ? inModule(imported, name.slice(1), trail) : outside([...path, ...name.slice(1)]);
  }
  if (name[0] !== path[0]) return undefined;
  const isPrefix = path.every((part, i) => part === name[i]);
  const imported = isPrefix ? moduleAt(module, 0, path) : undefined;
  return imported ? inModule(imported, name.slice(path.length), trail) : outside(name);
}

function outside(name: DottedName): Meaning {
  return { kind: 'outside', name };
}

function throughImports(module: Module, name: DottedName, trail: Trail): Meaning | undefined {
  const { bound, unnamed } = module.outline;
  const imports = [...(bound.get(name[0]) ?? []), ...unnamed].sort((a, b) => b.place - a.place);
  for (const { level, module: path, binds } of imports) {
    if (binds.kind === 'module') {
      const found = throughPlainImport(module, path, binds.as, name, trail);
      if (found) return found;
    } else if (binds.kind === 'names') {
      const bound = binds.names.find(({ as }) => as === name[0]);
      if (bound) return inImported(module, level, path, [bound.name, ...name.slice(1)], trail);
    } else {
      const found = inImported(module, level, path, name, trail);
      // Any name could be a layer of `from torch.nn import *`.
      if (found && (found.kind !== 'outside' || makesModels(found.name))) return found;
    }
  }
  return undefined;
}

/** Whether the call of a name of a package gives a model. */
function makesModels(name: DottedName): boolean {
  const role = knownName(name)?.role;
  return role === 'model' || role === 'base';
}

/** A module of the package becomes a name of it once anything has imported it. */
function inPackage(module: Module, name: DottedName, trail: Trail): Meaning | undefined {
  const part = basename(module.file) === '__init__.py' ? moduleAt(module, 1, name.slice(0, 1)) : undefined;
  return part && inModule(part, name.slice(1), trail);
}

/** What a name means at the end of the module; undefined where that is not told. */
export function lookUp(module: Module, name: DottedName, trail: Trail = new Set()): Meaning | undefined {
  if (!isNew(trail, module, ...name)) return undefined;
  const definition = module.outline.last.get(name[0]);
  if (!definition) return throughImports(module, name, trail) ?? inPackage(module, name, trail);
  if (definition.kind === 'variable') {
    for (const value of definition.values) {
      if (value.kind !== 'name' || value.name[0] === name[0]) continue;
      const found = lookUp(module, [...value.name, ...name.slice(1)], trail);
      if (found) return found;
    }
    // `try: import x` with `x = None` where it fails.
    const imported = definition.values.length === 0 ? throughImports(module, name, trail) : undefined;
    if (imported) return imported;
  }
  return name.length === 1 ? { kind: 'definition', definition, module } : undefined;
}

/** What a class is to models: see {@link KnownName}; one that derives from a model or a module is a `model`. */
function roleOf(module: Module, name: DottedName, trail: Trail): KnownName | undefined {
  const meaning = lookUp(module, name);
  if (meaning?.kind === 'outside') return knownName(meaning.name);
  if (meaning?.kind !== 'definition' || meaning.definition.kind !== 'class') return undefined;
  const framework = frameworkOfClass(meaning.module, meaning.definition, trail);
  return framework && { framework, role: 'model' };
}

/** The framework from whose modules or models a class derives, through whatever classes; undefined where it does not. */
export function frameworkOfClass(
  module: Module,
  { name, bases }: ClassOutline,
  trail: Trail = new Set(),
): PythonFramework | undefined {
  if (!isNew(trail, module, name)) return undefined;
  for (const base of bases) {
    const known = roleOf(module, base, trail);
    if (known) return known.framework;
  }
  return undefined;
}

/** The framework of what a call of the class gives; a model of Keras that computes in a method of its own has no layers to read. */
function frameworkOfInstance(module: Module, outline: ClassOutline): PythonFramework | undefined {
  const framework = frameworkOfClass(module, outline);
  const isOpaque = framework === 'keras' && someBase(module, outline, ({ methods }) => methods.has('call'), false);
  return isOpaque ? undefined : framework;
}

/** The framework of the model that a function returns, or may return; undefined where it returns none. */
export function frameworkOfResult(
  module: Module,
  { results }: FunctionOutline,
  trail: Trail = new Set(),
): PythonFramework | undefined {
  return firstFramework(module, results, trail);
}

/** The framework of the first of some values that is a model with layers. */
export function firstFramework(
  module: Module,
  values: readonly ValueOutline[],
  trail: Trail = new Set(),
): PythonFramework | undefined {
  for (const value of values) {
    const framework = frameworkOfValue(module, value, trail);
    if (framework) return framework;
  }
  return undefined;
}

/** Layers that change data, and have no weights. */
const PREPARATION = /^(?:Random\w+|Rescaling|Resizing|CenterCrop|Normalization|\w*Mix\w*|AugMix|Auto\w+)$/;

/** The framework of a name, or of the call of it, where that is a model with layers. */
function frameworkOfValue(
  module: Module,
  { kind, name, parts }: ValueOutline,
  trail: Trail,
): PythonFramework | undefined {
  const meaning = isNew(trail, module, kind, ...name) ? lookUp(module, name) : undefined;
  if (meaning?.kind === 'outside') {
    // That of `nn.Module` stands in annotations.
    if (kind !== 'call' || !makesModels(meaning.name)) return undefined;
    const prepares = parts !== undefined && parts.length > 0 && parts.every((part) => PREPARATION.test(part));
    const { framework } = knownName(meaning.name)!;
    return framework === 'keras' && prepares ? undefined : framework;
  }
  if (meaning?.kind !== 'definition') return undefined;
  const { definition, module: home } = meaning;
  if (definition.kind === 'variable') {
    return kind === 'name' ? firstFramework(home, definition.values, trail) : undefined;
  }
  if (kind === 'name') return undefined;
  return definition.kind === 'class'
    ? frameworkOfInstance(home, definition)
    : frameworkOfResult(home, definition, trail);
}

/** Parameters of the constructor of a class, its own or that of a base; undefined where a package has it. */
export function constructorOf(
  module: Module,
  outline: ClassOutline,
  trail: Trail = new Set(),
): readonly ParameterOutline[] | undefined {
  if (outline.parameters) return outline.parameters;
  for (const base of isNew(trail, module, outline.name) ? outline.bases : []) {
    const meaning = lookUp(module, base);
    if (meaning?.kind === 'outside' && knownName(meaning.name)?.role === 'base') continue;
    if (meaning?.kind === 'outside' && knownName(meaning.name)) return undefined;
    if (meaning?.kind === 'definition' && meaning.definition.kind === 'class') {
      return constructorOf(meaning.module, meaning.definition, trail);
    }
  }
  return [];
}

/** Whether a class, or a base of it, satisfies `test`; a class of a package that is more than a base is told by `ofPackage`. */
export function someBase(
  module: Module,
  outline: ClassOutline,
  test: (outline: ClassOutline) => boolean,
  ofPackage: boolean,
  trail: Trail = new Set(),
): boolean {
  if (!isNew(trail, module, outline.name)) return false;
  if (test(outline)) return true;
  return outline.bases.some((base) => {
    const meaning = lookUp(module, base);
    if (meaning?.kind === 'outside') return ofPackage && (knownName(meaning.name)?.role ?? 'base') !== 'base';
    if (meaning?.kind !== 'definition' || meaning.definition.kind !== 'class') return false;
    return someBase(meaning.module, meaning.definition, test, ofPackage, trail);
  });
}
