/** Names of runs, as far as their users have not given any. */
import { basename, extname, sep } from 'node:path';
import { DENSE } from '../protocol/comparison';
import { modelLabels } from '../protocol/modelNames';
import { percent } from '../protocol/numbers';
import type { ComparisonSummary, RunSummary } from '../protocol/results';

/** What a run's `config.json` says of it. */
export interface LabelledConfig {
  /** Model file. */
  readonly file: string;
  readonly origin: {
    readonly exportName?: string;
    readonly method?: string;
    readonly sparsity?: number;
    readonly masksFile?: string;
    readonly control?: string;
  };
  readonly training: { readonly seed: number };
}

function pruningOf({ method, sparsity, masksFile, control }: LabelledConfig['origin']): string[] {
  const suffix = control === undefined ? '' : `+${control}`;
  if (method === DENSE) return ['dense'];
  if (method !== undefined) return [method + suffix, ...(sparsity === undefined ? [] : [percent(sparsity)])];
  return [masksFile === undefined ? 'dense' : basename(masksFile) + suffix];
}

/** Whether it trains less than the whole network. */
export function isMasked({ origin: { method, masksFile } }: Pick<LabelledConfig, 'origin'>): boolean {
  return method === undefined ? masksFile !== undefined : method !== DENSE;
}

/** The model as comparisons call it: its file, and the export where it has a name. `lenet-300-100`, `nets-small`. */
function modelOf({ file, origin: { exportName = 'default' } }: LabelledConfig): string {
  const name = basename(file, extname(file));
  return exportName === 'default' ? name : `${name}-${exportName}`;
}

/** `lenet-300-100 · prospr · 98 % · seed 0` */
export function labelOf(config: LabelledConfig): string {
  const { origin, training } = config;
  return [modelOf(config), ...pruningOf(origin), `seed ${training.seed}`].join(' · ');
}

/** `2026-01-31 12:30:00`, the time here. */
function timeText(started: string): string {
  return new Date(started).toLocaleString('sv-SE');
}

/** The folders of a file's name among all models of the runs; empty where the name is enough. */
function foldersOf(runs: readonly RunSummary[]): (model: string | undefined) => string {
  const labels = modelLabels(runs.flatMap(({ model }) => model ?? []));
  return (model) => {
    const label = (model !== undefined && labels.get(model)) || '';
    const file = label.split('#')[0];
    return file.slice(0, file.lastIndexOf('/') + 1);
  };
}

/**
 * The runs, those of models of equal file names with as much of the path as tells these apart, and those that would have the same
 * label with the time of their start.
 */
export function toldApart(listed: readonly RunSummary[]): RunSummary[] {
  const folderOf = foldersOf(listed);
  const runs = listed.map((run) => (run.renamed ? run : { ...run, label: `${folderOf(run.model)}${run.label}` }));
  const counts = new Map<string, number>();
  for (const { label } of runs) counts.set(label, (counts.get(label) ?? 0) + 1);
  return runs.map((run) => {
    const { label, renamed, started } = run;
    if (renamed || started === undefined || counts.get(label) === 1) return run;
    return { ...run, label: `${label} · ${timeText(started)}` };
  });
}

/** The comparisons, those of models of equal file names with as much of the path as tells these apart; `runs` are all that there are. */
export function comparisonsToldApart(
  comparisons: readonly ComparisonSummary[],
  runs: readonly RunSummary[],
): ComparisonSummary[] {
  const folderOf = foldersOf(runs);
  return comparisons.map((comparison) => {
    const own = runs.find(({ run }) => run.startsWith(comparison.folder + sep));
    const folder = folderOf(own?.model);
    return folder === '' ? comparison : { ...comparison, label: `${folder}${basename(comparison.folder)}` };
  });
}
