/** What is noted in the folder of a run after it was made: the user's name and notes, and why its training failed. */
import { rm } from 'node:fs/promises';
import { writeJsonAtomic } from '../files/atomic';
import { usageError } from '../protocol/errors';
import type { RunNotes } from '../protocol/results';
import { runFiles } from './files';
import { findJson, findRunConfig } from './read';

export interface RunMarks {
  readonly label?: string;
  /** Why its training failed. */
  readonly failure?: string;
  readonly notes: RunNotes;
}

/** The marks of the run in `dir`. */
export async function readMarks(dir: string): Promise<RunMarks> {
  const files = runFiles(dir);
  const named = (await findJson(files.label)) as { readonly label: string } | undefined;
  const failed = (await findJson(files.failure)) as { readonly message: string } | undefined;
  const notes = notesIn((await findJson(files.notes)) ?? {});
  return { ...(named && { label: named.label }), ...(failed && { failure: failed.message }), notes };
}

/** The notes in a file that anybody may have written; without what says nothing. */
function notesIn({ tags, text, pinned, archived }: { readonly [Key in keyof RunNotes]?: unknown }): RunNotes {
  const words = Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string').map((tag) => tag.trim()) : [];
  const different = [...new Set(words)].filter((tag) => tag !== '');
  return {
    ...(different.length > 0 && { tags: different }),
    ...(typeof text === 'string' && text.trim() !== '' && { text: text.trim() }),
    ...(pinned === true && { pinned }),
    ...(archived === true && { archived }),
  };
}

/** Changes what the user has noted of a run; what `change` leaves out stays, and what is empty or false goes. */
export async function writeNotes(dir: string, change: RunNotes): Promise<void> {
  const path = runFiles(dir).notes;
  const notes = notesIn({ ...(await findJson(path)), ...change });
  if (Object.keys(notes).length === 0) return rm(path, { force: true });
  await writeJsonAtomic(path, notes);
}

/** Gives a run another name to be shown by; its folder stays. @throws UserError (usage) for an empty one. */
export async function writeLabel(dir: string, label: string): Promise<void> {
  if (label.trim() === '') throw usageError('A run needs a name.', 'Give one that is not empty.');
  await writeJsonAtomic(runFiles(dir).label, { label: label.trim() });
}

/** Says in the run's folder why its training failed, or with undefined that it goes on. */
export async function markFailure(dir: string, message: string | undefined): Promise<void> {
  const path = runFiles(dir).failure;
  if (message === undefined) return rm(path, { force: true });
  if (await findRunConfig(dir)) await writeJsonAtomic(path, { message });
}
