/** Ctrl-C and other requests to end. */

/** Exit code of a command that was interrupted, as shells have it. */
export const INTERRUPTED = 130;

/** Thrown (as the signal's reason) when the user has asked to stop. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  /** @param by Ctrl-C is `SIGINT`. */
  constructor(readonly by: NodeJS.Signals) {
    super('Interrupted.');
  }
}

/**
 * Ends the process now, as the signal would have without us. `process.exit` waits for the threads of the pool, one of which may wait
 * for a pipe that nobody reads.
 */
function endAtOnce(): void {
  if (process.platform === 'win32') process.exit(INTERRUPTED);
  process.removeAllListeners('SIGINT');
  process.kill(process.pid, 'SIGINT');
}

/**
 * A signal that aborts at the first Ctrl-C (or SIGTERM), so that the command can finish its batch and keep what is done; the second
 * ends the process at once. `notify` is called at the first.
 */
export function interruptSignal(notify: (by: NodeJS.Signals) => void): AbortSignal {
  const controller = new AbortController();
  const onSignal = (by: NodeJS.Signals) => {
    if (controller.signal.aborted) return endAtOnce();
    notify(by);
    controller.abort(new Interrupted(by));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return controller.signal;
}
