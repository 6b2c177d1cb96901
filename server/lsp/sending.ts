/** Sending messages of our own to the client, each with what its type says travels under it. */
import type { Connection } from 'vscode-languageserver/node';
import type { NotificationType, ParamsOf, RequestType, ResultOf } from '../protocol/messages';

export function notify<Message extends NotificationType>(
  connection: Connection,
  { method }: Message,
  params: ParamsOf<Message>,
): void {
  void connection.sendNotification(method, params);
}

export function ask<Message extends RequestType>(
  connection: Connection,
  { method }: Message,
  params: ParamsOf<Message>,
): Promise<ResultOf<Message>> {
  return connection.sendRequest(method, params);
}
