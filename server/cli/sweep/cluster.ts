/** `prunelens sweep … --on slurm`, `sweep status` and `sweep task`: runs of a sweep as job arrays. */
import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { checkFolder, openFolder, recordedBackend } from '../../comparison/folder';
import type { Computed } from '../../comparison/identity';
import { type BackendRequest, openExecutor } from '../../executors/select';
import { formatPath } from '../../format';
import { AUTO } from '../../protocol/catalogue/backends';
import { UserError, usageError } from '../../protocol/errors';
import type { SweepResults } from '../../protocol/sweep';
import { findInterpreter } from '../../python/find';
import { keepBackend } from '../../request/executor';
import { defined } from '../../request/options';
import type { TrainingRequest } from '../../request/types';
import type { SweepPlan } from '../../sweep/expand';
import { describeRun } from '../../sweep/results';
import { prepareSweep } from '../../sweep/session';
import { slurm } from '../../sweep/slurm/commands';
import { slurmFiles } from '../../sweep/slurm/files';
import { createManifest, findManifest, readManifest } from '../../sweep/slurm/manifest';
import { quoted } from '../../sweep/slurm/script';
import { withSlurmSteps } from '../../sweep/slurm/steps';
import { readJobs, writeManifest } from '../../sweep/slurm/submit';
import { runTask } from '../../sweep/slurm/task';
import type { Manifest, SlurmOptions } from '../../sweep/slurm/types';
import { watchSweep } from '../../sweep/slurm/watch';
import type { RunOn } from '../../sweep/types';
import { formatSummary } from '../compare/summary';
import { Interrupted } from '../terminal/interrupt';
import { note, noteData, print, printJson } from '../terminal/streams';
import { createDisplay } from './display';

/** Flags of a sweep on Slurm, which win over `run-on` in its file. */
export interface ClusterFlags {
  readonly on?: 'slurm' | 'local';
  readonly partition?: string;
  readonly gres?: string;
  readonly time?: string;
  readonly arrayLimit?: number;
  readonly pack?: number;
  readonly sideBySide?: number;
  readonly setup?: string;
  readonly sbatch?: readonly string[];
  readonly writeOnly?: boolean;
  readonly retry?: boolean;
  readonly resume?: boolean;
  readonly json?: boolean;
}

/** The command's own bundle. */
const COMMAND = join(__dirname, 'prunelens.js');

/** Whether the runs are for Slurm: a sweep whose file has `run-on` is, unless the command says otherwise. */
export function isForSlurm({ on }: Pick<ClusterFlags, 'on'>, runOn: RunOn | undefined): boolean {
  return (on ?? (runOn ? (runOn.scheduler ?? 'slurm') : 'local')) === 'slurm';
}

/** What only runs on Slurm have, as flags. */
const SLURM_FLAGS: { readonly [Name in keyof ClusterFlags]: string } = {
  partition: '--partition',
  gres: '--gres',
  time: '--time',
  arrayLimit: '--array-limit',
  pack: '--pack',
  setup: '--setup',
  sbatch: '--sbatch',
  writeOnly: '--write-only',
  retry: '--retry',
};

/** @throws a usage error where a flag is for Slurm, and the runs are done here. */
export function checkLocal(flags: ClusterFlags): void {
  const names = Object.entries(SLURM_FLAGS);
  const given = names.find(([name]) => flags[name as keyof ClusterFlags] !== undefined)?.[1];
  if (given === undefined) return;
  throw usageError(
    `${given} is for sweeps on Slurm, and this one runs on this machine.`,
    'Add --on slurm, or leave it out.',
  );
}

/** Options of sbatch that the batch script has itself, with their short names: the jobs could not be followed with others. */
const OWN_OPTIONS = ['--job-name', '-J', '--output', '-o', '--chdir', '-D', '--array', '-a', '--signal', '--wrap'];

/** @throws a usage error where a line of `--sbatch` is no option, or one that the batch script has itself. */
function checkSbatch(options: readonly string[]): void {
  for (const option of options) {
    if (!option.trim().startsWith('-')) {
      throw usageError(
        `"${option}" is no option of sbatch.`,
        `Write it as in a batch script: --sbatch '--account=lab'.`,
      );
    }
    const name = /^(--[\w-]+|-\w)/.exec(option.trim())?.[0];
    if (name !== undefined && OWN_OPTIONS.includes(name)) {
      throw usageError(
        `PruneLens sets ${name} of sbatch itself, to follow the jobs.`,
        `Leave out --sbatch '${option}'.`,
      );
    }
  }
}

