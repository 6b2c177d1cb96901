/** What names in a Python module mean, through its imports of files that exist. */
import { basename } from 'node:path';
import { type KnownName, knownName } from './knownNames';
import { findModuleFile } from './moduleFiles';
import type {
  ClassOutline,
  DefinitionOutline,
  DottedName,
  FunctionOutline,
  ModuleOutline,
  ParameterOutline,
} from './outline';

export interface Module {
  readonly file: string;
  readonly outline: ModuleOutline;
  /** Gives the module of a file, read at most once; undefined where it cannot be read. */
  readonly open: (file: string) => Module | undefined;
}

type Meaning =
  | { readonly kind: 'definition'; readonly definition: DefinitionOutline; readonly module: Module }
  | { readonly kind: 'module'; readonly module: Module }
  /** A name of an installed package, in full. */
  | { readonly kind: 'outside'; readonly name: DottedName };

/** Imports are followed so far. */
const DEEPEST = 12;

function moduleAt(module: Module, level: number, name: DottedName): Module | undefined {
  const file = findModuleFile(module.file, level, name);
  return file === undefined ? undefined : module.open(file);
}

/** What `name` means inside the module that `from module import …` names. */
function inImported(
  from: Module,
  level: number,
  path: DottedName,
  name: DottedName,
  depth: number,
): Meaning | undefined {
  const imported = moduleAt(from, level, path);
  const submodule = moduleAt(from, level, [...path, name[0]]);
  const found = imported && lookUp(imported, name, depth + 1);
  if (found) return found;
  if (submodule) return inModule(submodule, name.slice(1), depth);
  return imported || level > 0 ? undefined : { kind: 'outside', name: [...path, ...name] };
}

function inModule(module: Module, rest: DottedName, depth: number): Meaning | undefined {
  return rest.length === 0 ? { kind: 'module', module } : lookUp(module, rest, depth + 1);
}

/** `import a.b` binds `a`, of which `a.b.c` is told; `import a.b as c` binds `c`. */
function throughPlainImport(module: Module, path: DottedName, as: string | undefined, name: DottedName, depth: number) {
  if (as !== undefined) {
    if (name[0] !== as) return undefined;
    const imported = moduleAt(module, 0, path);
    return imported ? inModule(imported, name.slice(1), depth) : outside([...path, ...name.slice(1)]);
  }
  if (name[0] !== path[0]) return undefined;
  const isPrefix = path.every((part, i) => part === name[i]);
  const imported = isPrefix ? moduleAt(module, 0, path) : undefined;
  return imported ? inModule(imported, name.slice(path.length), depth) : outside(name);
}

function outside(name: DottedName): Meaning {
  return { kind: 'outside', name };
}

function throughImports(module: Module, name: DottedName, depth: number): Meaning | undefined {
  for (const { level, module: path, binds } of module.outline.imports.toReversed()) {
    if (binds.kind === 'module') {
      const found = throughPlainImport(module, path, binds.as, name, depth);
      if (found) return found;
    } else if (binds.kind === 'names') {
      const bound = binds.names.find(({ as }) => as === name[0]);
      if (bound) return inImported(module, level, path, [bound.name, ...name.slice(1)], depth);
    } else {
      const found = inImported(module, level, path, name, depth);
      // Any name could be a layer of `from torch.nn import *`.
      if (found && (found.kind !== 'outside' || /^(?:model|base)$/.test(knownName(found.name) ?? ''))) return found;
    }
  }
  return undefined;
}

/** A module of the package becomes a name of it once anything has imported it. */
function inPackage(module: Module, name: DottedName, depth: number): Meaning | undefined {
  const part = basename(module.file) === '__init__.py' ? moduleAt(module, 1, name.slice(0, 1)) : undefined;
  return part && inModule(part, name.slice(1), depth);
}

