/** A sweep as its file says, in the same folder and files as `prunelens sweep` makes; and its file, while it is written. */
import { basename, dirname, extname, join } from 'node:path';
import { checkFolder } from '../../comparison/folder';
import { checkUnlocked } from '../../files/lock';
import { formatError, UserError, usageError } from '../../protocol/errors';
import { comparisonRow } from '../../protocol/results';
import { completeSweep as completionsAt } from '../../sweep/complete';
import { expandSweep, type SweepPlan, type SweepRun } from '../../sweep/expand';
import { checkSweepText, readSweep } from '../../sweep/read';
import { describeRun } from '../../sweep/results';
import { prepareSweep } from '../../sweep/session';
import { runSweep, type SweepObserver } from '../../sweep/sweep';
import type { SweepFile } from '../../sweep/types';
import type { CallContext, CallHandler } from '../session';

/** Program of a job's process, beside the bundle of this one. */
const JOB_FILE = join(__dirname, 'job.js');

function planOf(sweep: SweepFile, file: string, out: string, python?: string): SweepPlan {
  const name = basename(file, extname(file));
  return expandSweep(sweep, { folder: dirname(file), name, out, file, ...(python !== undefined && { python }) });
}

/** Reports a sweep as the progress of its call. */
function reporter(report: CallContext['report']): SweepObserver {
  let total = 0;
  let done = 0;
  const under = new Map<SweepRun, number>();
  const tell = (message: string) => {
    const parts = [...under.values()].reduce((sum, fraction) => sum + fraction, 0);
    report({ message, fraction: (done + parts) / Math.max(1, total) });
  };
  const nameOf = (run: SweepRun) => `${done + 1} of ${total}: ${describeRun(run.key)}`;
  const ended = (run: SweepRun) => {
    under.delete(run);
    done++;
    tell(`${done} of ${total} runs`);
  };
  return {
    planned(plan, finished) {
      total = plan.runs.length;
      done = finished.length;
      tell(`${done} of ${total} runs`);
    },
    started(run) {
      under.set(run, 0);
      tell(nameOf(run));
    },
    progress(run, { fraction }) {
      under.set(run, fraction);
      tell(nameOf(run));
    },
    finished: ended,
    failed: ended,
  };
}

export const sweep: CallHandler<'sweep'> = async ({ file, folder, resume = false, python }, context) => {
  const { signal, report, trusted, session } = context;
  if (!trusted) throw usageError('A sweep runs the code of its models.', 'Trust the workspace first.');
  report({ message: 'Loading models and data' });
  const asked = await readSweep(file);
  if (asked['run-on']) {
    throw usageError('This sweep is for a cluster ("run-on").', `Start it with prunelens sweep ${basename(file)}.`);
  }
  const plan = planOf(asked, file, folder, python?.path);
  await checkUnlocked(folder);
  await checkFolder(folder, resume, 'sweep');
  const prepared = await prepareSweep(plan, signal);
  const running = { plan, sweep: prepared, jobFile: JOB_FILE, signal, observer: reporter(report), note: session.note };
  const { runs, failures, methods } = await runSweep(running);
  if (failures.length > 0 && runs.length === 0) throw new UserError(`All runs failed: ${failures[0].error}`);
  return { folder, methods, rows: runs.map(comparisonRow) };
};

export const checkSweep: CallHandler<'checkSweep'> = ({ file, text }) => {
  const checked = checkSweepText(text);
  if ('mistakes' in checked) return { mistakes: checked.mistakes };
  try {
    return { mistakes: [], runs: planOf(checked.sweep, file, dirname(file)).runs.length };
  } catch (error) {
    // What does not go together is wrong with the whole.
    if (error instanceof UserError) return { mistakes: [{ message: formatError(error), line: 1, column: 1 }] };
    throw error;
  }
};

export const completeSweep: CallHandler<'completeSweep'> = ({ text, line, character }) =>
  completionsAt(text, line, character);
