/** The columns of the table of runs, once: for the page, for `prunelens runs`, and for what both export. */
import { DENSE } from '../comparison';
import { splitModelName } from '../modelNames';
import { count, decimal, elapsed, exactPercent, fixedPercent, shortCount } from '../numbers';
import type { RunRow } from './row';
import { differenceText, metricTitle, metricValueText, timeText } from './texts';

/** A count; of several runs their mean, which need not be whole. */
const countText = (value: number) => (Number.isInteger(value) ? count(value) : decimal(value));

export type CellValue = string | number | undefined;

interface CommonColumn {
  /** In camel case: the key in JSON. */
  readonly key: string;
  readonly title: string;
  /** Shown until somebody chooses other columns. */
  readonly usual?: true;
  /** Left out of tables while no run has anything in it. */
  readonly onlyIfFilled?: true;
  /** Width in the page, in em. */
  readonly width: number;
}

/** Names and other words. */
export interface TextColumn extends CommonColumn {
  readonly kind: 'text';
  value(row: RunRow): string | undefined;
  /** As it is shown, where that is not the value. */
  text?(value: string): string;
}

export interface NumberColumn extends CommonColumn {
  readonly kind: 'number';
  value(row: RunRow): number | undefined;
  /** @param metric The one that the row is judged by. */
  text(value: number, metric: string | undefined): string;
  /** The value names its run, so that no mean is made of it. */
  readonly isName?: true;
}

export type RunColumn = TextColumn | NumberColumn;

/** The model without its folders. */
function modelTitle(model: string): string {
  const { file, exportName } = splitModelName(model);
  const name = file.split(/[\\/]/).at(-1) ?? file;
  return exportName === undefined || exportName === 'default' ? name : `${name}#${exportName}`;
}

/** `1a2b3c4d`, with an asterisk where files differed from it. */
function commitText(commit: string): string {
  const [digits, state] = commit.split(' ');
  return digits.slice(0, 8) + (state === undefined ? '' : '*');
}

const IDENTITY: readonly RunColumn[] = [
  { key: 'label', title: 'Run', kind: 'text', usual: true, width: 17, value: ({ label }) => label },
  { key: 'state', title: 'State', kind: 'text', usual: true, width: 7, value: ({ state }) => state },
  { key: 'model', title: 'Model', kind: 'text', width: 11, value: ({ model }) => model, text: modelTitle },
  {
    key: 'method',
    title: 'Method',
    kind: 'text',
    usual: true,
    width: 8,
    value: ({ method, masked }) => method ?? (masked ? undefined : DENSE),
  },
  {
    key: 'sparsity',
    title: 'Sparsity',
    kind: 'number',
    isName: true,
    usual: true,
    width: 6,
    value: ({ sparsity, masked }) => (masked ? sparsity : 0),
    text: exactPercent,
  },
  {
    key: 'seed',
    title: 'Seed',
    kind: 'number',
    usual: true,
    width: 4.5,
    value: ({ seed }) => seed,
    text: String,
    isName: true,
  },
];

const TRAINING: readonly RunColumn[] = [
  { key: 'data', title: 'Data', kind: 'text', usual: true, width: 8, value: ({ data }) => data },
  {
    key: 'finishedEpochs',
    title: 'Epochs',
    kind: 'number',
    usual: true,
    width: 5.5,
    value: ({ finishedEpochs }) => finishedEpochs,
    text: countText,
  },
  {
    key: 'epochs',
    title: 'Epochs planned',
    kind: 'number',
    width: 8,
    value: ({ epochs }) => epochs,
    text: countText,
  },
  {
    key: 'learningRate',
    title: 'Learning rate',
    kind: 'number',
    usual: true,
    width: 8,
    value: ({ learningRate }) => learningRate,
    text: decimal,
  },
  { key: 'optimizer', title: 'Optimizer', kind: 'text', width: 6.5, value: ({ optimizer }) => optimizer },
  {
    key: 'batchSize',
    title: 'Batch',
    kind: 'number',
    width: 5,
    value: ({ batchSize }) => batchSize,
    text: countText,
  },
  {
    key: 'trainExamples',
    title: 'Examples',
    kind: 'number',
    width: 6.5,
    value: ({ trainExamples }) => trainExamples,
    text: countText,
  },
];

