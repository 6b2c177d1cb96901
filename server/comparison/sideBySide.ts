/** How many masked networks are trained at once in one program: as many as are measured to be the fastest. */
import { batchCount } from '../data/batches';
import { createStack } from '../executors/stack/lanes';
import type { Executor } from '../executors/types';
import type { Network } from '../models/types';
import { DENSE, type SideBySide } from '../protocol/comparison';
import { UserError, usageError } from '../protocol/errors';
import { sizeOf } from '../protocol/tensor';
import { isConvergenceMethod, isStructuredMethod } from '../request/comparedMethods';
import { isDynamicMethod } from '../request/dynamic';
import { type PreparedStep, prepareStep } from '../training/measureStep';
import { type FolderKind, recordedSideBySide } from './folder';
import type { ComparedNetwork } from './model';

const ALONE: SideBySide = { width: 1 };

/** Widths that are tried, the next one where the one before was worth it. */
const WIDTHS = [4, 16];

/** Fewer steps in all are done before anything is measured. */
const FEWEST_STEPS = 2000;

/** Seconds of a step that keeps the device busy by itself. */
const BUSY_STEP = 0.1;

/** A gain that is worth training all channels, also those that a mask leaves unread. */
const WORTH = 1.2;

/** Steps before the clock starts, in which kernels are chosen and graphs captured, and steps that it measures. */
const WARM_UP = 5;
const MEASURED = 12;

/** Whether a run can be trained beside others: not where programs of its own are run in between, or the network is a smaller one. */
export function isStackable(method: string): boolean {
  return method !== DENSE && !isConvergenceMethod(method) && !isDynamicMethod(method) && !isStructuredMethod(method);
}

function masksOf({ parameters }: Network): ReadonlyMap<string, Uint8Array> {
  const prunable = parameters.filter((parameter) => parameter.prunable);
  return new Map(prunable.map(({ name, shape }) => [name, new Uint8Array(sizeOf(shape)).fill(1)]));
}

/** Seconds of a step that networks take at once, each on its executor. */
async function secondsOfStep(executors: readonly Executor[], network: Network, batchSize: number): Promise<number> {
  const steps: PreparedStep[] = [];
  const masks = masksOf(network);
  try {
    const all = await Promise.allSettled(executors.map((one) => prepareStep(one, network, batchSize, masks)));
    for (const one of all) if (one.status === 'fulfilled') steps.push(one.value);
    for (const one of all) if (one.status === 'rejected') throw one.reason;
    const take = (count: number) => Promise.all(steps.map(({ step }) => step(count)));
    await take(WARM_UP);
    const started = performance.now();
    await take(MEASURED);
    return (performance.now() - started) / 1000 / MEASURED;
  } finally {
    for (const { dispose } of steps) await dispose();
  }
}

/** The same of `width` networks in one program; undefined where the device has too little memory for it. */
async function secondsBeside(executor: Executor, width: number, network: Network, batchSize: number) {
  const stack = createStack(executor, width);
  const lanes = Array.from({ length: width }, () => stack.enter());
  try {
    return await secondsOfStep(lanes, network, batchSize);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  } finally {
    for (const lane of lanes) lane.leave();
    await stack.dispose();
  }
}

/**
 * What is fastest for so many runs of a network, by a few steps of it alone and in one program. One by one where the backend is
 * another than PyTorch or is several devices, where the data is a stream, and where there is too little to do for measuring it.
 *
 * @param runs Runs that can be trained beside others.
 */
export async function chooseSideBySide(
  executor: Executor,
  { model: { network }, dataset, request: { training } }: ComparedNetwork,
  runs: number,
): Promise<SideBySide> {
  if (executor.backend !== 'torch' || executor.group) return ALONE;
  // A stream is one pass at a time: each network's batches would be read from the start of the epoch.
  if (dataset.train.isOrdered) return ALONE;
  const { batchSize, epochs } = training;
  const steps = runs * epochs * batchCount(dataset.train.size, batchSize, true);
  const widths = WIDTHS.filter((width) => width <= runs);
  if (widths.length === 0 || steps < FEWEST_STEPS) return ALONE;
  const alone = await secondsOfStep([executor], network, batchSize);
  if (alone > BUSY_STEP) return ALONE;
  let best: SideBySide & { readonly speedup: number } = { width: 1, speedup: 1 };
  for (const width of widths) {
    const seconds = await secondsBeside(executor, width, network, batchSize);
    const speedup = seconds === undefined ? 0 : (width * alone) / seconds;
    if (speedup < WORTH * best.speedup) break;
    best = { width, speedup: Number(speedup.toFixed(2)) };
  }
  return best;
}

/** @throws UserError (usage) where networks are to be trained side by side on what cannot; `several` says that runs go to several devices. */
export function checkSideBySide({ backend, group }: Executor, several = false): void {
  if (backend !== 'torch') {
    throw usageError(
      `--side-by-side is for the backend torch, and the backend is ${backend}.`,
      'Choose it with --backend torch, or "backend: torch" in the file of a sweep.',
    );
  }
  if (!several && !group) return;
  throw usageError(
    '--side-by-side is for one device, and the runs are for several.',
    group ? 'Leave out --devices.' : 'Leave out --jobs, or choose a device with --device.',
  );
}

/** What was asked for, what the folder was begun with, or what is measured to be fastest. */
export async function sideBySideOf(
  asked: number | undefined,
  { folder, kind }: { readonly folder: string; readonly kind: FolderKind },
  choose: () => Promise<SideBySide>,
): Promise<SideBySide> {
  return asked === undefined ? ((await recordedSideBySide(folder, kind)) ?? choose()) : { width: asked };
}

/** In words behind the name of a device: `, 4 side by side (2.3 times as fast as one by one)`; nothing where it is one by one. */
export function describeSideBySide({ width, speedup }: SideBySide): string {
  if (width === 1) return '';
  return `, ${width} side by side${speedup === undefined ? '' : ` (${speedup} times as fast as one by one)`}`;
}
