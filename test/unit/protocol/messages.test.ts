/** Messages between the extension and the language server. */
import { expect, it } from 'vitest';
import {
  clientNotifications,
  clientRequests,
  serverCommands,
  serverNotifications,
  serverRequests,
} from '../../../server/protocol/editor';
import type { ParamsOf, RequestType, ResultOf } from '../../../server/protocol/messages';

function send<Message extends RequestType>({ method }: Message, params: ParamsOf<Message>) {
  return { method, params, result: undefined as ResultOf<Message> | undefined };
}

it('have names of their own, under those of PruneLens', () => {
  const messages = [serverRequests, serverNotifications, clientRequests, clientNotifications].flatMap(Object.values);
  const methods = messages.map(({ method }) => method as string);
  expect(methods.every((method) => method.startsWith('prunelens/'))).toBe(true);
  const commands = Object.values(serverCommands).map(({ method }) => method as string);
  expect(commands.every((method) => method.startsWith('prunelens.server.'))).toBe(true);
  expect(new Set([...methods, ...commands]).size).toBe(methods.length + commands.length);
});

it('do not compile with what does not belong to them', () => {
  const sparsity = 0.9;
  expect(send(serverCommands.setSparsity, { model: 'net.ts', sparsity }).method).toBe('prunelens.server.setSparsity');
  // @ts-expect-error: the sparsity is missing
  send(serverCommands.setSparsity, { model: 'net.ts' });
  // @ts-expect-error: there is no such field
  send(serverCommands.setSparsity, { model: 'net.ts', sparsity, paths: true });
  // @ts-expect-error: of another type
  send(serverRequests.runMetrics, { run: 3 });
  const worker: string | undefined = send(serverRequests.status, {}).result?.worker;
  expect(worker).toBeUndefined();
  // @ts-expect-error: no such field in the answer
  expect(send(serverRequests.status, {}).result?.model).toBeUndefined();
});
