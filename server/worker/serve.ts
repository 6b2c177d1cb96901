/** Answers calls over a connection. */
import { type CancellationToken, type MessageConnection, ResponseError } from 'vscode-jsonrpc/node';
import type { WorkerCall } from '../protocol/worker';
import { handlers } from './calls';
import { CancelledError, toFailure } from './failures';
import { type CallMessage, PING, PROGRESS } from './messages';
import type { CallHandler, Session } from './session';

/** Reports of one job are sent at most so often (milliseconds), apart from those of finished epochs and messages. */
const REPORT_INTERVAL = 100;

function signalOf(token: CancellationToken): AbortSignal {
  const controller = new AbortController();
  const abort = () => controller.abort(new CancelledError());
  if (token.isCancellationRequested) abort();
  else token.onCancellationRequested(abort);
  return controller.signal;
}

/** Sends progress, leaving out reports that come too fast and say nothing new but a number. */
function reporter(connection: MessageConnection, job: string): Parameters<CallHandler<'score'>>[1]['report'] {
  let lastTime = Number.NEGATIVE_INFINITY;
  let lastMessage = '';
  return (progress) => {
    const now = performance.now();
    const isSmall = progress.message === lastMessage && progress.training === undefined && progress.fraction !== 1;
    if (isSmall && now - lastTime < REPORT_INTERVAL) return;
    lastTime = now;
    lastMessage = progress.message;
    void connection.sendNotification(PROGRESS, { job, ...progress });
  };
}

async function answer<Name extends WorkerCall>(
  name: Name,
  { job, params, trusted }: CallMessage<Name>,
  token: CancellationToken,
  connection: MessageConnection,
  session: Session,
): Promise<unknown> {
  const signal = signalOf(token);
  try {
    const handler: CallHandler<Name> = handlers[name];
    return await handler(params, { session, trusted: trusted === true, signal, report: reporter(connection, job) });
  } catch (error) {
    const failure = toFailure(error);
    return new ResponseError(failure.code, failure.message, failure.data);
  }
}

/** Registers every call on a connection. */
export function serveCalls(connection: MessageConnection, session: Session): void {
  connection.onRequest(PING, () => null);
  for (const name of Object.keys(handlers) as WorkerCall[]) {
    const handle = (message: CallMessage, token: CancellationToken): Promise<unknown> =>
      answer(name, message, token, connection, session);
    connection.onRequest(name, handle);
  }
}
