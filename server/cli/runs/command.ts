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
import { createPatience } from '../../runs/patience';
import { absence, differentPlaces, isPlaceThere, type RunsPlace } from '../../runs/places';
import { createRowReader } from '../../runs/rows';
import { createRunLister, readSummary } from '../../runs/summaries';
import { writeEventFile } from '../../runs/tensorboard';
import { settingsFor } from '../../settings/find';
import { note, print, printJson } from '../terminal/streams';
import { formatTable } from '../terminal/table';

export interface RunsFlags {
  /** Further folders. */
  readonly runs?: readonly string[];
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

/** Milliseconds in which a folder must say that it is there. */
const PATIENCE = 10_000;

/** The runs in a folder, or the run that it is. */
async function runsIn(folder: string): Promise<readonly RunSummary[]> {
  const own = await readSummary(folder, false);
  const within = await createRunLister(() => false)(folder);
  return own ? [own, ...within] : within;
}

interface Look {
  readonly runs: readonly RunSummary[];
  readonly problem?: string;
}

/** The runs at a place, and what is wrong with it: a mounted folder may not answer for minutes. */
async function lookAt(place: RunsPlace): Promise<Look> {
  const asked = createPatience({ limit: PATIENCE }).question(isPlaceThere, false);
  const { value: isThere, isLate } = await asked(place.folder);
  if (isLate) return { runs: [], problem: `The runs folder ${place.name} does not answer: its runs are left out.` };
  if (isThere) return { runs: await runsIn(place.folder) };
  const problem = absence(place, isThere);
  return { runs: [], ...(problem !== undefined && { problem }) };
}

/** The folders that are named, and without any the usual one, with the further ones of the flag, or else of prunelens.json. */
async function placesOf(given: readonly string[], { runs }: RunsFlags): Promise<readonly RunsPlace[]> {
  const further = (path: string): RunsPlace => ({
    folder: resolve(path),
    name: formatPath(resolve(path)),
    isFurther: true,
  });
  const isUsual = given.length === 0;
  const said = isUsual && !runs ? (await settingsFor(join(process.cwd(), 'model'))).runs : runs;
  const usual: RunsPlace = { folder: resolve(RUNS_FOLDER), name: RUNS_FOLDER };
  return differentPlaces([...(isUsual ? [usual] : given.map(further)), ...(said ?? []).map(further)]);
}

/** @throws UserError (usage) where there is no run in any of the folders. */
async function readRows(given: readonly string[], flags: RunsFlags): Promise<readonly RunRow[]> {
  const { archived = false } = flags;
  const places = await placesOf(given, flags);
  const looks = await Promise.all(places.map(lookAt));
  const found = new Map(looks.flatMap(({ runs }) => runs).map((run) => [run.run, run]));
  if (found.size === 0) {
    throw usageError(
      `There is no run in ${places.map(({ name }) => name).join(' and ')}.`,
      `Name the folder that runs were written to; without one it is ${RUNS_FOLDER}.`,
    );
  }
  for (const { problem } of looks) if (problem !== undefined) note(problem);
  const rows = await createRowReader()(toldApart([...found.values()]), places);
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
function targetsOf(rows: readonly RunRow[]): ReadonlyMap<string, string> {
  const parents = rows.map(({ run }) => dirname(run).split(sep));
  const [first] = parents;
  const shared = first.findIndex((part, at) => parents.some((parts) => parts[at] !== part));
  const common = first.slice(0, shared < 0 ? first.length : shared).join(sep) || sep;
  return new Map(rows.map(({ run }) => [run, relative(common, run) || basename(run)]));
}

async function exportEvents(rows: readonly RunRow[], folder: string): Promise<void> {
  for (const [run, place] of targetsOf(rows)) {
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
