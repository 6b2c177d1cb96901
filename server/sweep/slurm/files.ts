/** The folder `slurm` of a sweep. */
import { join } from 'node:path';

/** Paths in it. */
export function slurmFiles(out: string) {
  const folder = join(out, 'slurm');
  return {
    folder,
    manifest: join(folder, 'manifest.json'),
    script: join(folder, 'sweep.sbatch'),
    /** What was submitted. */
    jobs: join(folder, 'jobs.json'),
    logs: join(folder, 'logs'),
    /** Runs that failed, a file each. */
    failures: join(folder, 'failures'),
    failure: (run: number) => join(folder, 'failures', `${run}.json`),
    /** Tasks under way, with how far they are. */
    running: join(folder, 'running'),
    task: (task: number) => join(folder, 'running', `${task}.json`),
    /** Tasks that were interrupted and want to go on. */
    interrupted: join(folder, 'interrupted'),
    interruption: (task: number) => join(folder, 'interrupted', String(task)),
  };
}
