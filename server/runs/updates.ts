/**
 * How the masks of a run changed, where its training changes them: `updates.jsonl`, a line of JSON an update, and beside it in
 * `updates/`, `STEP.safetensors` with the places of the weights that went and came (`conv1/kernel/dropped`, `conv1/kernel/grown`,
 * int32). The masks after an update are the initial ones (`masks.safetensors`) with all changes up to it.
 */
import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '../files/atomic';
import { fileFailure } from '../files/failures';
import { readText } from '../files/regular';
import { readSafetensors, writeSafetensors } from '../files/safetensors';
import type { MaskChange } from '../protocol/comparison';
import { UserError } from '../protocol/errors';
import { intTensor } from '../protocol/tensor';
import { runFiles } from './files';
import { readRunMasks } from './read';

/** One update, in numbers. */
export interface UpdateLine extends MaskChange {
  /** Number of the update, counted from 1. */
  readonly update: number;
  /** Weights that are kept after it, by tensor. */
  readonly layers: { readonly [weight: string]: number };
}

/** Places of the weights that an update changed in a tensor. */
export interface ChangedPlaces {
  readonly dropped: Int32Array;
  readonly grown: Int32Array;
}

export interface MaskUpdate extends UpdateLine {
  readonly places: ReadonlyMap<string, ChangedPlaces>;
}

const placesFile = (dir: string, step: number) =>
  join(runFiles(dir).updates, `${String(step).padStart(8, '0')}.safetensors`);

/** Writes the places that an update has changed. */
export async function writePlaces(dir: string, { step, places }: Pick<MaskUpdate, 'step' | 'places'>): Promise<void> {
  const path = placesFile(dir, step);
  await mkdir(dirname(path), { recursive: true }).catch((error) => {
    throw fileFailure(error, 'write', path);
  });
  const tensors = Array.from(places, ([name, { dropped, grown }]) => [
    [`${name}/dropped`, intTensor([dropped.length], dropped)] as const,
    [`${name}/grown`, intTensor([grown.length], grown)] as const,
  ]);
  await writeSafetensors(path, new Map(tensors.flat()));
}

/** Replaces the lines of all updates. There are at most some hundreds. */
export async function writeUpdateLines(dir: string, lines: readonly UpdateLine[]): Promise<void> {
  await writeFileAtomic(runFiles(dir).updateLines, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

/** The updates of a run so far; none where its masks do not change. */
export async function readUpdateLines(dir: string): Promise<readonly UpdateLine[]> {
  const path = runFiles(dir).updateLines;
  if (!(await readdir(dir)).includes('updates.jsonl')) return [];
  const text = await readText(path, 'log').catch((error) => {
    throw fileFailure(error, 'read', path);
  });
  try {
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as UpdateLine);
  } catch {
    throw new UserError(`${path} is damaged: a line of it is not JSON.`);
  }
}

/** Updates without their tensors. */
export function maskChangesOf(lines: readonly UpdateLine[]): readonly MaskChange[] {
  return lines.map(({ epoch, step, kept, dropped, grown }) => ({ epoch, step, kept, dropped, grown }));
}

/**
 * The masks of a run after its updates up to `step` steps and in its first `epoch` epochs, or after all of them.
 *
 * @throws UserError where a file of them is missing or does not fit the masks.
 */
export async function readMasksAfter(
  dir: string,
  { step = Number.POSITIVE_INFINITY, epoch = Number.POSITIVE_INFINITY } = {},
): Promise<ReadonlyMap<string, Uint8Array>> {
  const masks = await readRunMasks(dir);
  for (const { step: at, epoch: within } of await readUpdateLines(dir)) {
    if (at > step || within > epoch) break;
    const path = placesFile(dir, at);
    const { tensors } = await readSafetensors(path);
    for (const [key, { data }] of tensors) {
      const end = key.lastIndexOf('/');
      const mask = masks.get(key.slice(0, end));
      if (!mask || data.some((place) => place >= mask.length)) {
        throw new UserError(`${path} does not fit the masks of the run: ${key}.`);
      }
      const bit = key.slice(end + 1) === 'grown' ? 1 : 0;
      for (const place of data) mask[place] = bit;
    }
  }
  return masks;
}
