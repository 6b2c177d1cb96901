/**
 * Messages as objects: the name on the wire, with the types of what travels under it, which only the compiler sees. Whoever
 * sends or answers a message names its object, so that a wrong payload does not compile on either side.
 */

/** A message that gets one answer. */
export interface RequestType<Method extends string = string, Params = unknown, Result = unknown> {
  readonly method: Method;
  /** For the compiler: there is never a value. */
  readonly types?: { readonly params: Params; readonly result: Result };
}

/** A message without an answer. */
export interface NotificationType<Method extends string = string, Params = unknown> {
  readonly method: Method;
  /** For the compiler: there is never a value. */
  readonly types?: { readonly params: Params };
}

/** A command of `workspace/executeCommand`, which takes one object as its argument. */
export interface CommandType<Method extends string = string, Params = unknown, Result = unknown>
  extends RequestType<Method, Params, Result> {
  /** Field of the argument that must be there, a text; undefined where all may be left out. */
  readonly needs: string | undefined;
}

/** What travels with a message. */
export type ParamsOf<Message extends { readonly types?: { readonly params: unknown } }> = NonNullable<
  Message['types']
>['params'];

/** What answers a message. */
export type ResultOf<Message extends { readonly types?: { readonly result: unknown } }> = NonNullable<
  Message['types']
>['result'];

/** Parameters and results by name on the wire, of a list of requests. */
export type RequestsByMethod<Requests extends { readonly [name: string]: RequestType }> = {
  [Request in Requests[keyof Requests] as Request['method']]: { params: ParamsOf<Request>; result: ResultOf<Request> };
};

/** Parameters by name on the wire, of a list of notifications. */
export type NotificationsByMethod<Notifications extends { readonly [name: string]: NotificationType }> = {
  [Notification in Notifications[keyof Notifications] as Notification['method']]: ParamsOf<Notification>;
};

/** `request('prunelens/models').of<Params, Result>()` */
export function request<Method extends string>(method: Method) {
  return { of: <Params, Result>(): RequestType<Method, Params, Result> => ({ method }) };
}

/** `notification('prunelens/training').of<Params>()` */
export function notification<Method extends string>(method: Method) {
  return { of: <Params>(): NotificationType<Method, Params> => ({ method }) };
}

/** `command('prunelens.server.score', 'model').of<Argument, Result>()`; `needs` as in {@link CommandType}. */
export function command<Method extends string>(method: Method, needs?: string) {
  return { of: <Params, Result>(): CommandType<Method, Params, Result> => ({ method, needs }) };
}
