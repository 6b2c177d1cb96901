/**
 * Two compute processes as one engine: trainings, comparisons and learning have a process of their own, so that scores,
 * estimates and what a slider asks for never wait behind them.
 */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerStatus } from '../protocol/editor';
import type { TrainParams, WorkerCall, WorkerCalls } from '../protocol/worker';
import type { CallOptions, Engine, EngineOptions, Lane } from './engine';
import { isLasting } from './jobs';

/** Milliseconds after which the process of lasting work is ended when it has nothing to do. */
const REST = 60_000;

/** Starts the supervisor of one lane; `onLost` is told of its process alone. */
export type LaneFactory = (
  lane: Lane,
  options: Omit<EngineOptions, 'onLost'> & { readonly onLost: () => void },
) => Engine;

const URGENCY: readonly ServerStatus['worker'][] = ['failed', 'restarting', 'starting', 'busy', 'ready', 'stopped'];

/** One status of several: the one that needs most attention, with everybody's jobs. */
export function combineStatuses(statuses: readonly ServerStatus[]): ServerStatus {
  const [first] = statuses.toSorted((a, b) => URGENCY.indexOf(a.worker) - URGENCY.indexOf(b.worker));
  if (!first) return { worker: 'stopped', jobs: [] };
  const paused = statuses.some((one) => one.paused);
  return { ...first, ...(paused && { paused: true as const }), jobs: statuses.flatMap(({ jobs }) => jobs) };
}

export function createLanes(startLane: LaneFactory, options: EngineOptions): Engine {
  const lanes = new Map<Lane, Engine>();
  let resting: NodeJS.Timeout | undefined;
  let disposed = false;
  let paused = false;

  const status = () => combineStatuses([...lanes.values()].map((engine) => engine.status()));
  const changed = () => options.onStatus?.(status());

  const lane = (name: Lane): Engine => {
    const known = lanes.get(name);
    if (known) return known;
    const started = startLane(name, { ...options, onStatus: changed, onLost: () => options.onLost?.(name) });
    lanes.set(name, started);
    if (name === 'work') started.pause(paused);
    return started;
  };

  /** Ends the process of lasting work, which holds memory of the device, once it has rested. */
  const rest = (): void => {
    const work = lanes.get('work');
    clearTimeout(resting);
    if (!work || work.status().jobs.length > 0) return;
    resting = setTimeout(() => {
      if (work.status().jobs.length > 0) return;
      lanes.delete('work');
      void work.dispose().then(changed);
    }, REST);
    resting.unref();
  };

  const onWork: Engine['call'] = async (name, params, callOptions) => {
    clearTimeout(resting);
    try {
      return await lane('work').call(name, params, callOptions);
    } finally {
      if (!disposed) rest();
    }
  };

  /** Masks of a score are in the other process, and go over in a file. */
  const trainOnWork = async (params: TrainParams, callOptions?: CallOptions) => {
    const { masks } = params;
    if (!masks || 'file' in masks || params.resume) return onWork('train', params, callOptions);
    const file = join(tmpdir(), `prunelens-masks-${randomUUID()}.safetensors`);
    const signal = callOptions?.signal;
    try {
      const written = await lane('scores').call('writeMasks', { ...masks, file }, signal && { signal });
      return await onWork('train', { ...params, masks: written }, callOptions);
    } finally {
      await rm(file, { force: true });
    }
  };

  const call = <Name extends WorkerCall>(
    name: Name,
    params: WorkerCalls[Name]['params'],
    callOptions?: CallOptions,
  ): Promise<WorkerCalls[WorkerCall]['result']> => {
    if (disposed) return Promise.reject(new Error('the engine is disposed'));
    if (name === 'train') return trainOnWork(params as TrainParams, callOptions);
    return isLasting(name) ? onWork(name, params, callOptions) : lane('scores').call(name, params, callOptions);
  };

  return {
    call: call as Engine['call'],
    cancel: (job) => [...lanes.values()].some((engine) => engine.cancel(job)),
    moveFirst: (job) => [...lanes.values()].some((engine) => engine.moveFirst(job)),
    pause(next) {
      paused = next;
      lanes.get('work')?.pause(next);
    },
    status,
    async restart() {
      await Promise.all([...lanes.values()].map((engine) => engine.restart()));
    },
    async dispose() {
      disposed = true;
      clearTimeout(resting);
      await Promise.allSettled([...lanes.values()].map((engine) => engine.dispose()));
    },
  };
}
