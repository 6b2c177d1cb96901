/** Looks from outside whether a lease is ever taken from a process that is there and awake. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Milliseconds between two looks. */
const LOOK = 100;

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Process that has the turn of a lease; undefined where it has not said so yet, or not any more. */
function ownerOf(turn: string): number | undefined {
  try {
    return (JSON.parse(readFileSync(join(turn, 'owner.json'), 'utf8')) as { pid: number }).pid;
  } catch {
    return undefined;
  }
}

export interface LeaseWatch {
  /** How many turns were seen that took over from another process. */
  readonly takeovers: () => number;
  /** Those whose process before was neither away nor had given the lease back. */
  readonly stolen: () => readonly string[];
  stop(): void;
}

/**
 * Watches all leases in a folder.
 *
 * @param isAway Whether a process has ended, or was just paused for so long that it counts as dead.
 */
export function watchLeases(folder: string, isAway: (pid: number) => boolean): LeaseWatch {
  const seen = new Set<string>();
  const stolen: string[] = [];
  let takeovers = 0;
  const look = () => {
    for (const name of namesIn(folder).filter((one) => one.endsWith('.lease'))) {
      for (const turn of namesIn(join(folder, name)).map(Number)) {
        const owner = ownerOf(join(folder, name, String(turn)));
        const told = `${name}: turn ${turn} of process ${owner}`;
        if (owner === undefined || turn === 1 || seen.has(told)) continue;
        seen.add(told);
        const before = join(folder, name, String(turn - 1));
        const pid = ownerOf(before);
        takeovers++;
        if (pid !== undefined && !existsSync(join(before, 'free')) && !isAway(pid)) stolen.push(`${told}, from ${pid}`);
      }
    }
  };
  const timer = setInterval(look, LOOK);
  return { takeovers: () => takeovers, stolen: () => stolen, stop: () => clearInterval(timer) };
}
