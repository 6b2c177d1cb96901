/** Answers a page: requests on the list go to the language server, actions to the extension, all else is refused. */
import {
  type HostMessage,
  PAGE_REQUESTS,
  type PageAction,
  type PageActions,
  type PageMessage,
  type PageRequest,
} from '../../server/protocol/webview';
import type { ErrorData } from '../../server/protocol/worker';

export type ActionHandlers = {
  readonly [Action in PageAction]: (params: PageActions[Action]['params']) => Promise<PageActions[Action]['result']>;
};

export interface BridgeOptions {
  /** Asks the language server, by the name on the wire. */
  readonly request: (method: PageRequest, params: unknown) => Promise<unknown>;
  readonly actions: ActionHandlers;
}

/** What a page is told of anything that was thrown: the data of a server's error, or its message. */
export function errorDataOf(error: unknown): ErrorData {
  const data = (error as { readonly data?: unknown } | null)?.data;
  if (typeof data === 'object' && data !== null && 'kind' in data && 'message' in data) return data as ErrorData;
  return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
}

function answer(message: PageMessage, { request, actions }: BridgeOptions): Promise<unknown> {
  if (message.kind === 'request') {
    if (!PAGE_REQUESTS.includes(message.request)) throw new Error(`Pages may not ask for ${message.request}.`);
    return request(message.request, message.params);
  }
  if (!Object.hasOwn(actions, message.action)) throw new Error(`There is no action ${message.action}.`);
  return (actions[message.action] as (params: unknown) => Promise<unknown>)(message.params);
}

/** The one reply to a message; undefined for what is no message of ours. Never rejects. */
export async function replyTo(message: unknown, options: BridgeOptions): Promise<HostMessage | undefined> {
  const { id, kind } = (message ?? {}) as Partial<PageMessage>;
  if (typeof id !== 'number' || (kind !== 'request' && kind !== 'action')) return undefined;
  try {
    // A result that is undefined would be lost on its way, and the page would wait for ever.
    return { kind: 'reply', id, result: (await answer(message as PageMessage, options)) ?? null };
  } catch (error) {
    return { kind: 'reply', id, error: errorDataOf(error) };
  }
}
