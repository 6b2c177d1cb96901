/** Which runs go into which task of a job array. */
import { isConvergenceMethod } from '../../request/comparedMethods';
import type { SweepRun } from '../expand';
import { affinityOf } from '../queue';
import type { Manifest, Stage } from './types';

/** How many runs of a task one process does at a time: PyTorch takes them together in one program, others have processes of their own. */
export function runsOfProcess({ asked, options }: Pick<Manifest, 'asked' | 'options'>): number {
  return asked.backend === 'torch' ? options.sideBySide : 1;
}

/** Whether a run begins with the result of another one. */
export function needsAnother({ variant }: SweepRun): boolean {
  return isConvergenceMethod(variant.method);
}

/** Runs that share scores or rounds beside each other, in the order of their first. */
function grouped(runs: readonly number[], nameOf: (run: number) => string): number[] {
  const groups = new Map<string, number[]>();
  for (const run of runs) {
    const group = groups.get(nameOf(run));
    if (group) group.push(run);
    else groups.set(nameOf(run), [run]);
  }
  return [...groups.values()].flat();
}

function chunks<T>(values: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, i) => values.slice(i * size, (i + 1) * size));
}

/**
 * Tasks of `pack` runs each: first those that need no other's result, dense ones too, and then those that do.
 *
 * @param left Numbers of the runs that are not done.
 */
export function packRuns(
  runs: readonly SweepRun[],
  left: readonly number[],
  pack: number,
): { readonly tasks: readonly (readonly number[])[]; readonly stages: readonly Stage[] } {
  const isDependent = (run: number) => needsAnother(runs[run]);
  const parts = [left.filter((run) => !isDependent(run)), left.filter(isDependent)];
  const packed = parts.map((part) =>
    chunks(
      grouped(part, (run) => affinityOf(runs[run])),
      pack,
    ),
  );
  const stages: Stage[] = [];
  let first = 0;
  for (const { length: count } of packed) {
    if (count > 0) stages.push({ first, count });
    first += count;
  }
  return { tasks: packed.flat(), stages };
}

/** The parts of a stage, none longer than an array can be. */
export function arraysOf({ first, count }: Stage, longest: number): Stage[] {
  return Array.from({ length: Math.ceil(count / longest) }, (_, i) => ({
    first: first + i * longest,
    count: Math.min(longest, count - i * longest),
  }));
}

/** `0,2-4` of ascending numbers. */
export function formatIndices(indices: readonly number[]): string {
  const ranges: [first: number, last: number][] = [];
  for (const index of indices) {
    const latest = ranges.at(-1);
    if (latest && latest[1] === index - 1) latest[1] = index;
    else ranges.push([index, index]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}
