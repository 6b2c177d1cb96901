/** What the extension can ask of the language server, and what it is told. */
import type { CancellationToken, Event } from 'vscode';
import type { WorkDoneProgressBegin, WorkDoneProgressEnd, WorkDoneProgressReport } from 'vscode-languageclient/node';
import type { ServerCommands, ServerNotifications, ServerRequests, ServerStatus } from '../server/protocol/editor';
import type { ModelName } from '../server/protocol/results';

export type WorkProgress = WorkDoneProgressBegin | WorkDoneProgressReport | WorkDoneProgressEnd;

export interface ExecuteOptions {
  readonly token?: CancellationToken;
  /** Where it is given, the server reports here and not in the status bar. */
  readonly onProgress?: (progress: WorkProgress) => void;
}

export interface Server {
  request<Name extends keyof ServerRequests>(
    name: Name,
    params: ServerRequests[Name]['params'],
    token?: CancellationToken,
  ): Promise<ServerRequests[Name]['result']>;
  /** Runs a command of the server; settles when its work is done. */
  execute<Name extends keyof ServerCommands>(
    command: Name,
    argument: ServerCommands[Name],
    options?: ExecuteOptions,
  ): Promise<unknown>;
  /** The latest status; undefined while the server starts or is gone. */
  status(): ServerStatus | undefined;
  readonly onStatus: Event<ServerStatus | undefined>;
  readonly onModelChanged: Event<ModelName>;
  readonly onRunsChanged: Event<ServerNotifications['prunelens/runsChanged']['runs']>;
  readonly onTraining: Event<ServerNotifications['prunelens/training']>;
  /** The server is there, for the first time or again. */
  readonly onStarted: Event<void>;
}
