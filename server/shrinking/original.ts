/** A smaller model that its framework makes: a program that cuts the user's own model, its weights, and the proof. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removeLeftovers, writeFileAtomic, writeJsonAtomic } from '../files/atomic';
import { fileFailure } from '../files/failures';
import { withTemporaryFolder } from '../files/temporaryFolder';
import { formatPath } from '../format';
import { MODEL_MASKS } from '../frontends';
import { kernelMasks } from '../masks/channelMasks';
import { writeMaskFile, writeMaskTensors } from '../masks/maskFile';
import { writeWeights } from '../masks/weightsFile';
import { storedAs, storedTensors } from '../models/stored';
import type { Parameter, ShrunkOriginal, WholeModules } from '../models/types';
import { usageError } from '../protocol/errors';
import { applyMasks, type Masks, type Weights } from '../pruning';
import { keptOf, keptParameters, parameterMasks, sliceMasks, sparseMacs } from '../pruning/structured';
import { type KeptIndices, keptShape, sliceKept } from '../pruning/structured/slices';
import type { PreparedModel, Requested } from '../request/model';
import { readOthers } from '../request/weights';
import { channelsJson, type Sizes, sizesOf } from './sizes';
import type { Decision, ShrinkFlags, Shrunk } from './types';

const WEIGHTS = 'model.safetensors';
const SCRIPT = 'shrink.py';
const RESULT = 'result.json';
const ONNX = 'model.onnx';
/** Masks over what stays, for the smaller model. */
const SMALLER_MASKS = 'model.masks.safetensors';

type Kept = ReadonlyMap<string, KeptIndices>;

/** @throws UserError (usage) for what such models cannot be asked. */
export function checkOriginal(adapt: string): void {
  if (adapt === 'keep') return;
  throw usageError(
    `--adapt ${adapt} changes the weights that stay, and PyTorch has to prove that they give the same as before.`,
    'Leave out --adapt.',
  );
}

/** The parameters with the shapes that they have in the smaller model. */
function smallerParameters(parameters: readonly Parameter[], kept: Kept): readonly Parameter[] {
  return parameters.map((parameter) => {
    const shape = keptShape(parameter.shape, kept.get(parameter.name)!);
    const stored = storedAs(parameter);
    return {
      ...parameter,
      shape,
      stored: { ...stored, view: shape, shape: stored.order.map((axis) => shape[axis]) },
    };
  });
}

/** Everything that is zero in the whole model: weights under masks, and all that makes or reads a removed channel. */
function wholeMasks(model: PreparedModel, { structure, keep, masks }: Decision): Masks {
  const removed = new Map([...kernelMasks(model, structure, keep), ...parameterMasks(structure, keep)]);
  for (const [name, mask] of masks) {
    const own = removed.get(name);
    removed.set(name, own ? mask.map((bit, i) => bit & own[i]) : mask);
  }
  return removed;
}

interface Cut extends ShrunkOriginal {
  readonly parameters: readonly Parameter[];
  /** `model.safetensors`. */
  readonly weights: Uint8Array;
}

/** Cuts and proves in a folder of its own: nothing is in the user's before all is there. */
async function cut(
  model: PreparedModel,
  { structure, keep, masks }: Decision,
  flags: ShrinkFlags,
  measured: number | undefined,
  signal: AbortSignal,
): Promise<Cut> {
  const { network } = model;
  const kept: Kept = keptOf(structure, keep);
  const parameters = smallerParameters(network.parameters, kept);
  const whole = applyMasks(model.weights, masks);
  const part: Weights = new Map(
    network.parameters.map(({ name, shape }) => [name, sliceKept(whole.get(name)!, shape, kept.get(name)!)]),
  );
  const others = await readOthers(network, flags.weights);
  return withTemporaryFolder(async (folder) => {
    const [before, after] = ['before', 'after'].map((name) => join(folder, `${name}.safetensors`));
    await writeWeights(before, network, whole, others, 0);
    await writeWeights(after, { parameters }, part, others, 0);
    const request = { kept, before, after, signal, ...(measured !== undefined && { measured }) };
    return { ...(await network.shrinkOriginal!(request)), parameters, weights: await readFile(after) };
  });
}