/** What is chosen first, by flags, by the file, or at the beginning of a sweep that goes on. */
export function slurmOptions(flags: ClusterFlags, runOn: RunOn = {}, before?: SlurmOptions): SlurmOptions {
  const chosen = {
    partition: flags.partition ?? runOn.partition ?? before?.partition,
    gres: flags.gres ?? runOn.gres ?? before?.gres,
    time: flags.time ?? runOn.time ?? before?.time,
    arrayLimit: flags.arrayLimit ?? runOn['array-limit'] ?? before?.arrayLimit,
    setup: flags.setup ?? runOn.setup ?? before?.setup,
  };
  const pack = flags.pack ?? runOn.pack ?? before?.pack ?? 1;
  const sideBySide = flags.sideBySide ?? runOn['side-by-side'] ?? before?.sideBySide ?? 1;
  if (sideBySide > pack) {
    throw usageError(`${sideBySide} runs side by side are more than the ${pack} of a task.`, 'Raise --pack.');
  }
  // Of an option that is there twice, sbatch heeds the last one.
  const given = [...(runOn.sbatch ?? []), ...(flags.sbatch ?? [])];
  const sbatch = given.length > 0 ? given : (before?.sbatch ?? []);
  const broken = [...sbatch, ...Object.values(chosen)].find(
    (text) => /[\r\n]/.test(String(text)) && text !== chosen.setup,
  );
  if (broken !== undefined) throw usageError(`An option of sbatch has several lines: ${String(broken)}`);
  checkSbatch(sbatch);
  return { ...(defined(chosen) as Partial<SlurmOptions>), pack, sideBySide, sbatch };
}

/** What computes on the nodes: `auto` is settled here, once for all. */
async function settleBackend(
  request: TrainingRequest,
  { gres }: SlurmOptions,
): Promise<{ readonly asked: BackendRequest; readonly computed: Computed; readonly isGpu: boolean }> {
  const { backend, interpreter, computing } = request;
  const isGpu = gres?.startsWith('gpu') ?? false;
  if (isGpu && backend === AUTO) {
    throw usageError(
      `--gres ${gres} asks for GPUs, and no backend is named.`,
      'Name one: `backend: torch`, for example.',
    );
  }
  const precision = computing?.precision;
  if (isGpu && backend === 'torch' && precision === undefined) {
    throw usageError('No precision is named for the GPUs of the nodes.', 'Write `precision: tf32`, or another one.');
  }
  const found = backend === 'torch' ? findInterpreter(interpreter ?? {}) : undefined;
  const settled = { backend, ...(computing && { computing }), ...(found && { interpreter: { flag: found.path } }) };
  if (isGpu || (backend !== AUTO && backend !== 'torch')) {
    const deterministic = computing?.deterministic ?? false;
    const computation = precision && { precision, deterministic };
    return { asked: settled, computed: { backend, ...(computation && { computation }) }, isGpu };
  }
  const executor = await openExecutor(settled, { trusted: true, onNote: note });
  try {
    const { backend: name, computation } = executor;
    return {
      asked: { ...settled, backend: name },
      computed: { backend: name, ...(computation && { computation }) },
      isGpu,
    };
  } finally {
    await executor.dispose();
  }
}

/** @throws a usage error where jobs of another plan are in the queue. */
async function checkReplaced(before: Manifest | undefined): Promise<void> {
  if (!before) return;
  const queue = await slurm.queue(before.name);
  // Where it cannot be asked, what was submitted may be there.
  if ((queue ?? (await readJobs(before.out))).length === 0) return;
  throw usageError(
    `Jobs of an earlier plan of this sweep (${before.name}) may be in the queue.`,
    `Wait for them with: ${following(before)}, or cancel them with: scancel --name ${before.name}`,
  );
}

/** The manifest in the folder where it is of the same plan, or a new one, which is written. */
async function prepareManifest(
  plan: SweepPlan,
  flags: ClusterFlags,
  runOn: RunOn | undefined,
  signal: AbortSignal,
): Promise<Manifest> {
  const before = await findManifest(plan.out);
  const options = slurmOptions(flags, runOn, before?.options);
  const prepared = await prepareSweep(plan, signal);
  noteData([...prepared.networks.values()].map(({ dataset }) => dataset));
  const [{ label }] = plan.networks;
  const request = keepBackend(prepared.networks.get(label)!.request, await recordedBackend(plan.out, 'sweep'));
  const { asked, computed, isGpu } = await settleBackend(request, options);
  const sweep = await withSlurmSteps(plan, prepared, { asked, isGpu, signal, note });
  const settings = Object.fromEntries(Array.from(sweep.networks, ([name, network]) => [name, network.settings]));
  await openFolder(plan.out, computed.backend, settings, 'sweep');
  const manifest = await createManifest({ plan, sweep, options, command: COMMAND, asked, computed });
  if (before?.plan === manifest.plan) return before;
  await checkReplaced(before);
  await writeManifest(manifest, slurm);
  return manifest;
}

