/** `prunelens sweep`: models x data x methods x sparsities x seeds x settings, as a file says. */
import { basename, dirname, extname, join, resolve } from 'node:path';
import { checkFolder } from '../../comparison/folder';
import { checkUnlocked } from '../../files/lock';
import { formatPath } from '../../format';
import { UserError, usageError } from '../../protocol/errors';
import { expandSweep, type SweepPlan } from '../../sweep/expand';
import { readSweep } from '../../sweep/read';
import { describeRun } from '../../sweep/results';
import { prepareSweep } from '../../sweep/session';
import { runSweep as runPlan } from '../../sweep/sweep';
import type { RunOn } from '../../sweep/types';
import { formatSummary } from '../compare/summary';
import { note, noteData, print, printJson } from '../terminal/streams';
import { type ClusterFlags, checkLocal, isForSlurm, isOnSlurm, runOnSlurm } from './cluster';
import { createDisplay } from './display';
import { describePlan, formatPlan } from './dryRun';

export interface SweepFlags extends ClusterFlags {
  readonly out?: string;
  readonly runs?: string;
  readonly dryRun?: boolean;
  readonly jobs?: number;
  readonly python?: string;
  readonly output?: string;
}

/** Program of a job's process, beside the bundle of the command. */
const JOB_FILE = join(__dirname, 'job.js');

/** The plan of a sweep's file, and where it says that its runs are done. */
async function readPlan(
  file: string,
  { out = '', runs, python, output }: SweepFlags,
): Promise<{ readonly plan: SweepPlan; readonly runOn?: RunOn }> {
  const folder = dirname(resolve(file));
  const name = basename(file, extname(file));
  const sweep = await readSweep(file);
  const runOn = sweep['run-on'];
  const plan = expandSweep(sweep, {
    folder,
    name,
    out,
    file: resolve(file),
    ...(runs !== undefined && { runsFolder: runs }),
    ...(python !== undefined && { python }),
    ...(output !== undefined && { output }),
  });
  return { plan, ...(runOn && { runOn }) };
}

export async function runSweep(file: string, flags: SweepFlags, signal: AbortSignal): Promise<void> {
  const { plan, runOn } = await readPlan(file, flags);
  if (flags.dryRun) {
    const { networks } = await prepareSweep(plan, signal);
    if (flags.json) printJson(describePlan(plan, networks));
    else print(formatPlan(plan, networks));
    return;
  }
  const { out, jobs, sideBySide } = flags;
  if (out === undefined) throw usageError('No folder is given for the runs.', 'Name it with --out, or try --dry-run.');
  // What was begun on Slurm goes on there.
  const isBegun = flags.resume && flags.on === undefined && (await isOnSlurm(out));
  if (isBegun || isForSlurm(flags, runOn)) {
    if (jobs !== undefined) {
      throw usageError(
        '--jobs is for sweeps on this machine.',
        'On Slurm, --array-limit says how many tasks run at a time.',
      );
    }
    return runOnSlurm(plan, flags, runOn, signal);
  }
  checkLocal(flags);
  await checkUnlocked(out);
  await checkFolder(out, flags.resume ?? false, 'sweep');
  const sweep = await prepareSweep(plan, signal);
  noteData([...sweep.networks.values()].map(({ dataset }) => dataset));
  const observer = createDisplay();
  try {
    const atOnce = { ...(jobs !== undefined && { jobs }), ...(sideBySide !== undefined && { sideBySide }) };
    const running = { plan, sweep, jobFile: JOB_FILE, signal, observer, note, ...atOnce };
    const results = await runPlan(running);
    const { failures, planned } = results;
    observer.stop();
    if (flags.json) printJson(results);
    else print(`\n${formatSummary(results)}`);
    note(`\nThe report is in ${formatPath(join(out, 'report.html'))}, the tables in tables.md beside it.`);
    if (failures.length === 0) return;
    const names = failures.map(describeRun).join('; ');
    throw new UserError(`${failures.length} of ${planned} runs failed: ${names}.`, {
      hint: 'Their errors are above; --resume tries them again.',
    });
  } catch (error) {
    const hasBegun = observer.stop();
    if (hasBegun && signal.aborted) note(`The finished runs are in ${formatPath(out)}; go on with --resume.`);
    throw error;
  }
}
