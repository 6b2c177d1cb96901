/** What a sweep shows while it runs: a live table on a terminal, plain lines elsewhere. Always on standard error. */
import { formatSeconds, formatTestMetrics } from '../../format';
import type { RunKey, RunOutcome } from '../../protocol/comparison';
import { testMetrics } from '../../protocol/metricKeys';
import type { SweepPlan, SweepRun } from '../../sweep/expand';
import type { RunProgress } from '../../sweep/queue';
import { describeRun } from '../../sweep/results';
import { createProgress } from '../terminal/progress';
import { note } from '../terminal/streams';
import { formatLive, type RunState } from './table';

export interface Display {
  start(run: SweepRun, worker: string): void;
  progress(run: SweepRun, progress: RunProgress): void;
  finish(run: SweepRun, outcome: RunOutcome): void;
  fail(run: SweepRun, error: string): void;
  /** Leaves the last state on the terminal. Calling it again does nothing. */
  stop(): void;
}

const REDRAW_MILLISECONDS = 250;

const name = (key: RunKey) => JSON.stringify([key.model, key.method, key.sparsity, key.seed]);

function finishedLine(run: SweepRun, { final, seconds }: RunOutcome): string {
  return `${describeRun(run.key)}: ${formatTestMetrics(testMetrics(final))} (${formatSeconds(seconds)})`;
}

function createTable(plan: SweepPlan, found: readonly RunOutcome[]): Display {
  const states = new Map<string, RunState>(
    found.map((outcome) => [name(outcome), { kind: 'finished', outcome }] as const),
  );
  const begun = performance.now();
  const stateOf = (key: RunKey) => states.get(name(key)) ?? { kind: 'planned' as const };
  let drawn = 0;
  let last = Number.NEGATIVE_INFINITY;
  let isStopped = false;
  /** As long as the runs so far have taken on average, for those that are left. */
  const secondsLeft = () => {
    const all = plan.runs.map(({ key }) => stateOf(key));
    const isDone = (state: RunState) => state.kind === 'finished' || state.kind === 'failed';
    const share = (state: RunState) => (isDone(state) ? 1 : state.kind === 'running' ? state.fraction : 0);
    const done = all.reduce((sum, state) => sum + share(state), 0);
    const advanced = done - found.length;
    return advanced > 0.1 ? ((performance.now() - begun) / 1000 / advanced) * (all.length - done) : undefined;
  };
  const draw = (isForced: boolean) => {
    if (isStopped || (!isForced && performance.now() - last < REDRAW_MILLISECONDS)) return;
    last = performance.now();
    const { columns = 80, rows = 24 } = process.stderr;
    const lines = formatLive({ plan, stateOf, secondsLeft: secondsLeft() }, columns, rows);
    // Over what was drawn last.
    process.stderr.write(`${drawn > 0 ? `\x1b[${drawn}A\x1b[J` : ''}${lines.join('\n')}\n`);
    drawn = lines.length;
  };
  return {
    start(run, worker) {
      states.set(name(run.key), { kind: 'running', worker, detail: '', fraction: 0 });
      draw(true);
    },
    progress(run, { fraction, detail }) {
      const state = states.get(name(run.key));
      if (state?.kind === 'running') states.set(name(run.key), { ...state, fraction, detail });
      draw(false);
    },
    finish(run, outcome) {
      states.set(name(run.key), { kind: 'finished', outcome });
      draw(true);
    },
    fail(run, error) {
      states.set(name(run.key), { kind: 'failed' });
      // The message stays above the table, which is drawn anew below it.
      process.stderr.write(`${drawn > 0 ? `\x1b[${drawn}A\x1b[J` : ''}${describeRun(run.key)}: failed. ${error}\n`);
      drawn = 0;
      draw(true);
    },
    stop() {
      draw(true);
      isStopped = true;
    },
  };
}

function createLines(plan: SweepPlan, found: readonly RunOutcome[]): Display {
  const progress = createProgress('sweep');
  const total = plan.runs.length;
  let done = found.length;
  const label = (run: SweepRun) => `[${plan.runs.indexOf(run) + 1}/${total}]`;
  if (done > 0) note(`${done} of ${total} runs are there already.`);
  return {
    start() {},
    progress(run, { fraction, detail }) {
      progress.update(done + fraction, total, `${label(run)} ${describeRun(run.key)}  ${detail}`);
    },
    finish(run, outcome) {
      done++;
      progress.line(`${label(run)} ${finishedLine(run, outcome)}`);
    },
    fail(run, error) {
      progress.line(`${label(run)} ${describeRun(run.key)}: failed. ${error}`);
    },
    stop: () => progress.stop(),
  };
}

export function createDisplay(plan: SweepPlan, found: readonly RunOutcome[]): Display {
  return process.stderr.isTTY ? createTable(plan, found) : createLines(plan, found);
}