/** The command that follows a sweep. */
const following = ({ out }: Manifest) => `prunelens sweep status ${quoted(formatPath(out))}`;

/** The command that goes on with a sweep. */
function resuming({ sweep, out }: Manifest, ...flags: readonly string[]): string {
  const file = sweep.file === undefined ? 'FILE.yaml' : quoted(formatPath(sweep.file));
  return ['prunelens sweep', file, '--out', quoted(formatPath(out)), '--resume', ...flags].join(' ');
}

/** Shows the end of a sweep. @throws UserError where runs have failed, or are not done. */
function conclude(results: SweepResults, manifest: Manifest, { json }: Pick<ClusterFlags, 'json'>): void {
  const { failures, planned, runs } = results;
  const { out } = manifest;
  if (json) printJson(results);
  else print(`\n${formatSummary(results)}`);
  note(`\nThe report is in ${formatPath(join(out, 'report.html'))}, the tables in tables.md beside it.`);
  if (failures.length > 0) {
    throw new UserError(`${failures.length} of ${planned} runs failed: ${failures.map(describeRun).join('; ')}.`, {
      hint: `Their errors are above. Try them again with: ${resuming(manifest, '--retry')}`,
    });
  }
  const open = planned - runs.length;
  if (open === 0) return;
  throw new UserError(`${open} of ${planned} runs are not done, and none of their tasks is in the queue.`, {
    hint: `Go on with: ${resuming(manifest)}`,
  });
}

async function watch(
  manifest: Manifest,
  flags: ClusterFlags & { readonly submits: boolean },
  signal: AbortSignal,
): Promise<void> {
  const observer = createDisplay();
  const { submits, retry = false } = flags;
  // Whoever looks on ends looking; a machine that is shut down, or a session, ends no more than its processes.
  const cancels = () => submits && signal.reason instanceof Interrupted && signal.reason.by === 'SIGINT';
  try {
    const results = await watchSweep({ manifest, scheduler: slurm, signal, observer, note, submits, cancels, retry });
    observer.stop();
    conclude(results, manifest, flags);
  } catch (error) {
    const hasBegun = observer.stop();
    if (hasBegun && signal.aborted) {
      note(
        cancels()
          ? `The finished runs are in ${formatPath(manifest.out)}. Go on with: ${resuming(manifest)}`
          : `The jobs go on. Follow them with: ${following(manifest)}\nCancel them with: scancel --name ${manifest.name}`,
      );
    }
    throw error;
  }
}

/** Plans a sweep for Slurm, submits it and follows it. */
export async function runOnSlurm(
  plan: SweepPlan,
  flags: ClusterFlags,
  runOn: RunOn | undefined,
  signal: AbortSignal,
): Promise<void> {
  await checkFolder(plan.out, flags.resume ?? false, 'sweep');
  const manifest = await prepareManifest(plan, flags, runOn, signal);
  const { script } = slurmFiles(manifest.out);
  if (!flags.writeOnly) return watch(manifest, { ...flags, submits: true }, signal);
  print(`${script}\n`);
  note(`${manifest.tasks.length} tasks; the first lines of the script say how to submit them.`);
  note(`Follow them with: ${following(manifest)}`);
}

/** Whether the sweep in a folder was planned for Slurm. */
export async function isOnSlurm(out: string): Promise<boolean> {
  return access(slurmFiles(out).manifest).then(
    () => true,
    () => false,
  );
}

/** Follows the sweep in a folder, wherever it was submitted. */
export async function runStatus(out: string, flags: Pick<ClusterFlags, 'json'>, signal: AbortSignal): Promise<void> {
  const manifest = await readManifest(slurmFiles(resolve(out)).manifest);
  await watch(manifest, { ...flags, submits: false }, signal);
}

/** Does one task of an array, on a node. */
export async function runArrayTask(manifest: string, task: number, signal: AbortSignal): Promise<void> {
  // The shell around it passes signals on; Node's own answer to this one is a debugger.
  process.on('SIGUSR1', () => {});
  const failed = await runTask(manifest, task, signal, note);
  if (failed > 0) throw new UserError(`${failed === 1 ? 'A run' : `${failed} runs`} of the task failed.`);
}
