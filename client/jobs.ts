/** Which job trains which run: a job names its run in its progress, though not in every report. */
import type { ServerStatus } from '../server/protocol/editor';

/** Job by run folder, of the jobs there are; what was learned earlier of them stays known. */
export function jobsByRun(
  known: ReadonlyMap<string, string>,
  status: ServerStatus | undefined,
): ReadonlyMap<string, string> {
  const jobs = status?.jobs ?? [];
  const present = new Set(jobs.map(({ id }) => id));
  const kept = [...known].filter(([, job]) => present.has(job));
  const told = jobs.flatMap(({ id, progress }) => (progress?.training ? [[progress.training.run, id] as const] : []));
  return new Map([...kept, ...told]);
}
