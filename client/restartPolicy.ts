/** When a server that ended is started again. */

const MOST_ENDS = 4;
const PERIOD = 3 * 60_000;

export interface RestartPolicy {
  /** To be told of each end, with its time in milliseconds; whether to start again. */
  ended(time: number): boolean;
  /** Forgets earlier ends, as the user wants another try. */
  reset(): void;
}

/** Starts again unless the server ended four times within three minutes: then it would end again. */
export function createRestartPolicy(): RestartPolicy {
  let ends: readonly number[] = [];
  return {
    ended(time) {
      ends = [...ends.filter((end) => time - end < PERIOD), time];
      return ends.length < MOST_ENDS;
    },
    reset() {
      ends = [];
    },
  };
}
