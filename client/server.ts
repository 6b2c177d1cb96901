/** The language server's process and the typed line to it. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type CancellationToken, EventEmitter, type ExtensionContext, type LogOutputChannel, workspace } from 'vscode';
import { LanguageClient, State, TransportKind, WorkDoneProgress } from 'vscode-languageclient/node';
import { INSPECT_WORKER, INSPECTOR_PORTS } from '../server/protocol/debugging';
import type {
  ClientRequests,
  InitializationOptions,
  ServerCommands,
  ServerNotifications,
  ServerRequests,
  ServerStatus,
} from '../server/protocol/editor';
import { createErrorHandler } from './serverFailures';
import type { ExecuteOptions, Server } from './serverTypes';

/** Languages with model definitions; JSON for Keras models and prunelens.json. */
const LANGUAGES = ['typescript', 'typescriptreact', 'javascript', 'javascriptreact', 'json', 'jsonc'];

export interface ServerOptions {
  readonly context: ExtensionContext;
  readonly log: LogOutputChannel;
  readonly chooseData: (
    params: ClientRequests['prunelens/chooseData']['params'],
  ) => Promise<ClientRequests['prunelens/chooseData']['result']>;
}

function createClient({ context, log }: ServerOptions): LanguageClient {
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

/** Starts the server; requests wait until it is there. */
export function startServer(options: ServerOptions): Server {
  const client = createClient(options);
  const { subscriptions } = options.context;
  const status = new EventEmitter<ServerStatus | undefined>();
  const models = new EventEmitter<string>();
  const runs = new EventEmitter<ServerNotifications['prunelens/runsChanged']['runs']>();
  const training = new EventEmitter<ServerNotifications['prunelens/training']>();
  const restarts = new EventEmitter<void>();
  let known: ServerStatus | undefined;
  const learn = (next: ServerStatus | undefined) => {
    known = next;
    status.fire(next);
  };

  const listen = <Name extends keyof ServerNotifications>(
    name: Name,
    listener: (params: ServerNotifications[Name]) => void,
  ) => subscriptions.push(client.onNotification(name, listener));
  listen('prunelens/statusChanged', learn);
  listen('prunelens/modelChanged', ({ model }) => models.fire(model));
  listen('prunelens/runsChanged', (params) => runs.fire(params.runs));
  listen('prunelens/training', (params) => training.fire(params));
  subscriptions.push(
    client.onRequest('prunelens/chooseData', options.chooseData),
    client.onDidChangeState(({ newState }) => {
      if (newState === State.Running) {
        client.sendRequest<ServerStatus>('prunelens/status', {}).then(learn, () => learn(undefined));
        restarts.fire();
      } else learn(undefined);
    }),
    workspace.onDidGrantWorkspaceTrust(() => void client.sendNotification('prunelens/trustGranted', {})),
    ...[status, models, runs, training, restarts],
    { dispose: () => void client.dispose() },
  );
  const started = client.start();
  // Told by the error handler; whoever waits for the server gets the rejection too.
  started.catch(() => {});

  return {
    async request<Name extends keyof ServerRequests>(
      name: Name,
      params: ServerRequests[Name]['params'],
      token?: CancellationToken,
    ): Promise<ServerRequests[Name]['result']> {
      await started;
      // A token that is undefined would be taken for one more parameter.
      return token ? client.sendRequest(name, params, token) : client.sendRequest(name, params);
    },
    async execute<Name extends keyof ServerCommands>(
      command: Name,
      argument: ServerCommands[Name],
      { token, onProgress }: ExecuteOptions = {},
    ) {
      await started;
      const workDoneToken = randomUUID();
      const listener = client.onProgress(WorkDoneProgress.type, workDoneToken, (value) => onProgress?.(value));
      try {
        const params = { command, arguments: [argument], ...(onProgress && { workDoneToken }) };
        const name = 'workspace/executeCommand';
        return await (token ? client.sendRequest(name, params, token) : client.sendRequest(name, params));
      } finally {
        listener.dispose();
      }
    },
    status: () => known,
    onStatus: status.event,
    onModelChanged: models.event,
    onRunsChanged: runs.event,
    onTraining: training.event,
    onStarted: restarts.event,
  };
}
