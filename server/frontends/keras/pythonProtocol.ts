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

/** Keras was made ready with other variables of the environment than the model's code sets before it imports it. */
export interface OtherEnvironment {
  readonly type: 'environment';
  /** Those that differ; undefined ones are not set. */
  readonly environment: NodeJS.ProcessEnv;
}

export type KerasModelAnswer = LoadedKeras | LoadFailure | OtherFramework;
/** A process that has Keras ready may answer with another environment. */
export type KerasAnswer = KerasModelAnswer | OtherEnvironment;

/** Variables that decide what Keras computes with, as `python/giving.py` has them. */
const VARIABLES = /^(?:KERAS|TF|JAX|XLA)_\w+$/;
const LONGEST_VALUE = 4096;

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

function environmentOf(value: unknown): NodeJS.ProcessEnv {
  const variables = Object.entries(fieldsOf(value, 'environment')).map(([name, one]) => {
    if (!VARIABLES.test(name)) throw new FrameError(`it asks for the variable ${name}`);
    return [name, one === null ? undefined : textOf(one, name).slice(0, LONGEST_VALUE)] as const;
  });
  return Object.fromEntries(variables);
}

/** What a model's code wants to be different before Keras is imported; undefined for other answers. */
export function environmentWanted(answer: KerasAnswer): NodeJS.ProcessEnv | undefined {
  return answer.type === 'environment' ? answer.environment : undefined;
}

/** The answer in a frame, none of which is believed. @throws FrameError where it is none. */
export function readKerasAnswer({ header, body }: Frame): KerasAnswer {
  const fields = fieldsOf(header, 'the answer');
  if (fields.type === 'environment') return { type: 'environment', environment: environmentOf(fields.environment) };
  if (fields.type !== 'model') return readNoModel(fields);
  return {
    type: 'model',
    json: textOf(fields.json, 'json'),
    layers: layersOf(fields.layers, body),
    ...readFacts(fields),
  };
}
