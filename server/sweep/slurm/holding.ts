/** Several commands may follow a sweep. The one that has its lease submits tasks, gives them up and writes the results; the others look on. */
import { type LeaseHolder, type LeaseTiming, takeLease } from '../../files/lease';
import { formatError, UserError } from '../../protocol/errors';

export interface Holding {
  /** `another`: another command has the lease, and this one gets it when that one has ended; `nobody`: this one cannot have it. */
  who(): 'this' | 'another' | 'nobody';
  /** Aborts with a `LeaseLost` where another command has taken the lease over. */
  readonly signal: AbortSignal;
  end(): Promise<void>;
}

export interface HoldingOptions {
  readonly timing: LeaseTiming;
  readonly signal: AbortSignal;
  /** Wait for the lease instead of looking on. */
  readonly waits: boolean;
  note(text: string): void;
}

function describeHolder({ host, pid }: LeaseHolder): string {
  return host === undefined ? 'Another command' : `Another command (process ${pid} on ${host})`;
}

/**
 * Takes the lease in the folder `path`, at once where it is free or its holder was a process of this machine that has ended.
 *
 * @throws the signal's reason where it aborts while the lease is waited for; UserError where it is waited for and the folder cannot be written.
 */
export async function holdLease(path: string, { timing, signal, waits, note }: HoldingOptions): Promise<Holding> {
  const [lost, ended] = [new AbortController(), new AbortController()];
  let who: ReturnType<Holding['who']> = 'another';
  let isKnown = () => {};
  const known = new Promise<void>((resolve) => {
    isKnown = resolve;
  });
  const lease = takeLease(path, {
    timing,
    signal: AbortSignal.any([signal, ended.signal]),
    takesDead: true,
    onWait(holder) {
      note(
        waits
          ? `${describeHolder(holder)} follows this sweep; this one waits until that one has ended, or is silent for too long.`
          : `${describeHolder(holder)} follows this sweep and writes its results; this one shows them.`,
      );
      isKnown();
    },
    isDone: async () => false,
  });
  const taken = lease.then((one) => {
    who = 'this';
    one!.signal.addEventListener('abort', () => lost.abort(one!.signal.reason));
  });
  if (waits) await taken;
  else {
    const looksOn = taken.catch((error) => {
      if (!(error instanceof UserError)) return;
      who = 'nobody';
      note(`Results are shown and not written: ${formatError(error)}`);
    });
    await Promise.race([known, looksOn]);
  }
  return {
    who: () => who,
    signal: lost.signal,
    async end() {
      ended.abort();
      const held = await lease.catch(() => undefined);
      // Of one that was lost, the turns are another command's.
      await (held?.signal.aborted ? held.release() : held?.remove());
    },
  };
}
