/**
 * A PyTorch model as `python/exporting/export_model.py` describes it: two graphs of ATen operators, of training and of evaluation, and the
 * tensors that they read. It comes from a process that runs the user's code, so nothing of what is read is believed.
 */
import { countOf, fieldsOf, listOf, placeOf, textOf, truthOf, wrongField } from '../../processes/fields';
import { FrameError } from '../../processes/frames';
import { type Shape, sizeOf } from '../../protocol/tensor';

/** A line of the user's. */
export interface Line {
  readonly file: string;
  readonly line: number;
}

/** A module of the model. */
export interface ExportedModule {
  /** `layer1.0.conv1`; empty for the model itself. */
  readonly path: string;
  /** `Conv2d` of PyTorch's own, else with its Python module: `net.Block`. */
  readonly className: string;
  /** Where it was made, innermost frame first; empty where unknown. */
  readonly source: readonly Line[];
}

/** A tensor that the graphs read. */
export interface ExportedTensor {
  /** As in the `state_dict`; of a constant, any unique name. */
  readonly name: string;
  /** `constant`: no part of the `state_dict`. */
  readonly kind: 'parameter' | 'buffer' | 'constant';
  readonly shape: Shape;
  /** PyTorch's: `float32`, `int64`, `bool`. */
  readonly dtype: string;
  /** A parameter that requires a gradient. */
  readonly trainable: boolean;
  /** Other names in the `state_dict` of the same tensor. */
  readonly aliases: readonly string[];
  readonly source: readonly Line[];
  /** Whole numbers where the dtype is of whole numbers or truth values. */
  readonly values: Float32Array | Int32Array;
}

/** An argument of an operator. `node` is a place in the list of nodes. */
export type Argument =
  | { readonly node: number }
  | { readonly dtype: string }
  | number
  | string
  | boolean
  | null
  | readonly Argument[];

interface NodeType {
  /** At the batch that was exported; absent where it is no tensor. */
  readonly shape?: Shape;
  readonly dtype?: string;
}

/** The call of an operator. */
export interface ExportedCall extends NodeType {
  readonly kind: 'call';
  /** `aten.conv2d.default`; `python.mul` for arithmetic of sizes. */
  readonly operator: string;
  readonly args: readonly Argument[];
  readonly kwargs: { readonly [name: string]: Argument };
  /** Path of the module whose `forward` made the call. */
  readonly module: string;
  readonly line?: Line;
}

export type ExportedNode =
  | ({ readonly kind: 'input'; readonly input: number } & NodeType)
  | ({ readonly kind: 'tensor'; readonly tensor: number } & NodeType)
  | ExportedCall;

export interface ExportedGraph {
  /** Arguments before their users. */
  readonly nodes: readonly ExportedNode[];
  /** Tensors that `forward` returns, by their keys and indices (`logits`, `aux.0`); the one that counts is first. */
  readonly outputs: readonly { readonly name: string; readonly node: number }[];
}

export interface ExportedInput {
  readonly name: string;
  /** Of one example. */
  readonly shape: Shape;
  readonly dtype: string;
}

export interface ExportedModel {
  /** PyTorch's version. */
  readonly torch: string;
  /** The model's class. */
  readonly name: string;
  /** Examples in the batch that was exported; whether any other number will do. */
  readonly batch: { readonly size: number; readonly dynamic: boolean };
  readonly inputs: readonly ExportedInput[];
  readonly modules: readonly ExportedModule[];
  readonly tensors: readonly ExportedTensor[];
  readonly training: ExportedGraph;
  readonly evaluation: ExportedGraph;
}

const FORMAT = 1;
const BYTES_PER_VALUE = 4;
const DEEPEST_ARGUMENT = 8;

const shapeOf = (value: unknown, what: string): Shape => listOf(value, what, countOf);

function lineOf(value: unknown, what: string): Line {
  const { file, line } = fieldsOf(value, what);
  return { file: textOf(file, `${what}.file`), line: countOf(line, `${what}.line`) };
}

function moduleOf(value: unknown, what: string): ExportedModule {
  const { path, class: className, source } = fieldsOf(value, what);
  return {
    path: textOf(path, `${what}.path`),
    className: textOf(className, `${what}.class`),
    source: listOf(source, `${what}.source`, lineOf),
  };
}

function inputOf(value: unknown, what: string): ExportedInput {
  const { name, shape, dtype } = fieldsOf(value, what);
  return {
    name: textOf(name, `${what}.name`),
    shape: shapeOf(shape, `${what}.shape`),
    dtype: textOf(dtype, `${what}.dtype`),
  };
}

/** Whether PyTorch's dtype is one of floating point. */
export function isFloating(dtype: string): boolean {
  return /float/.test(dtype);
}

const KINDS = ['parameter', 'buffer', 'constant'] as const;

