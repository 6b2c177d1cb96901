/**
 * Which scores models have, over the end of the server: a small file a model in the user's cache. The scores themselves are kept by
 * the compute process; here is what to ask it for when the model is looked at again.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeJsonAtomic } from '../../files/atomic';
import { cacheFolder } from '../../files/cacheFolder';
import type { ModelName } from '../../protocol/results';
import type { ShownStability } from '../../protocol/stability';
import type { Context } from '../context';
import { isCancelled, toErrorData } from '../failures';
import { originOf, updateOutdated } from './origins';
import {
  checkTrust,
  type Described,
  describeModel,
  editedSince,
  type Job,
  prunableFor,
  restoreScore,
  selectFrom,
} from './scoring';
import { resultsOf } from './selectors';
import type { ModelState } from './state';

interface Kept {
  readonly format: 1;
  readonly model: ModelName;
  readonly fingerprint: string;
  readonly sparsity: number;
  /** Data that was chosen without writing it down. */
  readonly data?: string;
  /** The one that is shown last. */
  readonly scores: readonly { readonly method: string; readonly aim?: number; readonly stability?: ShownStability }[];
}

/** Milliseconds in which changes of a model are gathered: a slider makes many. */
const PAUSE = 300;

export interface Lasting {
  /** The state of a model has changed. */
  changed(state: ModelState, before: ModelState): void;
  /** Brings back the scores that the model had when the server ended, where it is as it was; once a model. Never rejects. */
  restore(model: ModelName): Promise<void>;
  /** Writes what is not written yet. */
  dispose(): Promise<void>;
}

function fileOf(model: ModelName): string {
  const name = createHash('sha256').update(model).digest('hex').slice(0, 32);
  return join(cacheFolder(), 'scores', 'models', `${name}.json`);
}

async function readKept(model: ModelName): Promise<Kept | undefined> {
  const text = await readFile(fileOf(model), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const kept = JSON.parse(text) as Kept;
    return kept.format === 1 && kept.model === model ? kept : undefined;
  } catch {
    // Damaged: scores are made anew.
    return undefined;
  }
}

/** What is to be kept of a state; undefined where there is nothing, or it is of another architecture than the scores. */
function keptOf({ model, scores, sparsity, data }: ModelState): Kept | undefined {
  if (scores.phase !== 'fresh') return undefined;
  const { held, shown, architecture } = scores.results;
  if (architecture.fingerprint === undefined) return undefined;
  const ordered = held.toSorted((a, b) => Number(a.score.method === shown) - Number(b.score.method === shown));
  return {
    format: 1,
    model,
    fingerprint: architecture.fingerprint,
    sparsity,
    ...(data !== undefined && { data }),
    scores: ordered.map(({ score: { method, aim, stability } }) => ({
      method,
      ...(aim !== undefined && { aim }),
      ...(stability && { stability }),
    })),
  };
}

async function restoreOne(
  context: Context,
  described: Described,
  kept: Kept,
  { method, aim, stability }: Kept['scores'][number],
  job: Job,
): Promise<void> {
  const { store } = context;
  const { model, sparsity, data } = kept;
  const state = store.get(model)!;
  const prunable = await prunableFor(state.file);
  const origin = await originOf(context, { ...state, ...(data !== undefined && { data }) }, method);
  const known = await context.data.knownFor(state, method);
  const request = { method, sparsity: aim ?? sparsity, data: known.known ? known.data : data };
  const restored = await restoreScore(context, state, described, request, job);
  if (!restored) return;
  const score = { ...restored, ...(stability && { stability }) };
  store.dispatch(model, { kind: 'prunableRead', prunable });
  const aimed = store.dispatch(model, { kind: 'aimed', sparsity });
  const selection = await selectFrom(context, aimed, score, false, job.signal);
  const { summary, revision } = described;
  const edited = editedSince(context, store.get(model)!, described);
  const { layers } = prunable;
  store.dispatch(model, { kind: 'scored', summary, revision, edited, score, origin, layers, selection });
}

async function restoreAll(context: Context, kept: Kept, signal: AbortSignal): Promise<void> {
  const { store } = context;
  const { model } = kept;
  const job: Job = { signal, report: () => {} };
  const described = await describeModel(context, model, job);
  const { summary, revision } = described;
  if (resultsOf(store.get(model)!)) return;
  store.dispatch(model, {
    kind: 'described',
    summary,
    revision,
    edited: editedSince(context, store.get(model)!, described),
  });
  if (summary.fingerprint !== kept.fingerprint) return;
  if (kept.data !== undefined) store.dispatch(model, { kind: 'dataChosen', data: kept.data });
  for (const score of kept.scores) await restoreOne(context, described, kept, score, job);
  await updateOutdated(context, model);
}

export function createLasting(context: () => Context): Lasting {
  const waiting = new Map<ModelName, { readonly timer: NodeJS.Timeout; readonly kept: Kept }>();
  const restored = new Map<ModelName, Promise<void>>();
  const controller = new AbortController();

  const write = async (model: ModelName): Promise<void> => {
    const found = waiting.get(model);
    if (!found) return;
    clearTimeout(found.timer);
    waiting.delete(model);
    try {
      await mkdir(join(cacheFolder(), 'scores', 'models'), { recursive: true });
      await writeJsonAtomic(fileOf(model), found.kept);
    } catch (error) {
      context().log(`Which scores there are is not kept: ${toErrorData(error).message}`);
    }
  };

  const bringBack = async (model: ModelName): Promise<void> => {
    const kept = await readKept(model);
    const state = context().store.get(model);
    if (!kept || (state && resultsOf(state))) return;
    try {
      checkTrust(context(), model);
      await restoreAll(context(), kept, controller.signal);
    } catch (error) {
      if (!isCancelled(error)) context().log(`Scores are not brought back: ${toErrorData(error).message}`);
    }
  };

  return {
    changed(state, before) {
      if (state.scores === before.scores && state.sparsity === before.sparsity) return;
      const kept = keptOf(state);
      if (!kept) return;
      const { model } = state;
      clearTimeout(waiting.get(model)?.timer);
      waiting.set(model, { kept, timer: setTimeout(() => void write(model), PAUSE) });
    },
    restore(model) {
      const known = restored.get(model);
      if (known) return known;
      const begun = bringBack(model);
      restored.set(model, begun);
      return begun;
    },
    async dispose() {
      controller.abort();
      await Promise.all([...waiting.keys()].map(write));
    },
  };
}
