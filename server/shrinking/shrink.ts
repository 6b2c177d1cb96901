/** The physically smaller model that structured pruning, or a mask, leaves. */
import { join } from 'node:path';
import { formatPath, formatPercent, formatSeconds } from '../format';
import { checkModelFolder, MODEL_MASKS, parseModelSpecifier, writeModel } from '../frontends';
import { readMasks, writeMaskFile } from '../masks/maskFile';
import type { Network } from '../models/types';
import { usageError } from '../protocol/errors';
import { applyMasks } from '../pruning';
import { findChannels, livingChannels, shrinkAdapted, sliceMasks } from '../pruning/structured';
import { channelsOf } from '../request/channels';
import { type Loading, openModel, type PreparedModel, type Requested } from '../request/model';
import { followModules, wholeNotes } from '../request/wholeModules';
import { measureSteps } from '../training/measureStep';
import { checkOriginal, shrinkOriginal } from './original';
import { scoreAndSelectChannels } from './scoring';
import { channelsJson, type StepTimes, sizesOf } from './sizes';
import type { ChannelFlags, Decision, ShrinkFlags, Shrunk, Surroundings } from './types';

function checkUse(flags: ShrinkFlags): void {
  const { method, masks, sparsity, out, dryRun, adapt } = flags;
  if (method !== undefined && masks !== undefined) throw usageError('Give --method or --masks, not both.');
  if (method !== undefined && sparsity === undefined) {
    throw usageError('--method needs --sparsity: the fraction of the channels to be removed.');
  }
  if (method === undefined && sparsity !== undefined) throw usageError('--sparsity needs --method.');
  if (dryRun) return;
  if (method === undefined && masks === undefined) {
    throw usageError(
      'Nothing says which channels are to go.',
      'Give --method and --sparsity, or --masks; --dry-run lists the groups of channels.',
    );
  }
  if (out === undefined) throw usageError('--out is missing: the folder for the smaller model.');
  if (masks !== undefined && adapt === 'reinit') {
    throw usageError('--adapt reinit would draw new values for masked weights.', 'Leave out --adapt, or use --method.');
  }
}

/** Everything stays: what a dry run without a method shows. */
function keepAll(model: PreparedModel): Decision {
  const structure = channelsOf(model);
  const keep = new Uint8Array(structure.entries).fill(1);
  return { structure, keep, masks: new Map(), by: {}, title: `Channels of ${model.network.name}` };
}

/** Channels that the masks of a file leave without a reader go. */
async function decideByMasks(model: PreparedModel, path: string): Promise<Decision> {
  const masks = await readMasks(model.network, path);
  const structure = findChannels(model.network);
  const title = `Dead weight of ${model.network.name} under ${formatPath(path)}`;
  return { structure, keep: livingChannels(structure, masks), masks, by: { masks: path }, title };
}

function decideByMethod(requested: Requested, flags: ChannelFlags, around: Surroundings): Promise<Decision> {
  const { model, request } = requested;
  const { of } = request.channels;
  return scoreAndSelectChannels(requested, flags, around, async ({ criterion, structure, keep, backend, seconds }) => {
    const target = `${formatPercent(flags.sparsity ?? 0)} sparsity of ${of}`;
    return {
      structure,
      keep,
      masks: new Map(),
      by: { method: criterion.name, sparsity: flags.sparsity ?? 0, sparsityOf: of, backend, seconds },
      title: `${criterion.title} on ${model.network.name} at ${target}: ${formatSeconds(seconds)} on ${backend}`,
    };
  });
}

function decide(requested: Requested, flags: ShrinkFlags, around: Surroundings): Promise<Decision> | Decision {
  const { method, masks } = flags;
  if (method !== undefined) return decideByMethod(requested, { ...flags, method }, around);
  return masks === undefined ? keepAll(requested.model) : decideByMasks(requested.model, masks);
}

const MEASURED_STEPS = 5;

/** Training steps of both models, in turns, on batches of the size that training would have. */
function measure(
  { model: { network }, request }: Requested,
  smaller: Network,
  around: Surroundings,
): Promise<StepTimes> {
  const { batchSize } = request;
  return around.withExecutor(request, async (executor) => {
    const [denseSeconds, shrunkSeconds] = await measureSteps(executor, [network, smaller], batchSize, MEASURED_STEPS);
    return { batchSize, denseSeconds, shrunkSeconds };
  });
}

/** The part of the masks that concerns the smaller model, beside it. */
async function writeMasks(folder: string, smaller: Network, { structure, keep, masks }: Decision): Promise<string> {
  const path = join(folder, MODEL_MASKS);
  const left = Array.from(sliceMasks(structure, keep, masks), ([name, { mask }]) => [name, mask] as const);
  await writeMaskFile(path, smaller, new Map(left));
  return path;
}

/**
 * Makes a model smaller, and writes it unless that is a dry run. A smaller model that was written to the folder before is replaced.
 *
 * @throws UserError (usage) also where flags do not go together, or the folder holds other files.
 */
export async function shrinkModel(
  specifier: string,
  flags: ShrinkFlags,
  loading: Loading,
  around: Surroundings,
): Promise<Shrunk> {
  checkUse(flags);
  const { out, dryRun = false } = flags;
  if (!dryRun) await checkModelFolder(out!, parseModelSpecifier(specifier).file);
  const { model: opened, request } = await openModel(specifier, flags, around.signal, loading);
  const { adapt } = request.channels;
  if (opened.network.shrinkOriginal) checkOriginal(adapt);
  const { model, whole } = await followModules(opened, around.signal);
  wholeNotes(whole).forEach(around.onNote);
  const requested = { model, request };
  const decision = await decide(requested, flags, around);
  if (model.network.shrinkOriginal) return shrinkOriginal(requested, { ...decision, whole }, flags, around.signal);
  const { structure, keep, masks, title } = decision;
  const { network: smaller } = shrinkAdapted(structure, keep, applyMasks(model.weights, masks), adapt, model.seed);
  const written = dryRun ? undefined : await writeModel(out!, smaller);
  const maskFile = written !== undefined && masks.size > 0 ? await writeMasks(out!, smaller, decision) : undefined;
  const [before, after] = [model.network, smaller].map(sizesOf);
  const times = flags.measure ? await measure(requested, smaller, around) : undefined;
  return {
    structure,
    keep,
    title,
    before,
    after,
    ...(times && { times }),
    document: {
      ...decision.by,
      seed: model.seed,
      adapt,
      ...channelsJson(structure, keep),
      parameters: before.parameters,
      keptParameters: after.parameters,
      denseMacs: before.macs,
      shrunkMacs: after.macs,
      ...(times && { measured: times }),
      model: written ?? null,
      masks: maskFile ?? null,
    },
    files: [written, maskFile].filter((file) => file !== undefined),
    sentences: [
      ...(written === undefined ? [] : [`The smaller model is in ${formatPath(written)}.`]),
      ...(maskFile === undefined ? [] : [`What is left of its masks is in ${formatPath(maskFile)}.`]),
    ],
  };
}