function tensorsOf(value: unknown, body: Uint8Array): ExportedTensor[] {
  let place = 0;
  const aligned = body.byteOffset % BYTES_PER_VALUE === 0 ? body : body.slice();
  const tensors = listOf(value, 'tensors', (item, what): ExportedTensor => {
    const { name, kind, shape, dtype, trainable, aliases, source } = fieldsOf(item, what);
    const known = KINDS.find((one) => one === kind);
    if (!known) throw wrongField(`${what}.kind`);
    const extents = shapeOf(shape, `${what}.shape`);
    const type = textOf(dtype, `${what}.dtype`);
    const bytes = sizeOf(extents) * BYTES_PER_VALUE;
    if (!Number.isSafeInteger(bytes) || place + bytes > body.byteLength) {
      throw new FrameError(`${what} has more values than there are`);
    }
    const own = [aligned.buffer, aligned.byteOffset + place, bytes / BYTES_PER_VALUE] as const;
    place += bytes;
    return {
      name: textOf(name, `${what}.name`),
      kind: known,
      shape: extents,
      dtype: type,
      trainable: truthOf(trainable, `${what}.trainable`),
      aliases: listOf(aliases, `${what}.aliases`, textOf),
      source: listOf(source, `${what}.source`, lineOf),
      values: isFloating(type) ? new Float32Array(...own) : new Int32Array(...own),
    };
  });
  if (place !== body.byteLength) throw new FrameError('there are more values than the tensors have');
  if (new Set(tensors.map(({ name }) => name)).size !== tensors.length)
    throw new FrameError('two tensors share a name');
  return tensors;
}

function argumentOf(value: unknown, what: string, earlier: number, depth = 0): Argument {
  if (depth > DEEPEST_ARGUMENT) throw new FrameError(`${what} is nested too deep`);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return value;
  if (Array.isArray(value)) return value.map((one, i) => argumentOf(one, `${what}[${i}]`, earlier, depth + 1));
  const { node, dtype, float } = fieldsOf(value, what);
  if (dtype !== undefined) return { dtype: textOf(dtype, `${what}.dtype`) };
  if (float !== undefined) return floatOf(textOf(float, `${what}.float`), what);
  return { node: placeOf(node, `${what}.node`, earlier) };
}

/** What JSON has no number for. */
function floatOf(text: string, what: string): number {
  if (text === 'inf') return Number.POSITIVE_INFINITY;
  if (text === '-inf') return Number.NEGATIVE_INFINITY;
  if (text === 'nan') return Number.NaN;
  throw wrongField(what);
}

function graphOf(value: unknown, what: string, inputs: number, tensors: number): ExportedGraph {
  const { nodes, outputs } = fieldsOf(value, what);
  const read = listOf(nodes, `${what}.nodes`, (item, place): ExportedNode => {
    const { input, tensor, operator, args, kwargs, module, line, shape, dtype } = fieldsOf(item, place);
    const type = {
      ...(shape !== undefined && { shape: shapeOf(shape, `${place}.shape`) }),
      ...(dtype !== undefined && { dtype: textOf(dtype, `${place}.dtype`) }),
    };
    if (input !== undefined) return { kind: 'input', input: placeOf(input, `${place}.input`, inputs), ...type };
    if (tensor !== undefined) return { kind: 'tensor', tensor: placeOf(tensor, `${place}.tensor`, tensors), ...type };
    const earlier = Number(/\d+(?=\]$)/.exec(place)![0]);
    const read = (one: unknown, where: string) => argumentOf(one, where, earlier);
    return {
      kind: 'call',
      operator: textOf(operator, `${place}.operator`),
      args: listOf(args, `${place}.args`, read),
      kwargs: Object.fromEntries(
        Object.entries(fieldsOf(kwargs ?? {}, `${place}.kwargs`)).map(([name, one]) => [
          name,
          read(one, `${place}.kwargs.${name}`),
        ]),
      ),
      module: textOf(module, `${place}.module`),
      ...(line !== undefined && { line: lineOf(line, `${place}.line`) }),
      ...type,
    };
  });
  const results = listOf(outputs, `${what}.outputs`, (item, place) => {
    const { name, node } = fieldsOf(item, place);
    return { name: textOf(name, `${place}.name`), node: placeOf(node, `${place}.node`, read.length) };
  });
  if (results.length === 0) throw wrongField(`${what}.outputs`);
  return { nodes: read, outputs: results };
}

/**
 * The model that a header of `export_model` and the values of its tensors describe.
 * @throws FrameError where they are none.
 */
export function readExported(header: unknown, body: Uint8Array): ExportedModel {
  const fields = fieldsOf(header, 'the model');
  if (fields.format !== FORMAT) throw new FrameError(`its format is ${JSON.stringify(fields.format)}, not ${FORMAT}`);
  const batch = fieldsOf(fields.batch, 'batch');
  const inputs = listOf(fields.inputs, 'inputs', inputOf);
  const tensors = tensorsOf(fields.tensors, body);
  return {
    torch: textOf(fields.torch, 'torch'),
    name: textOf(fields.name, 'name'),
    batch: { size: countOf(batch.size, 'batch.size'), dynamic: truthOf(batch.dynamic, 'batch.dynamic') },
    inputs,
    modules: listOf(fields.modules, 'modules', moduleOf),
    tensors,
    training: graphOf(fields.training, 'training', inputs.length, tensors.length),
    evaluation: graphOf(fields.evaluation, 'evaluation', inputs.length, tensors.length),
  };
}
