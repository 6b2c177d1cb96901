/** The page's line to the extension: typed questions with one answer each, events, and state kept over reloads. */
import type { ServerRequests } from '../../server/protocol/editor';
import type {
  HostMessage,
  PageAction,
  PageActions,
  PageEvent,
  PageMessage,
  PageRequest,
  PageState,
} from '../../server/protocol/webview';
import type { ErrorData } from '../../server/protocol/worker';

interface VsCodeApi {
  postMessage(message: PageMessage): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

/** What the host answered instead of a result. */
export class HostError extends Error {
  override readonly name = 'HostError';
  readonly data: ErrorData;

  constructor(data: ErrorData) {
    super(data.message);
    this.data = data;
  }
}

export interface Host<State extends PageState> {
  /** Asks the language server. Rejects with a {@link HostError}. */
  request<Request extends PageRequest>(
    request: Request,
    params: ServerRequests[Request]['params'],
  ): Promise<ServerRequests[Request]['result']>;
  /** Asks the extension itself. Rejects with a {@link HostError}. */
  action<Action extends PageAction>(
    action: Action,
    params: PageActions[Action]['params'],
  ): Promise<PageActions[Action]['result']>;
  onEvent(listener: (event: PageEvent) => void): void;
  /** What was kept before a reload; fields that are absent were never kept. */
  kept(): Partial<State>;
  /** Keeps `changes` beside what is kept already. */
  keep(changes: Partial<State>): void;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: HostError): void;
}

/** Connects to the extension; once a page. */
export function connectHost<State extends PageState>(): Host<State> {
  const api = acquireVsCodeApi();
  const waiting = new Map<number, Waiting>();
  const listeners: ((event: PageEvent) => void)[] = [];
  let asked = 0;
  let state = (api.getState() ?? {}) as Partial<State>;

  window.addEventListener('message', ({ data }: MessageEvent<HostMessage>) => {
    if (data?.kind === 'event') {
      for (const listener of listeners) listener(data);
      return;
    }
    if (data?.kind !== 'reply') return;
    const question = waiting.get(data.id);
    waiting.delete(data.id);
    if ('error' in data) question?.reject(new HostError(data.error));
    else question?.resolve(data.result);
  });

  function ask<Result>(message: (id: number) => PageMessage): Promise<Result> {
    asked += 1;
    const id = asked;
    return new Promise<Result>((resolve, reject) => {
      waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
      api.postMessage(message(id));
    });
  }

  return {
    request: (request, params) => ask((id) => ({ kind: 'request', id, request, params }) as PageMessage),
    action: (action, params) => ask((id) => ({ kind: 'action', id, action, params }) as PageMessage),
    onEvent: (listener) => void listeners.push(listener),
    kept: () => state,
    keep(changes) {
      state = { ...state, ...changes };
      api.setState(state);
    },
  };
}

/** The message of anything that was thrown, with the hint where there is one. */
export function messageOf(error: unknown): string {
  if (error instanceof HostError) return [error.message, error.data.hint].filter(Boolean).join(' ');
  return error instanceof Error ? error.message : String(error);
}

/** Whether work was given up on purpose, which is nothing to tell. */
export function isCancelled(error: unknown): boolean {
  return error instanceof HostError && error.data.kind === 'cancelled';
}
