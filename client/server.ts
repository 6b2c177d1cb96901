/** The language server's process and the typed line to it. */

import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { type CancellationToken, EventEmitter, type ExtensionContext, type LogOutputChannel, workspace } from 'vscode';
import {
  clientNotifications,
  clientRequests,
  type ServerStatus,
  serverNotifications,
  serverRequests,
} from '../server/protocol/editor';
import type { CommandType, NotificationType, ParamsOf, RequestType, ResultOf } from '../server/protocol/messages';
import type { Checker } from './chooseData';
import { modelTitle } from './format';
import type { ExecuteOptions, Server } from './serverTypes';

export interface ServerOptions {
  readonly context: ExtensionContext;
  readonly log: LogOutputChannel;
  readonly chooseData: (
    server: Checker,
    params: ParamsOf<typeof clientRequests.chooseData>,
  ) => Promise<ResultOf<typeof clientRequests.chooseData>>;
}

/**
 * Loads the client of the protocol, which is most of the extension, once the extension is active: the other extensions
 * need not wait for it.
 */
async function loadClient(): Promise<typeof import('./languageClient')> {
  await setImmediate();
  return import('./languageClient');
}

/** Starts the server; requests wait until it is there. */
export function startServer(options: ServerOptions): Server {
  const { subscriptions } = options.context;
  const status = new EventEmitter<ServerStatus | undefined>();
  const models = new EventEmitter<string>();
  const runs = new EventEmitter<ParamsOf<typeof serverNotifications.runsChanged>['runs']>();
  const sweeps = new EventEmitter<ParamsOf<typeof serverNotifications.sweepBegun>>();
  const training = new EventEmitter<ParamsOf<typeof serverNotifications.training>>();
  const restarts = new EventEmitter<void>();
  const names = new EventEmitter<void>();
  let known: ServerStatus | undefined;
  const labels = new Map<string, string>();
  const learnNames = (entries: ResultOf<typeof serverRequests.models>) => {
    const isNew = entries.some(({ model, label }) => labels.get(model) !== label);
    for (const { model, label } of entries) labels.set(model, label);
    if (isNew) names.fire();
  };
  const learn = (next: ServerStatus | undefined) => {
    known = next;
    status.fire(next);
  };

  /** Loads the client and starts the server with it. Ends with the client of a running server. */
  const connect = async () => {
    const { createClient, State, WorkDoneProgress } = await loadClient();
    const client = createClient(options.context, options.log);
    const listen = <Message extends NotificationType>(
      { method }: Message,
      listener: (params: ParamsOf<Message>) => void,
    ) => subscriptions.push(client.onNotification(method, listener));
    listen(serverNotifications.statusChanged, learn);
    listen(serverNotifications.modelChanged, ({ model }) => models.fire(model));
    listen(serverNotifications.runsChanged, (params) => runs.fire(params.runs));
    listen(serverNotifications.sweepBegun, (params) => sweeps.fire(params));
    listen(serverNotifications.training, (params) => training.fire(params));
    subscriptions.push(
      client.onRequest(clientRequests.chooseData.method, (params: ParamsOf<typeof clientRequests.chooseData>) =>
        options.chooseData(server, params),
      ),
      client.onDidChangeState(({ newState }) => {
        if (newState === State.Running) {
          client.sendRequest<ServerStatus>(serverRequests.status.method, {}).then(learn, () => learn(undefined));
          restarts.fire();
        } else learn(undefined);
      }),
      workspace.onDidGrantWorkspaceTrust(
        () => void client.sendNotification(clientNotifications.trustGranted.method, {}),
      ),
      { dispose: () => void client.dispose() },
    );
    await client.start();
    return { client, progressType: WorkDoneProgress.type };
  };
  subscriptions.push(status, models, runs, sweeps, training, restarts, names);
  const connected = connect();
  // Told by the error handler; whoever waits for the server gets the rejection too.
  connected.catch(() => {});

  const server: Server = {
    async request<Message extends RequestType>(
      { method }: Message,
      params: ParamsOf<Message>,
      token?: CancellationToken,
    ): Promise<ResultOf<Message>> {
      const { client } = await connected;
      // A token that is undefined would be taken for one more parameter.
      const answer = await (token ? client.sendRequest(method, params, token) : client.sendRequest(method, params));
      if (method === serverRequests.models.method) learnNames(answer as ResultOf<typeof serverRequests.models>);
      return answer as ResultOf<Message>;
    },
    async notify<Message extends NotificationType>({ method }: Message, params: ParamsOf<Message>) {
      const { client } = await connected;
      await client.sendNotification(method, params);
    },
    async execute<Command extends CommandType>(
      { method: command }: Command,
      argument: ParamsOf<Command>,
      { token, onProgress }: ExecuteOptions = {},
    ): Promise<ResultOf<Command>> {
      const { client, progressType } = await connected;
      const workDoneToken = randomUUID();
      const listener = client.onProgress(progressType, workDoneToken, (value) => onProgress?.(value));
      try {
        const params = { command, arguments: [argument], ...(onProgress && { workDoneToken }) };
        const name = 'workspace/executeCommand';
        return await (token ? client.sendRequest(name, params, token) : client.sendRequest(name, params));
      } finally {
        listener.dispose();
      }
    },
    nameOf: (model) => labels.get(model) ?? modelTitle(model),
    onNames: names.event,
    status: () => known,
    onStatus: status.event,
    onModelChanged: models.event,
    onRunsChanged: runs.event,
    onSweepBegun: sweeps.event,
    onTraining: training.event,
    onStarted: restarts.event,
  };
  return server;
}
