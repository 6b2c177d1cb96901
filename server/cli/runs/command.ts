/** `prunelens runs`: the runs in folders as a table, and their export. */
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { fileFailure } from '../../files/failures';
import { formatCount, formatPath } from '../../format';
import { usageError } from '../../protocol/errors';
import type { RunSummary } from '../../protocol/results';
import { cellText, columnsOf, RUN_COLUMNS, USUAL_COLUMNS } from '../../protocol/runTable/columns';
import { runsCsv, runsJsonLines } from '../../protocol/runTable/formats';
import type { RunRow } from '../../protocol/runTable/row';
import { toldApart } from '../../runs/labels';
import { createRowReader } from '../../runs/rows';
import { createRunLister, readSummary } from '../../runs/summaries';
import { writeEventFile } from '../../runs/tensorboard';
import { note, print, printJson } from '../terminal/streams';
import { formatTable } from '../terminal/table';

export interface RunsFlags {
  readonly columns?: readonly string[];
  readonly archived?: boolean;
  readonly json?: boolean;
}

export interface ExportFlags extends RunsFlags {
  readonly csv?: boolean;
  readonly jsonl?: boolean;
  readonly tensorboard?: string;
}

const RUNS_FOLDER = join('.prunelens', 'runs');

/** The runs in a folder, or the run that it is. */
async function runsIn(folder: string): Promise<readonly RunSummary[]> {
  const own = await readSummary(folder, false);
  const within = await createRunLister(() => false)(folder);
  return own ? [own, ...within] : within;
}

/** @throws UserError (usage) where there is no run in any of the folders. */
async function readRows(given: readonly string[], { archived = false }: RunsFlags): Promise<readonly RunRow[]> {
  const folders = (given.length > 0 ? given : [RUNS_FOLDER]).map((folder) => resolve(folder));
  const found = new Map((await Promise.all(folders.map(runsIn))).flat().map((run) => [run.run, run]));
  if (found.size === 0) {
    throw usageError(
      `There is no run in ${folders.map(formatPath).join(' and ')}.`,
      `Name the folder that runs were written to; without one it is ${RUNS_FOLDER}.`,
    );
  }
  const rows = await createRowReader()(toldApart([...found.values()]), folders);
  const latest = [...rows].sort((a, b) => (b.started ?? '').localeCompare(a.started ?? ''));
  return latest.filter(({ notes }) => archived || !notes?.archived);
}

export async function runRuns(folders: readonly string[], flags: RunsFlags): Promise<void> {
  const rows = await readRows(folders, flags);
  if (flags.json) {
    printJson({ runs: rows });
    return;
  }
  const asked = columnsOf(flags.columns ?? USUAL_COLUMNS);
  // A column of which no run has anything takes room from the others.
  const columns = flags.columns ? asked : asked.filter((column) => rows.some((row) => cellText(column, row) !== ''));
  print(
    formatTable(
      columns.map(({ title, kind }) => ({ title, align: kind === 'number' ? 'right' : 'left' })),
      rows.map((row) => columns.map((column) => cellText(column, row))),
    ),
  );
}

/** A folder for each run: the path from the folder that all have in common, so that TensorBoard shows the same names. */
function placesOf(rows: readonly RunRow[]): ReadonlyMap<string, string> {
  const parents = rows.map(({ run }) => dirname(run).split(sep));
  const [first] = parents;
  const shared = first.findIndex((part, at) => parents.some((parts) => parts[at] !== part));
  const common = first.slice(0, shared < 0 ? first.length : shared).join(sep) || sep;
  return new Map(rows.map(({ run }) => [run, relative(common, run) || basename(run)]));
}

async function exportEvents(rows: readonly RunRow[], folder: string): Promise<void> {
  for (const [run, place] of placesOf(rows)) {
    const target = join(folder, place);
    await mkdir(target, { recursive: true }).catch((error) => {
      throw fileFailure(error, 'write', target);
    });
    await writeEventFile(run, target);
  }
  note(`Wrote ${formatCount(rows.length)} ${rows.length === 1 ? 'run' : 'runs'} to ${formatPath(resolve(folder))}.`);
}

export async function runExport(folders: readonly string[], flags: ExportFlags): Promise<void> {
  const { csv, jsonl, tensorboard, columns } = flags;
  if (!csv && !jsonl && tensorboard === undefined) {
    throw usageError('What runs are exported to is missing.', 'Give --csv, --jsonl or --tensorboard FOLDER.');
  }
  const rows = await readRows(folders, flags);
  if (tensorboard !== undefined) return exportEvents(rows, tensorboard);
  const exported = columns ? columnsOf(columns) : RUN_COLUMNS;
  print(csv ? runsCsv(exported, rows) : runsJsonLines(exported, rows));
}
