/** Finds the model among the exports of a user's module and builds it. */
import { type SourceLocation, UserError } from '../../../protocol/errors';
import type { LoadJob } from '../loaderProtocol';
import type { Layer, LayersModel, SymbolicTensor, Tensor, Tensorflow } from './tensorflowShapes';

export type Exports = Readonly<Record<string, unknown>>;

export interface ChosenModel {
  readonly exportName: string;
  readonly model: LayersModel;
}

/** Which export is wanted, and what the syntax of the file tells of its exports. */
export type ExportRequest = Pick<
  LoadJob,
  'file' | 'exportName' | 'construct' | 'exportLocations' | 'knownModels' | 'callable'
>;

type Builder = () => unknown;

function isClass(value: Builder): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** The values of a CommonJS module's exports: its properties, or the one value it is. */
export function moduleExports(namespace: Exports, commonJs: boolean, tf: Tensorflow): Exports {
  const value = namespace.default;
  if (!commonJs || typeof value !== 'object' || value === null || value instanceof tf.layers.Layer) return namespace;
  return value as Exports;
}

/** Whether a function is called without arguments: its length counts what is optional in TypeScript. */
function needsArguments(name: string, value: Builder, { callable }: ExportRequest): boolean {
  return value.length > 0 && !callable.includes(name);
}

/** Names of the exports that can be a model, in order; those alone that are known to be one, where there are any. */
function candidates(exports: Exports, request: ExportRequest, tf: Tensorflow): string[] {
  const names = Object.keys(exports).filter((name) => {
    const value = exports[name];
    if (value instanceof tf.LayersModel || isPromise(value)) return true;
    return (
      typeof value === 'function' && !isClass(value as Builder) && !needsArguments(name, value as Builder, request)
    );
  });
  const known = names.filter((name) => request.knownModels.includes(name) || exports[name] instanceof tf.LayersModel);
  return known.length > 0 && !names.includes('default') ? known : names;
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : names.map((name) => `"${name}"`).join(', ');
}

/** Where an export is defined, or the start of the file where its syntax does not tell. */
function locationOf({ file, exportLocations }: ExportRequest, exportName: string): SourceLocation {
  return exportLocations[exportName] ?? { file, line: 1, column: 1 };
}

function chooseName(exports: Exports, request: ExportRequest, tf: Tensorflow): string {
  const { file } = request;
  const names = candidates(exports, request, tf);
  if (names.length === 1) return names[0];
  if (names.includes('default')) return 'default';
  const location: SourceLocation = { file, line: 1, column: 1 };
  if (names.length > 1) {
    throw new UserError(`There are several exports that can be the model: ${list(names)}.`, {
      location,
      hint: `Say which one, for example ${file}#${names[0]}, or make it the default export.`,
    });
  }
  throw new UserError(`No export can be a model; exported is ${list(Object.keys(exports))}.`, {
    location,
    hint: 'Export a tf.LayersModel, or a function without required parameters that returns one.',
  });
}

function article(noun: string): string {
  return /^[aeiou]/i.test(noun) ? `an ${noun}` : `a ${noun}`;
}

/** Says in words what was found instead of a model. */
function nameValue(value: unknown, tf: Tensorflow): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return 'an array';
  if (value instanceof tf.SymbolicTensor)
    return `the output of the layer "${(value as SymbolicTensor).sourceLayer.name}"`;
  if (value instanceof tf.layers.Layer) return `the layer "${(value as Layer).name}"`;
  if (value instanceof tf.Tensor) return `a tensor of shape [${(value as Tensor).shape.join(', ')}]`;
  if (typeof value === 'function') return isClass(value as Builder) ? 'a class' : 'a function';
  if (typeof value !== 'object') return article(typeof value);
  const name = (value as object).constructor?.name;
  return !name || name === 'Object' ? 'a plain object' : article(name);
}

function hintFor(value: unknown, tf: Tensorflow): string {
  if (value === undefined) return 'Is a "return" missing?';
  if (value instanceof tf.SymbolicTensor) return 'Return tf.model({ inputs, outputs }) instead.';
  if (value instanceof tf.layers.Layer) return 'Put it into a model: tf.sequential({ layers: […] }).';
  const looksLikeModel = typeof value === 'object' && value !== null && 'layers' in value && 'inputs' in value;
  if (looksLikeModel) return 'It comes from another copy of TensorFlow.js; import "@tensorflow/tfjs" in all files.';
  return 'Return a tf.LayersModel, made by tf.sequential or tf.model.';
}