const OUTCOME: readonly RunColumn[] = [
  { key: 'metric', title: 'Metric', kind: 'text', width: 8, value: ({ metric }) => metric, text: metricTitle },
  {
    key: 'best',
    title: 'Best',
    kind: 'number',
    usual: true,
    width: 6,
    value: ({ best }) => best,
    text: metricValueText,
  },
  {
    key: 'bestEpoch',
    title: 'Best epoch',
    kind: 'number',
    width: 6.5,
    value: ({ bestEpoch }) => bestEpoch,
    text: countText,
  },
  {
    key: 'final',
    title: 'Final',
    kind: 'number',
    usual: true,
    width: 6,
    value: ({ final }) => final,
    text: metricValueText,
  },
  {
    key: 'difference',
    title: 'To dense',
    kind: 'number',
    usual: true,
    width: 6.5,
    value: ({ difference }) => difference,
    text: differenceText,
  },
  {
    key: 'effectiveSparsity',
    title: 'Effective sparsity',
    kind: 'number',
    usual: true,
    width: 9.5,
    value: ({ effectiveSparsity }) => effectiveSparsity,
    text: (fraction) => fixedPercent(fraction),
  },
  {
    key: 'macs',
    title: 'MACs',
    kind: 'number',
    usual: true,
    width: 6,
    value: ({ macs }) => macs,
    text: shortCount,
  },
  {
    key: 'trainingMacs',
    title: 'Training MACs',
    kind: 'number',
    usual: true,
    width: 8,
    value: ({ trainingMacs }) => trainingMacs,
    text: shortCount,
  },
  {
    key: 'seconds',
    title: 'Time',
    kind: 'number',
    usual: true,
    width: 7,
    value: ({ seconds }) => seconds,
    text: elapsed,
  },
];

const CIRCUMSTANCES: readonly RunColumn[] = [
  {
    key: 'started',
    title: 'Date',
    kind: 'text',
    usual: true,
    width: 9.5,
    value: ({ started }) => started,
    text: timeText,
  },
  {
    key: 'commit',
    title: 'Commit',
    kind: 'text',
    usual: true,
    width: 7,
    value: ({ commit, dirty }) => (commit === undefined || !dirty ? commit : `${commit} dirty`),
    text: commitText,
  },
  { key: 'branch', title: 'Branch', kind: 'text', width: 8, value: ({ branch }) => branch },
  { key: 'backend', title: 'Backend', kind: 'text', width: 7, value: ({ backend }) => backend },
  { key: 'device', title: 'Device', kind: 'text', width: 11, value: ({ device }) => device },
  { key: 'host', title: 'Machine', kind: 'text', width: 8, value: ({ host }) => host },
  { key: 'group', title: 'Comparison', kind: 'text', width: 13, value: ({ group }) => group },
  {
    key: 'runsFolder',
    title: 'Runs folder',
    kind: 'text',
    usual: true,
    onlyIfFilled: true,
    width: 11,
    value: ({ runsFolder }) => runsFolder,
  },
  { key: 'tags', title: 'Tags', kind: 'text', usual: true, width: 9, value: ({ notes }) => notes?.tags?.join(', ') },
  { key: 'notes', title: 'Notes', kind: 'text', width: 14, value: ({ notes }) => notes?.text },
  { key: 'folder', title: 'Folder', kind: 'text', width: 22, value: ({ run }) => run },
];

/** All columns, in their order. */
export const RUN_COLUMNS: readonly RunColumn[] = [...IDENTITY, ...OUTCOME, ...TRAINING, ...CIRCUMSTANCES];

export const USUAL_COLUMNS: readonly string[] = RUN_COLUMNS.filter(({ usual }) => usual).map(({ key }) => key);

/** The columns of these keys, in the order of all. */
export function columnsOf(keys: readonly string[]): readonly RunColumn[] {
  return RUN_COLUMNS.filter(({ key }) => keys.includes(key));
}

/** The columns of these keys that a table of such rows has, in the order of all. */
export function shownColumns(keys: readonly string[], rows: readonly RunRow[]): readonly RunColumn[] {
  const chosen = columnsOf(keys);
  const filled = chosen.filter((one) => !one.onlyIfFilled || rows.some((row) => one.value(row) !== undefined));
  // A table without a column could not be told from none.
  return filled.length > 0 ? filled : chosen;
}

/** What a run has in a column, as it is shown; empty where it has nothing. */
export function cellText(column: RunColumn, row: RunRow): string {
  if (column.kind === 'number') {
    const value = column.value(row);
    return value === undefined ? '' : column.text(value, row.metric);
  }
  const value = column.value(row);
  return value === undefined ? '' : (column.text?.(value) ?? value);
}
