/** What is noted in the folder of a run after it was made: a name given by the user, and why its training failed. */
import { rm } from 'node:fs/promises';
import { writeJsonAtomic } from '../files/atomic';
import { usageError } from '../protocol/errors';
import { runFiles } from './files';
import { findJson, findRunConfig } from './read';

export interface RunMarks {
  readonly label?: string;
  /** Why its training failed. */
  readonly failure?: string;
}

/** The marks of the run in `dir`. */
export async function readMarks(dir: string): Promise<RunMarks> {
  const files = runFiles(dir);
  const named = (await findJson(files.label)) as { readonly label: string } | undefined;
  const failed = (await findJson(files.failure)) as { readonly message: string } | undefined;
  return { ...(named && { label: named.label }), ...(failed && { failure: failed.message }) };
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
