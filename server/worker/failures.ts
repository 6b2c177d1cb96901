/** Failures between the compute process and its supervisor. */
import { UserError } from '../protocol/errors';
import type { ErrorData } from '../protocol/worker';

/** Codes of JSON-RPC errors; each comes with {@link ErrorData}, apart from defects. */
export const FAILURE_CODES = {
  user: 1,
  /** The score that a call names is not in memory: it was forgotten, or the process was restarted. Score again. */
  unknownScore: 2,
  cancelled: -32800,
  defect: -32603,
} as const;

/** A call names a score that is not in memory; scoring again gives a new one. */
export class UnknownScoreError extends UserError {
  readonly code = FAILURE_CODES.unknownScore;
}

/** A call was cancelled. The language server tells it by `kind`, DOM-style code by `name`. */
export class CancelledError extends Error {
  override readonly name = 'AbortError';
  readonly kind = 'cancelled';

  constructor() {
    super('Cancelled.');
  }
}

export interface Failure {
  readonly code: number;
  readonly message: string;
  readonly data?: ErrorData;
}

/** A thrown value as it travels. */
export function toFailure(error: unknown): Failure {
  if (error instanceof CancelledError) {
    const { message } = error;
    return { code: FAILURE_CODES.cancelled, message, data: { kind: 'cancelled', message } };
  }
  if (error instanceof UserError) {
    const { kind, message, hint, location, about } = error;
    const data = {
      kind,
      message,
      ...(hint !== undefined && { hint }),
      ...(location && { location }),
      ...(about && { about }),
    };
    const code = error instanceof UnknownScoreError ? FAILURE_CODES.unknownScore : FAILURE_CODES.user;
    return { code, message, data };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: FAILURE_CODES.defect, message };
}

/** What was thrown in the other process, to be thrown here. */
export function fromFailure({ code, message, data }: Failure): Error {
  if (data?.kind === 'cancelled') return new CancelledError();
  if (data === undefined) return new Error(message);
  const { kind, hint, location, about } = data;
  const options = {
    kind,
    ...(hint !== undefined && { hint }),
    ...(location && { location }),
    ...(about && { about }),
  };
  return code === FAILURE_CODES.unknownScore
    ? new UnknownScoreError(message, options)
    : new UserError(message, options);
}
