/** The language server: its parts, and which of them answers what. */
import { type Connection, ExecuteCommandRequest } from 'vscode-languageserver/node';
import type { EngineFactory } from '../worker/engine';
import { followChanges } from './changes';
import { executeCommand } from './commands';
import { toErrorData } from './failures';
import { answerEditor } from './features';
import { answerInitialize } from './initialize';
import { createParts } from './parts';
import { answerRequests } from './requests';
import { createSession } from './session';

/**
 * Serves a client on `connection`, which must not listen yet; computing is left to what `createEngine` gives.
 *
 * @returns Ends every compute process.
 */
export function serve(connection: Connection, createEngine: EngineFactory): () => Promise<void> {
  const parts = createParts(connection, createEngine, createSession(connection));
  const { context, publisher, dispose } = parts;
  answerInitialize(parts);
  followChanges(parts);
  answerEditor(context, publisher.refresh);
  answerRequests(parts);
  connection.onRequest(ExecuteCommandRequest.type, (params, token) => executeCommand(context, params, token));
  connection.onShutdown(() => dispose().catch((error) => context.log(toErrorData(error).message)));
  return dispose;
}
