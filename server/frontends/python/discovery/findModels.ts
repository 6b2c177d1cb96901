/** Finds the models that a Python text defines, of PyTorch and of Keras, without running it. */
import { createNeighbours } from '../../neighbours';
import type { FoundDefinition, Neighbours } from '../../types';
import type { PythonFramework } from '../loaderProtocol';
import { constructorOf, firstFramework, frameworkOfClass, frameworkOfResult, type Module, someBase } from './meanings';
import { findModuleFile } from './moduleFiles';
import type { ClassOutline, DefinitionOutline, ModuleOutline, ParameterOutline } from './outline';
import { readOutline } from './readOutline';

/** Characters of the longest text that is looked at. */
export const LONGEST_TEXT = 2 ** 20;

/** Files that are read to follow the imports of one text. */
const MOST_FILES = 60;

/** Modules that are looked for among the files, for one text. */
const MOST_SOUGHT = 2000;

/** Steps of following names, of one text; large packages take some ten thousand. */
const MOST_STEPS = 500_000;

/** A first argument by which a layer or a block is as wide as the model around it wants it. */
const WIDTH =
  /^_?(?:in|out|input|output|inner|mid|hidden|emb|embed|embedding|model|kernel|d|n|num|nb)?_?(?:c|ch|chan|chans|channel|channels|planes|plane|dim|dims|width|feature|features|feat|feats|filters|filter|size|sizes|model|embd|embed|emb|hidden|heads|nodes|units|maps|neurons|inputs|f)$|^(?:in|inp|oup|inplanes|nin|nout|cin|cout|nf|nc|ni|c1|c2|c_in|dim_in|dim_out)$/i;

/** An argument that only whole models have. */
const OF_MODELS = /class|label|vocab|categor|num_out|out_dim|output_dim|actions/i;

/** Classes that are about models, and none. */
const NO_MODEL = /(?:Loss|Criterion|Metric|Metrics|Mixin)$/;

/** Functions that use a model. */
const NO_BUILDER = /^(?:main|train|test|evaluate|validate|fit|run|load_checkpoint|parse_args)(?:_|$)/;

function needsArguments(parameters: readonly ParameterOutline[] | undefined): boolean {
  return parameters === undefined || parameters.some(({ required }) => required);
}

/** Names that classes and functions of a file mention, but for their own, and for those that only use models. */
type Used = ReadonlySet<string>;

function usedIn({ definitions }: ModuleOutline): Used {
  const used = new Set<string>();
  for (const definition of definitions) {
    if (definition.kind === 'variable' || NO_BUILDER.test(definition.name)) continue;
    for (const name of definition.mentions) if (name !== definition.name) used.add(name);
  }
  return used;
}

function isPart({ name }: DefinitionOutline, parameters: readonly ParameterOutline[] | undefined, used: Used): boolean {
  const isWide = parameters?.[0] !== undefined && WIDTH.test(parameters[0].name);
  const isWhole = parameters?.some(({ name }) => OF_MODELS.test(name)) ?? false;
  if (needsArguments(parameters)) return (isWide && !isWhole) || used.has(name);
  return isWide && !isWhole && used.has(name);
}

function isModelClass(module: Module, outline: ClassOutline): boolean {
  return (
    frameworkOfClass(module, outline) === 'torch' &&
    !NO_MODEL.test(outline.name) &&
    someBase(module, outline, ({ methods }) => methods.has('forward'), true) &&
    // What makes no layers has no weights.
    someBase(module, outline, ({ makesParts }) => makesParts, true)
  );
}

function frameworkOf(module: Module, definition: DefinitionOutline): PythonFramework | undefined {
  switch (definition.kind) {
    case 'variable':
      return firstFramework(module, definition.values);
    case 'class':
      return isModelClass(module, definition) ? 'torch' : undefined;
    default:
      return NO_BUILDER.test(definition.name) ? undefined : frameworkOfResult(module, definition);
  }
}

function kindOf(module: Module, definition: DefinitionOutline, used: Used): FoundDefinition['kind'] | undefined {
  if (definition.kind === 'variable') return 'model';
  const parameters = definition.kind === 'class' ? constructorOf(module, definition) : definition.parameters;
  if (isPart(definition, parameters, used)) return undefined;
  if (!needsArguments(parameters)) return 'builder';
  return definition.name.startsWith('_') ? undefined : 'needs-arguments';
}

/** A module with its imports, each of which is read when it is asked for. */
function openModule(text: string, file: string, { read, known }: Neighbours): Module {
  let opened = 0;
  const modules = new Map<string, Module | undefined>();
  const outlineOf = (path: string): ModuleOutline | undefined => {
    const key = `python outline ${path}`;
    if (!known.has(key)) {
      const found = read(path);
      known.set(key, found === undefined ? undefined : readOutline(found));
    }
    return known.get(key) as ModuleOutline | undefined;
  };
  const open = (path: string): Module | undefined => {
    if (modules.has(path)) return modules.get(path);
    const outline = opened++ < MOST_FILES ? outlineOf(path) : undefined;
    const module = outline && { file: path, outline, open, find, takeStep };
    modules.set(path, module);
    return module;
  };
  let steps = 0;
  const takeStep = () => steps++ < MOST_STEPS;
  const found = new Map<string, string | undefined>();
  const find: Module['find'] = (from, level, name) => {
    const key = JSON.stringify([from, level, ...name]);
    if (!found.has(key)) found.set(key, found.size < MOST_SOUGHT ? findModuleFile(from, level, name) : undefined);
    return found.get(key);
  };
  const module = { file, outline: readOutline(text), open, find, takeStep };
  modules.set(file, module);
  return module;
}

/** A definition with its framework. */
export interface FoundPythonModel {
  readonly framework: PythonFramework;
  readonly definition: FoundDefinition;
}

/**
 * The models that a text defines, in its order: classes that derive from `nn.Module`, functions that return a model, and variables.
 * Blocks that others are made of are left out. Text that is being typed gives what can be told of it.
 *
 * @param file Absolute path, from which imports are followed.
 */
export function findModels(
  text: string,
  file: string,
  neighbours: Neighbours = createNeighbours(),
): readonly FoundPythonModel[] {
  if (text.length > LONGEST_TEXT || !/\b(?:import|from)\b/.test(text)) return [];
  const module = openModule(text, file, neighbours);
  const { definitions, last } = module.outline;
  const used = usedIn(module.outline);
  return definitions.flatMap((definition) => {
    // What is defined twice is the last one.
    const framework = last.get(definition.name) === definition ? frameworkOf(module, definition) : undefined;
    const kind = framework && kindOf(module, definition, used);
    if (!kind) return [];
    const { name: exportName, range } = definition;
    const isKeras = framework === 'keras';
    return [{ framework, definition: { exportName, kind, ...(isKeras && { channelsLast: true }), range } }];
  });
}

/** The same without their frameworks: see `FrontEnd.findInText`. */
export function findDefinitions(text: string, file: string, neighbours?: Neighbours): readonly FoundDefinition[] {
  return findModels(text, file, neighbours).map(({ definition }) => definition);
}
