/** What the process that loads Keras models of Python files answers to its job. See `python/load_model.py`. */
import { countOf, fieldsOf, listOf, textOf } from '../../processes/fields';
import { type Frame, FrameError } from '../../processes/frames';
import type { SourceLocation } from '../../protocol/errors';
import { type Shape, sizeOf } from '../../protocol/tensor';
import {
  type LoadFacts,
  type LoadFailure,
  type OtherFramework,
  readFacts,
  readNoModel,
} from '../python/loaderProtocol';

/** The program, as `pythonProcess` takes it. */
export const KERAS_LOADER = 'frontends/keras/python/load_model.py';

/** A weight as Keras names it (`Variable.path`). */
export interface LoadedWeight {
  readonly name: string;
  readonly shape: Shape;
  readonly data: Float32Array;
}

export interface LoadedLayer {
  /** Names of the models around it, outermost first, and its own. */
  readonly path: readonly string[];
  /** Where it was made, innermost frame first; empty where unknown. */
  readonly source: readonly SourceLocation[];
  /** In the layer's order. */
  readonly weights: readonly LoadedWeight[];
}

export interface LoadedKeras extends LoadFacts {
  readonly type: 'model';
  /** What `to_json` gives. */
  readonly json: string;
  readonly layers: readonly LoadedLayer[];
}

export type KerasAnswer = LoadedKeras | LoadFailure | OtherFramework;

const BYTES_PER_VALUE = 4;

function placeOf(value: unknown, what: string): SourceLocation {
  const [file, line] = Array.isArray(value) ? value : [];
  return { file: textOf(file, `${what}.file`), line: countOf(line, `${what}.line`), column: 1 };
}

function layersOf(value: unknown, body: Uint8Array): LoadedLayer[] {
  let place = 0;
  const weightOf = (one: unknown, what: string): LoadedWeight => {
    const { name, shape } = fieldsOf(one, what);
    const extents = listOf(shape, `${what}.shape`, countOf);
    const end = place + sizeOf(extents) * BYTES_PER_VALUE;
    if (!(end <= body.byteLength)) throw new FrameError(`${what} has more values than there are`);
    const own = body.slice(place, end);
    place = end;
    return { name: textOf(name, `${what}.name`), shape: extents, data: new Float32Array(own.buffer) };
  };
  const layers = listOf(value, 'layers', (one, what): LoadedLayer => {
    const { path, source, weights } = fieldsOf(one, what);
    return {
      path: listOf(path, `${what}.path`, textOf),
      source: listOf(source, `${what}.source`, placeOf),
      weights: listOf(weights, `${what}.weights`, weightOf),
    };
  });
  if (place !== body.byteLength) throw new FrameError('there are more values than the weights have');
  return layers;
}

/** The answer in a frame, none of which is believed. @throws FrameError where it is none. */
export function readKerasAnswer({ header, body }: Frame): KerasAnswer {
  const fields = fieldsOf(header, 'the answer');
  if (fields.type !== 'model') return readNoModel(fields);
  return {
    type: 'model',
    json: textOf(fields.json, 'json'),
    layers: layersOf(fields.layers, body),
    ...readFacts(fields),
  };
}
