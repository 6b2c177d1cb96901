/** What the extension can ask of the language server, and what it is told. */
import type { CancellationToken, Event } from 'vscode';
import type { WorkDoneProgressBegin, WorkDoneProgressEnd, WorkDoneProgressReport } from 'vscode-languageclient/node';
import type { ServerStatus, serverNotifications } from '../server/protocol/editor';
import type { CommandType, NotificationType, ParamsOf, RequestType, ResultOf } from '../server/protocol/messages';
import type { ModelName } from '../server/protocol/results';

export type WorkProgress = WorkDoneProgressBegin | WorkDoneProgressReport | WorkDoneProgressEnd;

export interface ExecuteOptions {
  readonly token?: CancellationToken;
  /** Where it is given, the server reports here and not in the status bar. */
  readonly onProgress?: (progress: WorkProgress) => void;
}

export interface Server {
  request<Message extends RequestType>(
    type: Message,
    params: ParamsOf<Message>,
    token?: CancellationToken,
  ): Promise<ResultOf<Message>>;
  /** Tells the server something, once it is there. */
  notify<Message extends NotificationType>(type: Message, params: ParamsOf<Message>): Promise<void>;
  /** Runs a command of the server; settles when its work is done. */
  execute<Command extends CommandType>(
    command: Command,
    argument: ParamsOf<Command>,
    options?: ExecuteOptions,
  ): Promise<ResultOf<Command>>;
  /** What a model is called, as the server said last. */
  nameOf(model: ModelName): string;
  /** Models may be called otherwise now. */
  readonly onNames: Event<void>;
  /** The latest status; undefined while the server starts or is gone. */
  status(): ServerStatus | undefined;
  readonly onStatus: Event<ServerStatus | undefined>;
  readonly onModelChanged: Event<ModelName>;
  readonly onRunsChanged: Event<ParamsOf<typeof serverNotifications.runsChanged>['runs']>;
  readonly onSweepBegun: Event<ParamsOf<typeof serverNotifications.sweepBegun>>;
  readonly onTraining: Event<ParamsOf<typeof serverNotifications.training>>;
  /** The server is there, for the first time or again. */
  readonly onStarted: Event<void>;
}
