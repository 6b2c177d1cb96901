/** The jobs of a compute process: which may run, which wait, and in what order. Pure functions over lists. */
import type { JobStatus } from '../protocol/editor';
import type { WorkerCall, WorkerProgress } from '../protocol/worker';

export interface Job {
  readonly id: string;
  readonly name: WorkerCall;
  readonly title: string;
  readonly state: JobStatus['state'];
  readonly progress?: WorkerProgress;
}

/** Calls that take long: they run one at a time. All others are answered at once, between two steps of a running job. */
const QUEUED: ReadonlySet<WorkerCall> = new Set([
  'describe',
  'score',
  'stability',
  'train',
  'compare',
  'learn',
  'search',
  'shrink',
  'sweep',
  'setupTensorflow',
]);

/** Jobs of hours, which have a process of their own. */
const LASTING: ReadonlySet<WorkerCall> = new Set(['train', 'compare', 'learn', 'search', 'shrink', 'sweep']);

/** Calls that take as long as they take, as long as the process gives signs of life. */
const UNLIMITED: ReadonlySet<WorkerCall> = new Set([
  // Loading a model has a deadline of its own, which knows how long it has waited for a processor, and tells the line.
  'describe',
  'score',
  'stability',
  'restoreScore',
  'checkData',
  'checkForm',
  'trainingCosts',
  'train',
  'compare',
  'learn',
  'search',
  'shrink',
  'sweep',
  'setupTensorflow',
  'backends',
  'python',
]);

/** Whether a call has to be answered within a deadline. */
export function hasDeadline(name: WorkerCall): boolean {
  return !UNLIMITED.has(name);
}

/** Whether a call can take hours, so that nothing quick may wait behind it. */
export function isLasting(name: WorkerCall): boolean {
  return LASTING.has(name);
}

export function isQueued(name: WorkerCall): boolean {
  return QUEUED.has(name);
}

/** The list with a new job in its place: descriptions, which an editor waits for, go before other waiting jobs. */
export function enqueue(jobs: readonly Job[], job: Job): readonly Job[] {
  if (job.name !== 'describe') return [...jobs, job];
  const place = jobs.findIndex(({ state, name }) => state === 'queued' && name !== 'describe');
  return place < 0 ? [...jobs, job] : jobs.toSpliced(place, 0, job);
}

/** The next job that may start: one at a time, only that a description does not wait for a training to end. */
export function nextJob(jobs: readonly Job[]): Job | undefined {
  const running = jobs.filter(({ state }) => state !== 'queued');
  const waiting = jobs.filter(({ state }) => state === 'queued');
  if (running.length === 0) return waiting[0];
  return running.every(({ name }) => LASTING.has(name)) ? waiting.find(({ name }) => name === 'describe') : undefined;
}

/** The list with a waiting job before the others that wait; as it is where it does not wait. */
export function moveFirst(jobs: readonly Job[], id: string): readonly Job[] {
  const job = jobs.find((one) => one.id === id && one.state === 'queued');
  if (!job) return jobs;
  const others = jobs.filter((one) => one !== job);
  const place = others.findIndex(({ state }) => state === 'queued');
  return place < 0 ? [...others, job] : others.toSpliced(place, 0, job);
}

/** Jobs as they are shown: position 0 runs, 1 is next. */
export function jobStatuses(jobs: readonly Job[]): readonly JobStatus[] {
  const shown = [...jobs.filter(({ state }) => state !== 'queued'), ...jobs.filter(({ state }) => state === 'queued')];
  let place = 0;
  return shown.map(({ id, title, state, progress }) => ({
    id,
    title,
    state,
    position: state === 'queued' ? ++place : 0,
    ...(progress && { progress }),
  }));
}