/** What a name means at the end of the module; undefined where that is not told. */
export function lookUp(module: Module, name: DottedName, depth = 0): Meaning | undefined {
  if (depth > DEEPEST) return undefined;
  const definition = module.outline.definitions.findLast((one) => one.name === name[0]);
  if (!definition) return throughImports(module, name, depth) ?? inPackage(module, name, depth);
  if (definition.kind === 'variable') {
    for (const value of definition.values) {
      if (value.kind !== 'name' || value.name[0] === name[0]) continue;
      const found = lookUp(module, [...value.name, ...name.slice(1)], depth + 1);
      if (found) return found;
    }
    // `try: import x` with `x = None` where it fails.
    const imported = definition.values.length === 0 ? throughImports(module, name, depth) : undefined;
    if (imported) return imported;
  }
  return name.length === 1 ? { kind: 'definition', definition, module } : undefined;
}

/** What a class is to models: see {@link KnownName}; one that derives from a module is a `model`. */
export function roleOf(module: Module, name: DottedName, depth = 0): KnownName | undefined {
  const meaning = depth > DEEPEST ? undefined : lookUp(module, name);
  if (meaning?.kind === 'outside') return knownName(meaning.name);
  if (meaning?.kind !== 'definition' || meaning.definition.kind !== 'class') return undefined;
  return isModuleClass(meaning.module, meaning.definition, depth + 1) ? 'model' : undefined;
}

/** Whether a class derives from `nn.Module`, through whatever classes. */
export function isModuleClass(module: Module, { name, bases }: ClassOutline, depth = 0): boolean {
  return bases.some((base) => base[0] !== name && roleOf(module, base, depth) !== undefined);
}

/** Whether what a function returns is, or may be, a module with layers. */
export function returnsModel(module: Module, { results }: FunctionOutline, depth = 0): boolean {
  return depth <= DEEPEST && results.some(({ kind, name }) => isModelValue(module, kind, name, depth + 1));
}

/** Whether a name, or the call of it, is a module with layers. */
export function isModelValue(module: Module, kind: 'name' | 'call', name: DottedName, depth = 0): boolean {
  const meaning = depth > DEEPEST ? undefined : lookUp(module, name);
  // That of `nn.Module` stands in annotations.
  if (meaning?.kind === 'outside') return kind === 'call' && /^(?:model|base)$/.test(knownName(meaning.name) ?? '');
  if (meaning?.kind !== 'definition') return false;
  const { definition, module: home } = meaning;
  if (definition.kind === 'variable') {
    return kind === 'name' && definition.values.some((value) => isModelValue(home, value.kind, value.name, depth + 1));
  }
  if (kind === 'name') return false;
  return definition.kind === 'class' ? isModuleClass(home, definition) : returnsModel(home, definition, depth);
}

/** Parameters of the constructor of a class, its own or that of a base; undefined where a package has it. */
export function constructorOf(
  module: Module,
  outline: ClassOutline,
  depth = 0,
): readonly ParameterOutline[] | undefined {
  if (outline.parameters) return outline.parameters;
  for (const base of depth > DEEPEST ? [] : outline.bases) {
    const meaning = lookUp(module, base);
    if (meaning?.kind === 'outside' && knownName(meaning.name) === 'base') continue;
    if (meaning?.kind === 'outside' && knownName(meaning.name)) return undefined;
    if (meaning?.kind === 'definition' && meaning.definition.kind === 'class') {
      return constructorOf(meaning.module, meaning.definition, depth + 1);
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
  depth = 0,
): boolean {
  if (test(outline)) return true;
  return (depth > DEEPEST ? [] : outline.bases).some((base) => {
    const meaning = lookUp(module, base);
    if (meaning?.kind === 'outside') return ofPackage && (knownName(meaning.name) ?? 'base') !== 'base';
    if (meaning?.kind !== 'definition' || meaning.definition.kind !== 'class') return false;
    return someBase(meaning.module, meaning.definition, test, ofPackage, depth + 1);
  });
}
