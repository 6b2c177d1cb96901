/** Tells the server whether code shares the window with something beside it: hints then stand where they are seen. */
import { Disposable, window } from 'vscode';
import { clientNotifications } from '../server/protocol/editor';
import type { Server } from './serverTypes';

export function followCodeWidth(server: Server): Disposable {
  let told = false;
  const isNarrow = () => window.tabGroups.all.length > 1;
  const tell = () => {
    told = isNarrow();
    // A server that could not be started is told of elsewhere.
    void server.notify(clientNotifications.codeNarrowed, { isNarrow: told }).catch(() => {});
  };
  return Disposable.from(
    server.onStarted(tell),
    window.tabGroups.onDidChangeTabGroups(() => {
      if (isNarrow() !== told) tell();
    }),
  );
}
