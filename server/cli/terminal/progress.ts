/** Progress of long work: a bar on a terminal, plain lines elsewhere. Always on standard error. */
import { SingleBar } from 'cli-progress';
import { formatSeconds } from '../../format';
import { note } from './streams';

export interface Progress {
  /** `done` of `total` equal parts are finished; `detail` says what is going on. */
  update(done: number, total: number, detail: string): void;
  /** A line that stays, above the bar. */
  line(text: string): void;
  /** Takes the bar away. Calling it again does nothing. */
  stop(): void;
}

/** Away from a terminal, how often a line tells of the work. */
const PLAIN_INTERVAL_MILLISECONDS = 15_000;
const FRAMES_PER_SECOND = 10;

/** Seconds left, from the share of the work that was done since the first call; undefined while unknown. */
function createEstimate(): (done: number, total: number) => number | undefined {
  let start: { readonly time: number; readonly done: number } | undefined;
  return (done, total) => {
    start ??= { time: performance.now(), done };
    const advanced = done - start.done;
    return advanced > 0 ? ((performance.now() - start.time) / 1000 / advanced) * (total - done) : undefined;
  };
}

function describeTimeLeft(seconds: number | undefined): string {
  return seconds === undefined ? '' : `${formatSeconds(seconds)} left`;
}

function createBar(title: string): Progress {
  const estimate = createEstimate();
  const bar = new SingleBar({
    format: `${title} {bar} {percentage} %  {left}  {detail}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    gracefulExit: false,
    linewrap: false,
    fps: FRAMES_PER_SECOND,
  });
  let state: { done: number; total: number; payload: object } | undefined;
  const show = () => state && bar.start(state.total, state.done, state.payload);
  return {
    update(done, total, detail) {
      const isFirst = state === undefined;
      state = { done, total, payload: { detail, left: describeTimeLeft(estimate(done, total)) } };
      if (isFirst) show();
      else {
        bar.setTotal(total);
        bar.update(done, state.payload);
      }
    },
    line(text) {
      if (state) bar.stop();
      note(text);
      show();
    },
    stop() {
      if (state) bar.stop();
      state = undefined;
    },
  };
}

function createLines(title: string): Progress {
  const estimate = createEstimate();
  let last = performance.now();
  return {
    update(done, total, detail) {
      const left = estimate(done, total);
      if (performance.now() - last < PLAIN_INTERVAL_MILLISECONDS) return;
      last = performance.now();
      const share = `${Math.floor((100 * done) / total)} %`;
      note([`${title}: ${share}`, describeTimeLeft(left), detail].filter((part) => part !== '').join(', '));
    },
    line: note,
    stop() {},
  };
}

export function createProgress(title: string): Progress {
  return process.stderr.isTTY ? createBar(title) : createLines(title);
}

/** Does work under a progress bar of its own; `seconds` is the time that it took. */
export async function withProgress<T>(
  title: string,
  work: (onProgress: (done: number, total: number) => void) => Promise<T>,
): Promise<{ readonly result: T; readonly seconds: number }> {
  const progress = createProgress(title);
  const start = performance.now();
  try {
    const result = await work((done, total) => progress.update(done, total, ''));
    return { result, seconds: (performance.now() - start) / 1000 };
  } finally {
    progress.stop();
  }
}
