/** The folder of a comparison, a sweep or a search: `comparison.json` and the like say what its runs have in common. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeJsonAtomic } from '../files/atomic';
import { errorCode, fileFailure } from '../files/failures';
import { isLockFile } from '../files/lock';
import { listFolder } from '../files/output';
import { readText } from '../files/regular';
import { FORMER_OBJECTIVE } from '../protocol/catalogue/objectives';
import type { SideBySide } from '../protocol/comparison';
import { UserError, usageError } from '../protocol/errors';

/** What a folder is for; comparisons, sweeps and searches do not go on in each other's. */
export type FolderKind = 'comparison' | 'sweep' | 'search';

interface Record {
  readonly format: `prunelens-${FolderKind}-folder-1`;
  readonly backend: string;
  /** Settings by label of the model. */
  readonly models: { readonly [label: string]: { readonly [name: string]: string } };
  /** Of a sweep: its file, by which it goes on. */
  readonly file?: string;
  /** Trainings at once in one program: what is resumed goes on to the bit with as many. Absent from folders of earlier versions. */
  readonly sideBySide?: SideBySide;
}

/** What a record may have besides. */
type RecordDetails = Pick<Record, 'file' | 'sideBySide'>;

async function readRecord(path: string, kind: FolderKind): Promise<Record | undefined> {
  const text = await readText(path).catch((error) => {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw fileFailure(error, 'read', path);
  });
  if (text === undefined) return undefined;
  try {
    const record = JSON.parse(text) as Record;
    if (record.format === `prunelens-${kind}-folder-1`) return record;
  } catch {
    // Reported below, as for JSON that is something else.
  }
  throw new UserError(`${path} is damaged or was written by another version of PruneLens.`);
}

/** Whether a folder that records no objective is resumed with the one that all had then. */
function isFormerDefault(name: string, before: string | undefined, now: string | undefined): boolean {
  return name === 'objective' && before === undefined && now === FORMER_OBJECTIVE;
}

/** Where a folder records the inner step of ProsPr. */
export const INNER_STEP_SETTING = 'scoring.innerLearningRate';

/** Whether a folder in which nothing took inner steps so far goes on with the one that is chosen now. */
function isChosenNow(name: string, before: string | undefined): boolean {
  return name === INNER_STEP_SETTING && before === 'auto';
}

/** What differs, `name (before there, now now)`. */
function differences(before: Record['models'][string], now: Record['models'][string]): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(now)])]
    .filter((name) => before[name] !== now[name])
    .filter((name) => !isFormerDefault(name, before[name], now[name]) && !isChosenNow(name, before[name]))
    .map((name) => `${name} (${before[name] ?? 'unset'} there, ${now[name] ?? 'unset'} now)`);
}

function checkSame(stored: Record, backend: string, models: Record['models'], place: string): void {
  const differing = Object.entries(models).flatMap(([label, settings]) => {
    const before = stored.models[label];
    return before === undefined ? [] : differences(before, settings).map((difference) => `${label}: ${difference}`);
  });
  if (stored.backend !== backend) differing.unshift(`backend (${stored.backend} there, ${backend} now)`);
  if (differing.length === 0) return;
  throw usageError(
    `The ${place} cannot be resumed, since it was made with other settings: ${differing.join('; ')}.`,
    'Resume with the settings it was started with, choose another --out, or delete the folder.',
  );
}

/**
 * @throws UserError (usage) where the folder is not empty and not to be resumed, or holds something else.
 */
export async function checkFolder(folder: string, resume: boolean, kind: FolderKind = 'comparison'): Promise<void> {
  // The lock of a sweep that was ended before it had begun is nothing to go on with.
  const entries = (await listFolder(folder)).filter((name) => !isLockFile(name));
  if (entries.length === 0) return;
  if (!resume) {
    throw usageError(
      `${folder} exists and is not empty.`,
      `Continue the ${kind} in it with --resume, or choose another folder.`,
    );
  }
  if (!entries.includes(`${kind}.json`)) {
    throw usageError(`There is no ${kind} to resume in ${folder}, but other files are.`, 'Choose another folder.');
  }
}

/** The backend that the runs in a folder have begun with; undefined where there is none yet. */
export async function recordedBackend(folder: string, kind: FolderKind = 'comparison'): Promise<string | undefined> {
  return (await readRecord(join(folder, `${kind}.json`), kind))?.backend;
}

/** How many trainings at once a folder was begun with; undefined where there is none yet. */
export async function recordedSideBySide(folder: string, kind: FolderKind): Promise<SideBySide | undefined> {
  const record = await readRecord(join(folder, `${kind}.json`), kind);
  return record && (record.sideBySide ?? { width: 1 });
}

/** The settings that a folder records, by label of the model. */
export async function recordedSettings(folder: string, kind: FolderKind): Promise<Record['models']> {
  return (await readRecord(join(folder, `${kind}.json`), kind))?.models ?? {};
}

/**
 * Makes the folder, or checks that the comparison in it was made with the same settings. Methods, sparsities, seeds and
 * models may be added to it; models that were compared before stay in the record.
 */
export async function openFolder(
  folder: string,
  backend: string,
  models: Record['models'],
  kind: FolderKind = 'comparison',
  { file, sideBySide }: RecordDetails = {},
): Promise<void> {
  const path = join(folder, `${kind}.json`);
  const stored = await readRecord(path, kind);
  if (stored) checkSame(stored, backend, models, `${kind} in ${folder}`);
  await mkdir(folder, { recursive: true }).catch((error) => {
    throw fileFailure(error, 'write', folder);
  });
  const beside = sideBySide && sideBySide.width > 1 ? sideBySide : undefined;
  const record: Record = {
    format: `prunelens-${kind}-folder-1`,
    backend,
    models: { ...stored?.models, ...models },
    ...(file !== undefined && { file }),
    ...(beside && { sideBySide: beside }),
  };
  await writeJsonAtomic(path, record);
}
