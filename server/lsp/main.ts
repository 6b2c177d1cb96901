/** `dist/server.js`: the language server over `--stdio` or `--node-ipc`. */
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { serve } from './server';
import { workerEngines } from './workerEngine';

const connection = createConnection(ProposedFeatures.all);
const dispose = serve(connection, workerEngines(__dirname));

/** A defect in one answer must not end the server; it is told where the client shows its log. */
process.on('uncaughtException', (error) => connection.console.error(`${error.stack ?? error.message}`));
process.on('unhandledRejection', (reason) => {
  connection.console.error(reason instanceof Error ? (reason.stack ?? reason.message) : String(reason));
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => void dispose().finally(() => process.exit(0)));
}
// With --node-ipc, a client that is gone tells it by its channel.
process.on('disconnect', () => void dispose().finally(() => process.exit(0)));
connection.listen();
