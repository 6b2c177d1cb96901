/** How long to wait before a process that has crashed is started again. */

/** Milliseconds. */
const FIRST_DELAY = 250;
const LONGEST_DELAY = 10_000;
/** Crashes that are further back than this do not count any more. */
const MEMORY = 60_000;
const MOST_CRASHES = 5;

export interface BackOff {
  /** The delay after a crash at time `now`; twice as long after each. Undefined where there were too many. */
  afterCrash(now: number): number | undefined;
  reset(): void;
}

export function createBackOff(): BackOff {
  let crashes: readonly number[] = [];
  return {
    afterCrash(now) {
      crashes = [...crashes.filter((time) => now - time < MEMORY), now];
      if (crashes.length > MOST_CRASHES) return undefined;
      return Math.min(FIRST_DELAY * 2 ** (crashes.length - 1), LONGEST_DELAY);
    },
    reset() {
      crashes = [];
    },
  };
}
