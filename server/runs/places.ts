/** Folders that runs are in: a workspace's own, and further ones, such as a mounted cluster's. */
import { sep } from 'node:path';
import { lastWritten } from './folders';

export interface RunsPlace {
  /** Absolute path. */
  readonly folder: string;
  /** As it was named: `.prunelens/runs`. */
  readonly name: string;
  /** Somebody has named it besides their own: it must be there, and may be on a machine that does not answer. */
  readonly isFurther?: true;
}

/** Each folder once, where it is named first. */
export function differentPlaces(places: readonly RunsPlace[]): readonly RunsPlace[] {
  return places.filter(({ folder }, at) => places.findIndex((one) => one.folder === folder) === at);
}

/** The place that a run is in; the innermost one where they are within each other. */
export function placeOfRun(run: string, places: readonly RunsPlace[]): RunsPlace | undefined {
  return places
    .filter(({ folder }) => run === folder || run.startsWith(folder + sep))
    .toSorted((a, b) => b.folder.length - a.folder.length)
    .at(0);
}

/** What is wrong with a folder that is not there, in one sentence; undefined where it is there, or need not be. */
export function absence({ name, isFurther }: RunsPlace, isThere: boolean): string | undefined {
  return isThere || !isFurther ? undefined : `The runs folder ${name} is not there.`;
}

/** Whether a folder is there, by a single call. */
export async function isPlaceThere(folder: string): Promise<boolean> {
  return (await lastWritten(folder)) > 0;
}
