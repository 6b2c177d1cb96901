/** The client of the language server's protocol: the one place that loads vscode-languageclient, in a bundle of its own. */

import { join } from 'node:path';
import { type ExtensionContext, type LogOutputChannel, workspace } from 'vscode';
import { LanguageClient, TransportKind } from 'vscode-languageclient/node';
import modelFiles from '../server/protocol/catalogue/modelFiles.json';
import { INSPECT_WORKER, INSPECTOR_PORTS } from '../server/protocol/debugging';
import type { InitializationOptions } from '../server/protocol/editor';
import { createErrorHandler } from './serverFailures';

export { State, WorkDoneProgress } from 'vscode-languageclient/node';

/** Languages with model definitions; JSON is that of prunelens.json, too, and YAML that of sweeps. */
const LANGUAGES = [...new Set([...modelFiles.languages, 'json', 'jsonc', 'yaml'])];

/** A client that is not started yet. It restarts the server when that ends by itself. */
export function createClient(context: ExtensionContext, log: LogOutputChannel): LanguageClient {
  const module = context.asAbsolutePath(join('dist', 'server.js'));
  const run = { module, transport: TransportKind.ipc };
  // When the extension itself is debugged: see .vscode/launch.json.
  const inspector = {
    execArgv: [`--inspect=${INSPECTOR_PORTS.server}`],
    env: { [INSPECT_WORKER]: INSPECTOR_PORTS.worker },
  };
  const debug = { ...run, options: inspector };
  const handler = createErrorHandler(log, () => client.restart());
  const client: LanguageClient = new LanguageClient(
    'prunelens',
    'PruneLens',
    { run, debug },
    {
      documentSelector: LANGUAGES.map((language) => ({ scheme: 'file', language })),
      // A function: a server that is started again learns whether the workspace is trusted by then.
      initializationOptions: (): InitializationOptions => ({ chooseData: true, trusted: workspace.isTrusted }),
      outputChannel: log,
      errorHandler: handler,
    },
  );
  return client;
}
