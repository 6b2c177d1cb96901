/** What a sweep shows while it runs: a live table on a terminal, plain lines elsewhere. Always on standard error. */

import { formatSeconds, formatTestMetrics } from '../../format';
import type { RunKey, RunOutcome } from '../../protocol/comparison';
import { terminalText } from '../../protocol/escape';
import { testMetrics } from '../../protocol/metricKeys';
import type { SweepPlan, SweepRun } from '../../sweep/expand';
import { describeRun } from '../../sweep/results';
import type { SweepObserver } from '../../sweep/sweep';
import { createProgress } from '../terminal/progress';
import { note } from '../terminal/streams';
import { formatLive, type RunState } from './table';

/** Shows a sweep; `stop` leaves its last state on the terminal and says whether there is one. Calling it again does nothing. */
export interface Display extends SweepObserver {
  stop(): boolean;
}

/** What is shown of a sweep whose runs are known. */
interface Shown extends Required<Pick<SweepObserver, 'started' | 'progress' | 'finished' | 'failed'>> {
  stop(): void;
}

const REDRAW_MILLISECONDS = 250;

const name = (key: RunKey) => JSON.stringify([key.model, key.method, key.sparsity, key.seed]);

function finishedLine(run: SweepRun, { final, seconds }: RunOutcome): string {
  return `${describeRun(run.key)}: ${formatTestMetrics(testMetrics(final))} (${formatSeconds(seconds)})`;
}

function createTable(plan: SweepPlan, found: readonly RunOutcome[]): Shown {
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
    process.stderr.write(`${drawn > 0 ? `\x1b[${drawn}A\x1b[J` : ''}${terminalText(lines.join('\n'))}\n`);
    drawn = lines.length;
  };
  return {
    started(run, worker) {
      states.set(name(run.key), { kind: 'running', worker, detail: '', fraction: 0 });
      draw(true);
    },
    progress(run, { fraction, detail }) {
      const state = states.get(name(run.key));
      if (state?.kind === 'running') states.set(name(run.key), { ...state, fraction, detail });
      draw(false);
    },
    finished(run, outcome) {
      states.set(name(run.key), { kind: 'finished', outcome });
      draw(true);
    },
    failed(run, error) {
      states.set(name(run.key), { kind: 'failed' });
      // The message stays above the table, which is drawn anew below it.
      process.stderr.write(
        `${drawn > 0 ? `\x1b[${drawn}A\x1b[J` : ''}${terminalText(`${describeRun(run.key)}: failed. ${error}`)}\n`,
      );
      drawn = 0;
      draw(true);
    },
    stop() {
      draw(true);
      isStopped = true;
    },
  };
}

function createLines(plan: SweepPlan, found: readonly RunOutcome[]): Shown {
  const progress = createProgress('sweep');
  const total = plan.runs.length;
  let done = found.length;
  const label = (run: SweepRun) => `[${plan.runs.indexOf(run) + 1}/${total}]`;
  if (done > 0) note(`${done} of ${total} runs are there already.`);
  return {
    started() {},
    progress(run, { fraction, detail }) {
      progress.update(done + fraction, total, `${label(run)} ${describeRun(run.key)}  ${detail}`);
    },
    finished(run, outcome) {
      done++;
      progress.line(`${label(run)} ${finishedLine(run, outcome)}`);
    },
    failed(run, error) {
      progress.line(`${label(run)} ${describeRun(run.key)}: failed. ${error}`);
    },
    stop: () => progress.stop(),
  };
}

export function createDisplay(): Display {
  let shown: Shown | undefined;
  return {
    planned(plan, found) {
      shown = process.stderr.isTTY ? createTable(plan, found) : createLines(plan, found);
    },
    started: (run, worker) => shown?.started(run, worker),
    progress: (run, progress) => shown?.progress(run, progress),
    finished: (run, outcome) => shown?.finished(run, outcome),
    failed: (run, error) => shown?.failed(run, error),
    stop() {
      shown?.stop();
      return shown !== undefined;
    },
  };
}
