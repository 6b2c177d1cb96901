/** When the stability of a score is measured, and when it gives way. */
import { beforeEach, expect, it, vi } from 'vitest';
import type { Context } from '../../../server/lsp/context';
import { reduce } from '../../../server/lsp/model/events';
import { createStabilityMeasuring } from '../../../server/lsp/model/stability';
import { initialState, type ModelState } from '../../../server/lsp/model/state';
import type { JobStatus } from '../../../server/protocol/editor';
import { CancelledError } from '../../../server/worker/failures';

const MODEL = '/net.ts#default';
const TITLE = 'Stability of SNIP on net';
const figures = { maskIou: 0.98, chanceIou: 0.1, rankCorrelation: 1, layers: [] };
const measured = { sparsity: 0.98, weights: figures, batches: null };

interface Call {
  readonly signal: AbortSignal;
  answer(): void;
}

let state: ModelState;
let calls: Call[];
let isOn: boolean;
let stability: ReturnType<typeof createStabilityMeasuring>;
const user = new AbortController();

function dispatch(event: Parameters<typeof reduce>[1]): ModelState {
  state = reduce(state, event);
  stability.changed(state);
  return state;
}

const call = (_name: string, _params: unknown, { signal }: { signal: AbortSignal }) =>
  new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new CancelledError()));
    calls.push({ signal, answer: () => resolve(measured) });
  });

const context = {
  nameOf: () => 'net',
  settings: async () => ({ stability: isOn }),
  folders: { engine: () => ({ call }) },
  progress: { during: (_: unknown, work: (job: object) => unknown) => work({ signal: user.signal, report() {} }) },
  store: {
    get: () => state,
    all: () => [state],
    dispatch: (_: string, event: Parameters<typeof reduce>[1]) => dispatch(event),
  },
  log() {},
} as unknown as Context;

function score(scoreId: string): void {
  const summary = { model: MODEL, layers: [], classes: 1, inputShape: [1] };
  const selection = { scoreId, sparsity: 0.98, layers: [], collapsed: [], disconnected: [] };
  const one = { scoreId, model: MODEL, method: 'snip', title: 'SNIP', weights: [] };
  const made = { summary, revision: 1, edited: false, score: one, origin: '', layers: '', selection };
  dispatch({ kind: 'scored', ...made } as never);
}

const jobs = (...list: Partial<JobStatus>[]) =>
  stability.statusChanged({ worker: 'busy', jobs: list as readonly JobStatus[] });
const shownStability = () => state.scores.phase !== 'none' && state.scores.results.held[0].score.stability;

beforeEach(() => {
  vi.useFakeTimers();
  state = initialState(MODEL, 0.98);
  calls = [];
  isOn = true;
  stability = createStabilityMeasuring(() => context);
  return () => vi.useRealTimers();
});

it('is measured once, after a pause', async () => {
  score('a');
  expect(calls).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(300);
  dispatch({ kind: 'aimed', sparsity: 0.9 });
  expect(calls).toHaveLength(1);
  calls[0].answer();
  await vi.advanceTimersByTimeAsync(1000);
  expect(shownStability()).toEqual(measured);
  jobs();
  await vi.advanceTimersByTimeAsync(1000);
  expect(calls).toHaveLength(1);
});

it('is not measured where the settings say so', async () => {
  isOn = false;
  score('a');
  await vi.advanceTimersByTimeAsync(1000);
  expect(calls).toHaveLength(0);
});

it('ends with the score that it is about', async () => {
  score('a');
  await vi.advanceTimersByTimeAsync(300);
  dispatch({ kind: 'edited' });
  expect(calls[0].signal.aborted).toBe(true);
  score('b');
  await vi.advanceTimersByTimeAsync(300);
  score('c');
  expect(calls[1].signal.aborted).toBe(true);
  await vi.advanceTimersByTimeAsync(300);
  calls[2].answer();
  await vi.advanceTimersByTimeAsync(0);
  expect(shownStability()).toEqual(measured);
});

it('gives way to what waits behind it, and is measured when nothing does', async () => {
  score('a');
  await vi.advanceTimersByTimeAsync(300);
  jobs({ title: TITLE, state: 'running' });
  expect(calls[0].signal.aborted).toBe(false);
  jobs({ title: TITLE, state: 'running' }, { title: 'GraSP on other', state: 'queued' });
  expect(calls[0].signal.aborted).toBe(true);
  await vi.advanceTimersByTimeAsync(1000);
  expect(calls).toHaveLength(1);
  jobs();
  await vi.advanceTimersByTimeAsync(300);
  expect(calls).toHaveLength(2);
});

it('waits behind others itself', async () => {
  score('a');
  await vi.advanceTimersByTimeAsync(300);
  jobs({ title: 'GraSP on other', state: 'running' }, { title: TITLE, state: 'queued' });
  expect(calls[0].signal.aborted).toBe(false);
});

it('is given up for good when the user cancels it', async () => {
  score('a');
  await vi.advanceTimersByTimeAsync(300);
  user.abort();
  await vi.advanceTimersByTimeAsync(0);
  jobs();
  dispatch({ kind: 'aimed', sparsity: 0.9 });
  await vi.advanceTimersByTimeAsync(1000);
  expect(calls).toHaveLength(1);
  expect(shownStability()).toBeUndefined();
});
