/** How a process ended. */
import { DEADLINE_REASON, type Limits, MEMORY_REASON } from './watchProcess';

export type End =
  /** It could not be started. */
  | { readonly kind: 'unstarted'; readonly message: string }
  /** It used more memory than it may; `limit` in bytes, where it had one. */
  | { readonly kind: 'memory'; readonly limit?: number }
  /** It was not done in time; `deadline` in milliseconds, where it had one. */
  | { readonly kind: 'deadline'; readonly deadline?: number }
  | { readonly kind: 'signal'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'exit'; readonly code: number };

/** What was seen of a process that is gone. */
export interface Trace {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What its watch said on {@link REASON_DESCRIPTOR}. */
  readonly reason: string;
  /** Node said that its heap was full. */
  readonly isHeapFull: boolean;
  /** It was ended by its parent at its deadline. */
  readonly isLate: boolean;
}

/** Whether a line is Node's last word before it ends for want of memory. */
export function tellsFullHeap(line: string): boolean {
  return line.includes('JavaScript heap out of memory');
}

export function endOf({ code, signal, reason, isHeapFull, isLate }: Trace, { memory, deadline }: Limits): End {
  if (reason === MEMORY_REASON || isHeapFull) return { kind: 'memory', ...(memory !== undefined && { limit: memory }) };
  if (reason === DEADLINE_REASON || isLate) return { kind: 'deadline', ...(deadline !== undefined && { deadline }) };
  return signal === null ? { kind: 'exit', code: code ?? 0 } : { kind: 'signal', signal };
}

/** What to do about the code of a model whose process was killed by the system; undefined for other ends. */
export function hintOfKill(end: End): string | undefined {
  if (end.kind !== 'signal' || end.signal !== 'SIGKILL') return undefined;
  return 'Systems end processes so where memory runs out: check the sizes of its layers, and what else takes memory here.';
}

const BYTES_PER_MIB = 2 ** 20;

/** The end in words, to stand after the name of the process: `was ended by SIGKILL`. */
export function describeEnd(end: End): string {
  switch (end.kind) {
    case 'unstarted':
      return `could not be started: ${end.message}`;
    case 'memory':
      return end.limit === undefined
        ? 'used up its memory'
        : `used more than ${Math.round(end.limit / BYTES_PER_MIB)} MiB of memory`;
    case 'deadline':
      return end.deadline === undefined
        ? 'did not finish in time'
        : `did not finish within ${end.deadline / 1000} seconds`;
    case 'signal':
      return `was ended by ${end.signal}`;
    case 'exit':
      return `ended with exit code ${end.code}`;
  }
}