/** Writes all files but the result; gives their paths. */
async function writeFiles(
  folder: string,
  model: PreparedModel,
  decision: Decision,
  { script, onnx, weights, parameters }: Cut,
) {
  await mkdir(folder, { recursive: true }).catch((error) => {
    throw fileFailure(error, 'write', folder);
  });
  await removeLeftovers(folder);
  const at = (name: string) => join(folder, name);
  // Of a model that was here before nothing stays beside this one.
  for (const name of [RESULT, ONNX, SMALLER_MASKS]) await rm(at(name), { force: true });
  const { structure, keep, masks } = decision;
  const { network } = model;
  await writeMaskFile(at(MODEL_MASKS), network, wholeMasks(model, decision), {
    model: network.name,
    structured: 'true',
    seed: String(model.seed),
  });
  await writeFileAtomic(at(WEIGHTS), weights);
  await writeFileAtomic(at(SCRIPT), script);
  if (onnx) await writeFileAtomic(at(ONNX), onnx);
  if (masks.size > 0) {
    const left = Array.from(sliceMasks(structure, keep, masks), ([name, { mask }]) => [name, mask] as const);
    await writeMaskTensors(at(SMALLER_MASKS), storedTensors({ parameters }, new Map(left)));
  }
  return {
    model: at(WEIGHTS),
    script: at(SCRIPT),
    masks: at(MODEL_MASKS),
    ...(masks.size > 0 && { smallerMasks: at(SMALLER_MASKS) }),
    ...(onnx && { onnx: at(ONNX) }),
  };
}

function sizesBeforeAndAfter(model: PreparedModel, { structure, keep }: Decision): readonly [Sizes, Sizes] {
  const { network } = model;
  const names = new Set(network.parameters.map(({ name }) => name));
  const macs = Math.round(sparseMacs(network, kernelMasks(model, structure, keep)));
  return [sizesOf(network), { parameters: keptParameters(structure, names, keep), macs }];
}

/** What is said of it: where it is, and what is proved. */
function sentencesOf(
  { proof: { difference, noOnnx } }: Cut,
  files: { readonly model: string; readonly script: string },
) {
  return [
    `In PyTorch it gives what the masked model gives: the outputs differ by ${difference.toExponential(1)} of the largest.`,
    `The smaller model is in ${formatPath(files.model)}, and ${formatPath(files.script)} makes yours so small.`,
    ...(noOnnx === undefined ? [] : [`There is no ONNX of it: ${noOnnx}`]),
  ];
}

/** Writes the smaller model, unless only its channels are asked for, and tells what it is. */
export async function shrinkOriginal(
  { model, request }: Requested,
  decision: Decision & { readonly whole: readonly WholeModules[] },
  flags: ShrinkFlags,
  signal: AbortSignal,
): Promise<Shrunk> {
  const { structure, keep, by, title } = decision;
  const measured = flags.measure ? request.batchSize : undefined;
  const made = flags.dryRun ? undefined : await cut(model, decision, flags, measured, signal);
  const files = made && (await writeFiles(flags.out!, model, decision, made));
  const [before, after] = sizesBeforeAndAfter(model, decision);
  const { seconds, ...proof } = made?.proof ?? {};
  const times = seconds && { batchSize: request.batchSize, ...inSeconds(seconds.step) };
  const document = {
    ...by,
    seed: model.seed,
    adapt: request.channels.adapt,
    ...channelsJson(structure, keep),
    ...(decision.whole.length > 0 && { whole: decision.whole.map(wholeJson) }),
    parameters: before.parameters,
    keptParameters: after.parameters,
    denseMacs: before.macs,
    shrunkMacs: after.macs,
    ...proof,
    ...(seconds && times && { measured: { ...times, evaluation: inSeconds(seconds.evaluation) } }),
    model: null,
    masks: null,
    ...files,
  };
  const result = files && join(flags.out!, RESULT);
  if (result !== undefined) await writeJsonAtomic(result, { name: model.network.name, ...document });
  return {
    ...{ structure, keep, title, before, after, document },
    ...(times && { times }),
    files: files && result !== undefined ? [...Object.values(files), result] : [],
    sentences: made && files ? sentencesOf(made, files) : [],
  };
}

function wholeJson({ modules, error: { message, location } }: WholeModules) {
  return { modules, reason: message, ...(location && { file: location.file, line: location.line }) };
}

function inSeconds({ before, after }: { readonly before: number; readonly after: number }) {
  return { denseSeconds: before, shrunkSeconds: after };
}
