/** Finds out that a process does not answer any more. */

export interface HeartbeatOptions {
  /** Milliseconds between two looks. */
  readonly interval: number;
  /** Looks in a row without an answer after which the process counts as hung; sleep of the machine does not count. */
  readonly patience: number;
  /** Whether there is work that somebody waits for. */
  readonly isBusy: () => boolean;
  /** Asks the process for a sign of life. */
  readonly ping: () => Promise<unknown>;
  readonly onHang: () => void;
}

/** Looks at intervals while there is work. Returns what ends it. */
export function watchHeartbeat({ interval, patience, isBusy, ping, onHang }: HeartbeatOptions): () => void {
  let isAsked = false;
  let missed = 0;
  const timer = setInterval(() => {
    if (isAsked && ++missed >= patience) {
      clearInterval(timer);
      onHang();
      return;
    }
    if (isAsked || !isBusy()) return;
    isAsked = true;
    const answered = () => {
      isAsked = false;
      missed = 0;
    };
    // An error is an answer too.
    ping().then(answered, answered);
  }, interval);
  timer.unref();
  return () => clearInterval(timer);
}
