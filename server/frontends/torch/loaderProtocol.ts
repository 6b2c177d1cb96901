/** What the process that loads PyTorch models and its runner say to each other: one job in, one frame out. See `python/load_model.py`. */
import type { Frame } from '../../processes/frames';
import type { ModelInput } from '../../protocol/modelSetup';
import {
  countOf,
  fieldsOf,
  type LoadFacts,
  type LoadFailure,
  type OtherFramework,
  type PythonJob,
  readFacts,
  readNoModel,
  textsOf,
} from '../python/loaderProtocol';
import { type ExportedModel, readExported } from './exported';

/** Their program, as `pythonProcess` takes it. */
export const LOADER = 'frontends/torch/python/load_model.py';

/** What the process reads on its standard input, as JSON. */
export interface LoadJob extends PythonJob {
  /** Name or index of the output that counts. */
  readonly output: string | null;
  /** Examples to export with, so that the model takes any number. */
  readonly batch: number;
  /** Examples of the batches that it is used with: for a model that takes one number alone. */
  readonly usedBatch: number;
  /** What the model is to be made smaller with. */
  readonly shrink?: CutModel | TriedCut | ProvedCut;
}

/** The smaller model is described in place of the model. */
export interface CutModel {
  readonly wants: 'model';
  /** Its shrink.py. */
  readonly script: string;
}

/** Which modules do not go with it is wanted in place of a description. */
export interface TriedCut {
  readonly wants: 'modules';
  readonly script: string;
}

/** The proof is wanted in place of a description. */
export interface ProvedCut {
  readonly wants: 'proof';
  readonly script: string;
  /** Its tensors, and those of the smaller one. */
  readonly before: string;
  readonly after: string;
  /** Examples of the batches that both are measured with; 0 where they are not. */
  readonly measured: number;
}

export interface LoadedModel extends LoadFacts {
  readonly type: 'model';
  readonly model: ExportedModel;
  /** The model's inputs as they were given or found. */
  readonly inputs: readonly ModelInput[];
  /** Names of further inputs, which are None where nothing is given for them. */
  readonly leftToDefault: readonly string[];
}

export type LoadAnswer = LoadedModel | LoadFailure | OtherFramework;

function inputOf(value: unknown): ModelInput {
  const { name, shape, dtype, below } = fieldsOf(value);
  const limit = countOf(below);
  return {
    shape: Array.isArray(shape) ? shape.map((extent) => countOf(extent) ?? 0) : [],
    ...(typeof name === 'string' && { name }),
    ...(typeof dtype === 'string' && { dtype }),
    ...(limit !== undefined && { below: limit }),
  };
}

/** The answer in a frame, none of which is believed. @throws FrameError where it is none. */
export function readAnswer({ header, body }: Frame): LoadAnswer {
  const fields = fieldsOf(header);
  if (fields.type !== 'model') return readNoModel(fields);
  return {
    type: 'model',
    model: readExported(fields.model, body),
    inputs: Array.isArray(fields.inputs) ? fields.inputs.map(inputOf) : [],
    leftToDefault: textsOf(fields.leftToDefault),
    ...readFacts(fields),
  };
}
