/** Numbers and states as the extension words them. */
import { basename } from 'node:path';
import type { JobStatus, ServerStatus } from '../server/protocol/editor';
import { judgedBy } from '../server/protocol/metricKeys';
import { duration, exactPercent } from '../server/protocol/numbers';
import { describeDevice } from '../server/protocol/python';
import type { BackendSummary, ComparisonSummary, PythonSummary, RunSummary } from '../server/protocol/results';
import type { RunRow } from '../server/protocol/runTable/row';
import { differenceText, metricTitle, metricValueText } from '../server/protocol/runTable/texts';
import { methodTitle } from './methods';

export { duration, exactPercent as percent } from '../server/protocol/numbers';

/** A model as people call it: its file, and the export where it is not the default one. `lenet.ts`, `nets.ts#small`. */
export function modelTitle(model: string): string {
  return basename(model).replace(/#default$/, '');
}

/** `ProsPr, 98 %`, `dense`, or `masked` where it is not known by which method. */
export function pruningOf(run: Pick<RunSummary, 'method' | 'sparsity' | 'masked'>): string {
  if (!run.masked) return 'dense';
  if (run.method === undefined) return 'masked';
  const title = methodTitle(run.method);
  return run.sparsity === undefined ? title : `${title}, ${exactPercent(run.sparsity)}`;
}

/** `91.20 % accuracy`, `R² 0.8214`: what the run is judged by. */
function reachedBy(run: RunSummary): string | undefined {
  const judged = judgedBy(run);
  if (!judged) return undefined;
  const { metric, value } = judged;
  const text = metricValueText(value, metric.name);
  return metric.format === 'percent' ? `${text} ${metric.title}` : `${metric.title} ${text}`;
}

/** The line beside a run's name: what it is where the name does not say so, how far it is, how good it is. */
export function runDescription(run: RunSummary): string {
  const epochs = `${run.finishedEpochs} of ${run.epochs} ${run.epochs === 1 ? 'epoch' : 'epochs'}`;
  const state = run.state === 'finished' ? undefined : run.state;
  const progress = run.state === 'finished' ? undefined : epochs;
  const pruning = run.renamed ? pruningOf(run) : undefined;
  return [pruning, state, progress, reachedBy(run)].filter((part) => part !== undefined).join(' · ');
}

/** Lines of a run's tooltip. */
export function runDetails(run: RunSummary): readonly string[] {
  return [
    run.run,
    run.model,
    pruningOf(run),
    run.seed === undefined ? undefined : `Seed ${run.seed}`,
    run.backend === undefined ? undefined : `Backend ${run.backend}`,
    run.started === undefined ? undefined : `Started ${run.started}`,
    `${run.finishedEpochs} of ${run.epochs} epochs finished`,
    run.error,
  ].filter((line) => line !== undefined);
}

/** What a comparison is called: its folder, and what tells its model from others where that is needed. */
export function comparisonTitle({ folder, label = basename(folder) }: ComparisonSummary): string {
  return label;
}

/** `ProsPr, SNIP at 90 %, 98 %: 12 runs` */
export function comparisonDescription({ rows }: ComparisonSummary): string {
  const different = <T>(values: readonly T[]) => [...new Set(values)];
  const methods = different(rows.map(({ method }) => methodTitle(method))).join(', ');
  const sparsities = different(rows.map(({ sparsity }) => exactPercent(sparsity))).join(', ');
  return `${methods} at ${sparsities}: ${rows.length} ${rows.length === 1 ? 'run' : 'runs'}`;
}

/** `42 %, 12 s left`: how far a job is; its place in the queue while it waits. */
export function jobProgress({ state, position, progress }: JobStatus): string {
  if (state === 'queued') return `number ${position} in the queue`;
  if (state === 'cancelling') return 'cancelling…';
  const parts = [
    progress?.fraction === undefined ? undefined : `${Math.floor(progress.fraction * 100)} %`,
    progress?.secondsLeft === undefined ? undefined : `${duration(progress.secondsLeft)} left`,
  ].filter((part) => part !== undefined);
  return parts.length > 0 ? parts.join(', ') : 'running';
}

export interface StatusLine {
  /** With `$(icon)` where it has one. */
  readonly text: string;
  readonly tooltip: string;
  readonly severity: 'none' | 'warning' | 'error';
}

const WORKER_STATES: { readonly [state in ServerStatus['worker']]: string } = {
  stopped: 'The compute process starts with the first action.',
  starting: 'The compute process is starting.',
  ready: 'The compute process is ready.',
  busy: 'The compute process is at work.',
  restarting: 'The compute process ended and is being restarted.',
  failed: 'The compute process could not be started.',
};

/** What the status bar shows of the server, `undefined` while it starts. */
export function statusLine(status: ServerStatus | undefined): StatusLine {
  if (!status) return { text: '$(loading~spin) PruneLens', tooltip: 'PruneLens is starting.', severity: 'none' };
  const place = [status.backend, status.device].filter((part) => part !== undefined).join(' on ');
  const [first, ...others] = status.jobs;
  const tooltip = [
    status.problem ?? WORKER_STATES[status.worker],
    place,
    ...status.jobs.map((job) => `${job.title}: ${jobProgress(job)}`),
  ]
    .filter((line) => line !== '')
    .join('\n');
  if (status.worker === 'failed') return { text: '$(error) PruneLens', tooltip, severity: 'error' };
  if (status.worker === 'restarting') return { text: '$(warning) PruneLens: restarting', tooltip, severity: 'warning' };
  if (first) {
    const more = others.length > 0 ? ` (+${others.length})` : '';
    return { text: `$(sync~spin) ${first.title}: ${jobProgress(first)}${more}`, tooltip, severity: 'none' };
  }
  if (status.problem !== undefined) return { text: '$(warning) PruneLens', tooltip, severity: 'warning' };
  return {
    text: status.backend === undefined ? '$(layers) PruneLens' : `$(layers) PruneLens: ${status.backend}`,
    tooltip,
    severity: 'none',
  };
}

/** The line beside a backend's name: its speed, what it computes on, and why `auto` passes it over. */
export function backendDescription({ detail, imagesPerSecond, passedOver }: BackendSummary): string {
  const speed = imagesPerSecond === undefined ? undefined : `${Math.round(imagesPerSecond)} images/s`;
  return [speed, detail, passedOver].filter((part) => part !== undefined).join(' · ');
}

/** `lenet · snip · 98 % has ended: accuracy 97.12 %, −1.20 pp to dense.` as far as it is known. */
export function endText(label: string, row: RunRow | undefined): string {
  if (row?.metric === undefined || row.final === undefined) return `${label} has ended.`;
  const reached = `${metricTitle(row.metric)} ${metricValueText(row.final, row.metric)}`;
  const difference = row.difference === undefined ? '' : `, ${differenceText(row.difference, row.metric)} to dense`;
  return `${label} has ended: ${reached}${difference}.`;
}

export interface PythonTexts {
  readonly label: string;
  readonly description: string;
  readonly tooltip: string;
  readonly works: boolean;
}

/** The user's Python, or what is missing, as the view of backends shows it. */
export function pythonTexts({ path, origin, version, torch, devices, warning, problem }: PythonSummary): PythonTexts {
  const place = [path, origin].filter((part) => part !== undefined).join(', by ');
  const label = torch === undefined ? 'Your Python' : `Python ${version}, torch ${torch}`;
  const description = problem ?? devices.map(describeDevice).join(', ');
  const lines = [label, place, description, warning].filter((line) => line !== undefined && line !== '');
  return { label, description, tooltip: lines.join('\n'), works: problem === undefined };
}