/** What `models.small` or `Net.build` names, bound to what it belongs to; undefined where there is none. */
function memberOf(exports: Exports, path: string): { readonly value: unknown } | undefined {
  const place = path.lastIndexOf('.');
  if (place < 0) return undefined;
  const [ownerName, name] = [path.slice(0, place), path.slice(place + 1)];
  const owner = Object.hasOwn(exports, ownerName) ? exports[ownerName] : memberOf(exports, ownerName)?.value;
  if (owner === undefined || owner === null) return undefined;
  const value = (owner as { readonly [key: string]: unknown })[name];
  if (value === undefined && typeof owner === 'function' && isClass(owner as Builder)) {
    // A method of what the class makes.
    return { value: () => new (owner as new () => { readonly [key: string]: Builder })()[name]() };
  }
  if (typeof value === 'function') return { value: () => Reflect.apply(value as Builder, owner, []) };
  return value === undefined ? undefined : { value };
}

/** The model that an expression in the names of the exports makes. */
async function construct(
  exports: Exports,
  expression: string,
  request: ExportRequest,
  tf: Tensorflow,
): Promise<ChosenModel> {
  const exportName = /^[\w$]+/.exec(expression)?.[0] ?? expression;
  const location = locationOf(request, exportName);
  const names = Object.keys(exports).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name) && name !== 'default');
  const values = names.map((name) => exports[name]);
  let make: (...values: unknown[]) => unknown;
  try {
    const own = Object.hasOwn(exports, 'default') ? expression.replace(/^default\(/, '__default(') : expression;
    make = new Function(...names, '__default', `return (${own});`) as typeof make;
  } catch (error) {
    throw new UserError(`"${expression}" cannot be read: ${(error as Error).message}.`, {
      kind: 'usage',
      location,
      hint: `Write it as in TypeScript without types: ${exportName}(…), with names that its file exports.`,
    });
  }
  const value = await make(...values, exports.default);
  if (value instanceof tf.LayersModel) return { exportName: expression, model: value as LayersModel };
  throw new UserError(`"${expression}" gives ${nameValue(value, tf)}, not a tf.LayersModel.`, {
    location,
    hint: hintFor(value, tf),
  });
}

/**
 * The model that `exports` gives: the export that is asked for, else the only candidate, else the default export.
 *
 * @throws UserError for a missing export, no or several candidates, a function that needs arguments, and anything that
 *   is no `tf.LayersModel`. What the user's own code throws passes through.
 */
export async function chooseModel(exports: Exports, request: ExportRequest, tf: Tensorflow): Promise<ChosenModel> {
  if (request.construct !== undefined) return construct(exports, request.construct, request, tf);
  const exportName = request.exportName ?? chooseName(exports, request, tf);
  const location = locationOf(request, exportName);
  const member = Object.hasOwn(exports, exportName) ? undefined : memberOf(exports, exportName);
  if (member) return chooseModel({ [exportName]: member.value }, request, tf);
  if (!Object.hasOwn(exports, exportName)) {
    throw new UserError(`There is no export "${exportName}"; exported is ${list(Object.keys(exports))}.`, {
      kind: 'usage',
      location,
      hint: 'Name one of these after "#", or add the missing export.',
    });
  }
  const exported = exports[exportName];
  const isBuilder = typeof exported === 'function' && !isClass(exported as Builder);
  if (isBuilder && needsArguments(exportName, exported as Builder, request)) {
    throw new UserError(
      `The function "${exportName}" needs ${exported.length} argument(s), but it is called without.`,
      {
        location,
        hint: 'Give its parameters default values (size = 300), or export a function that calls it.',
      },
    );
  }
  const value: unknown = await (isBuilder ? (exported as Builder)() : exported);
  if (value instanceof tf.LayersModel) return { exportName, model: value as LayersModel };
  const what = isBuilder ? `The function "${exportName}" returned` : `The export "${exportName}" is`;
  throw new UserError(`${what} ${nameValue(value, tf)}, not a tf.LayersModel.`, { location, hint: hintFor(value, tf) });
}
