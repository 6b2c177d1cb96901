/**
 * The answer of the loader process as it travels: the values of weights in the body of a frame, everything else in its header.
 * The process runs the user's code, which can write to the channel as well, so nothing of what is read is believed.
 */
import { countOf, type Fields, fieldsOf, listOf, textOf, wrongField } from '../../processes/fields';
import { encodeFrame, type Frame, FrameError } from '../../processes/frames';
import type { FailureKind, SourceLocation } from '../../protocol/errors';
import { sizeOf } from '../../protocol/tensor';
import type { LayerConfig, LayerDescription, ModelDescription, TensorReference } from './description';
import type { LoadAnswer } from './loaderProtocol';

type Weights = NonNullable<LayerDescription['weights']>;

/** The pieces of the frame of an answer. In the header, a weight's data is the place of its first value in the body. */
export function encodeAnswer(answer: LoadAnswer): readonly Uint8Array[] {
  const parts: Uint8Array[] = [];
  let place = 0;
  const header = JSON.parse(
    JSON.stringify(answer, (_, value) => {
      if (!(value instanceof Float32Array)) return value;
      parts.push(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
      const start = place;
      place += value.length;
      return start;
    }),
  );
  return encodeFrame(header, parts);
}

function locationOf(value: unknown, what: string): SourceLocation {
  const { file, line, column } = fieldsOf(value, what);
  return {
    file: textOf(file, `${what}.file`),
    line: countOf(line, `${what}.line`),
    column: countOf(column, `${what}.column`),
  };
}

function referenceOf(value: unknown, what: string): TensorReference {
  const { layer, call, output } = fieldsOf(value, what);
  return {
    layer: textOf(layer, `${what}.layer`),
    call: countOf(call, `${what}.call`),
    output: countOf(output, `${what}.output`),
  };
}

function referencesOf(value: unknown, what: string): TensorReference[] {
  return listOf(value, what, referenceOf);
}

function weightsOf(value: unknown, what: string, body: Float32Array): Weights {
  const read = (weight: unknown, name: string): Weights[string] => {
    const { shape, data } = fieldsOf(weight, name);
    const extents = listOf(shape, `${name}.shape`, countOf);
    const start = countOf(data, `${name}.data`);
    const end = start + sizeOf(extents);
    if (end > body.length) throw new FrameError(`${name} has more values than there are`);
    return { shape: extents, data: body.slice(start, end) };
  };
  return Object.fromEntries(
    Object.entries(fieldsOf(value, what)).map(([name, weight]) => [name, read(weight, `${what}.${name}`)]),
  );
}

function modelOf(value: unknown, what: string, body: Float32Array): ModelDescription {
  const { name, file, exportName, reads, layers, inputs, outputs } = fieldsOf(value, what);
  return {
    name: textOf(name, `${what}.name`),
    file: textOf(file, `${what}.file`),
    ...(exportName !== undefined && { exportName: textOf(exportName, `${what}.exportName`) }),
    ...(reads !== undefined && { reads: listOf(reads, `${what}.reads`, textOf) }),
    layers: listOf(layers, `${what}.layers`, (layer, place) => layerOf(layer, place, body)),
    inputs: referencesOf(inputs, `${what}.inputs`),
    outputs: referencesOf(outputs, `${what}.outputs`),
  };
}

function layerOf(value: unknown, what: string, body: Float32Array): LayerDescription {
  const { name, className, config, calls, source, model, weights, frozen } = fieldsOf(value, what);
  return {
    name: textOf(name, `${what}.name`),
    className: textOf(className, `${what}.className`),
    // Whatever JSON there is; its meaning is checked where it is used, as that of a model in a JSON file is.
    config: fieldsOf(config, `${what}.config`) as LayerConfig,
    calls: listOf(calls, `${what}.calls`, referencesOf),
    source: listOf(source, `${what}.source`, locationOf),
    ...(frozen !== undefined && { frozen: listOf(frozen, `${what}.frozen`, textOf) }),
    ...(model !== undefined && { model: modelOf(model, `${what}.model`, body) }),
    ...(weights !== undefined && { weights: weightsOf(weights, `${what}.weights`, body) }),
  };
}

function failureOf({ kind, message, hint, location }: Fields): LoadAnswer {
  if (kind !== 'failed' && kind !== 'usage') throw wrongField('kind');
  return {
    type: 'failure',
    kind: kind satisfies FailureKind,
    message: textOf(message, 'message'),
    ...(hint !== undefined && { hint: textOf(hint, 'hint') }),
    ...(location !== undefined && { location: locationOf(location, 'location') }),
  };
}

function parseAnswer({ header, body }: Frame): LoadAnswer {
  const fields = fieldsOf(header, 'the answer');
  if (fields.type === 'failure') return failureOf(fields);
  if (fields.type !== 'model') throw wrongField('type');
  const values = new Float32Array(body.buffer, body.byteOffset, Math.floor(body.byteLength / 4));
  return { type: 'model', description: modelOf(fields.description, 'description', values) };
}

/** The answer in a frame. @throws FrameError where it is none. */
export function readAnswer(frame: Frame): LoadAnswer {
  try {
    return parseAnswer(frame);
  } catch (error) {
    if (error instanceof RangeError) throw new FrameError('it is nested too deep');
    throw error;
  }
}
