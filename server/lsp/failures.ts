/** Failures as they travel: what was thrown, told as data, and what a client is answered. */
import { LSPErrorCodes, ResponseError } from 'vscode-languageserver/node';
import { UserError } from '../protocol/errors';
import { terminalText } from '../protocol/escape';
import type { ModelName } from '../protocol/results';
import type { ErrorData } from '../protocol/worker';
import { FAILURE_CODES } from '../worker/failures';
import { editorAdvice } from './advice';

function isErrorData(value: unknown): value is ErrorData {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, message } = value as Partial<ErrorData>;
  return typeof message === 'string' && (kind === 'failed' || kind === 'usage' || kind === 'cancelled');
}

/** What was thrown, as data, where it is meant for the user; undefined of a defect. */
function knownFailure(error: unknown): ErrorData | undefined {
  if (error instanceof UserError) {
    const { kind, message, hint, location, about } = error;
    return {
      kind,
      message,
      ...(hint !== undefined && { hint }),
      ...(location && { location }),
      ...(about && { about }),
    };
  }
  if (isErrorData(error)) return error;
  const data = (error as { data?: unknown } | undefined)?.data;
  if (isErrorData(data)) return data;
  if (error instanceof Error && error.name === 'AbortError') return { kind: 'cancelled', message: 'Cancelled.' };
  return undefined;
}

/** What was thrown, as data. Anything but a failure meant for the user is a defect: its message says so, the log has more. */
export function toErrorData(error: unknown): ErrorData {
  const known = knownFailure(error);
  if (known) return { ...known, ...(known.hint !== undefined && { hint: editorAdvice(known.hint) }) };
  const told = error instanceof Error ? error : new Error(String(error));
  // Clients show standard error as the server's log; the compute process gives its stack as the message.
  console.error(terminalText(told.stack ?? told.message));
  return { kind: 'failed', message: `Internal error (a bug of PruneLens): ${told.message.split('\n')[0]}` };
}

export function isCancelled(error: unknown): boolean {
  return knownFailure(error)?.kind === 'cancelled';
}

/** Whether a call names a score that the compute process does not hold (any more). */
export function isUnknownScore(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === FAILURE_CODES.unknownScore;
}

/**
 * The answer to a request that failed: the message with what to do about it, and the failure as data.
 * @param model That was asked about.
 */
export function toResponseError(error: unknown, model?: ModelName): ResponseError<ErrorData> {
  if (error instanceof ResponseError && !isErrorData(error.data)) return error;
  const data = { ...toErrorData(error), ...(model !== undefined && { model }) };
  const code = data.kind === 'cancelled' ? LSPErrorCodes.RequestCancelled : LSPErrorCodes.RequestFailed;
  return new ResponseError(code, data.hint === undefined ? data.message : `${data.message} ${data.hint}`, data);
}

/** Thrown where work stops because its signal says so. */
export function cancelled(): ErrorData & Error {
  return Object.assign(new Error('Cancelled.'), { kind: 'cancelled' as const });
}
