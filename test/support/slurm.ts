/** The Slurm of this machine. */
import { execFileSync } from 'node:child_process';

/** Why tests cannot use it; undefined where they can. */
export function whyNoSlurm(): string | undefined {
  try {
    return execFileSync('sinfo', ['--noheader', '--format', '%T'], { encoding: 'utf8', timeout: 5000 }).includes('idle')
      ? undefined
      : 'the Slurm of this machine is not idle';
  } catch {
    return 'Slurm does not run here (test/support/start-slurm.sh starts it)';
  }
}
