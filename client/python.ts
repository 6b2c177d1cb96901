/** Tells the server which Python the Python extension has chosen, and follows changes. Works without that extension. */
import { PVSC_EXTENSION_ID, PythonExtension } from '@vscode/python-extension';
import { type Disposable, type Event, EventEmitter, extensions, type LogOutputChannel, workspace } from 'vscode';
import { clientNotifications } from '../server/protocol/editor';
import type { Server } from './serverTypes';

/** The interpreter of the environment that is chosen for a folder; undefined where the choice cannot be resolved. */
async function chosenIn({ environments }: PythonExtension, folder: (typeof workspace.workspaceFolders & {})[number]) {
  const chosen = environments.getActiveEnvironmentPath(folder.uri);
  const resolved = await environments.resolveEnvironment(chosen);
  const path = resolved?.executable.uri?.fsPath;
  return path === undefined ? undefined : { folderUri: folder.uri.toString(), path };
}

/** The chosen interpreters of all workspace folders. */
async function choices(api: PythonExtension) {
  const found = await Promise.all((workspace.workspaceFolders ?? []).map((folder) => chosenIn(api, folder)));
  return found.filter((choice) => choice !== undefined);
}

export interface FollowedPython extends Disposable {
  /** The server has been told of another choice. */
  readonly onChanged: Event<void>;
}

export function followPython(server: Server, log: LogOutputChannel): FollowedPython {
  const changed = new EventEmitter<void>();
  const subscriptions: Disposable[] = [changed];
  let api: PythonExtension | undefined;
  const tell = async () => {
    try {
      if (!api) return;
      await server.notify(clientNotifications.pythonChosen, { choices: await choices(api) });
      changed.fire();
    } catch (error) {
      log.warn(`The Python extension's choice is not known: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const connect = async () => {
    if (api || !extensions.getExtension(PVSC_EXTENSION_ID)) return;
    try {
      api = await PythonExtension.api();
    } catch (error) {
      log.warn(`The Python extension does not start: ${error instanceof Error ? error.message : String(error)}`);
      return;
    }
    subscriptions.push(api.environments.onDidChangeActiveEnvironmentPath(() => void tell()));
    await tell();
  };
  void connect();
  subscriptions.push(
    // It may be installed, or enabled by trust, later.
    extensions.onDidChange(() => void connect()),
    workspace.onDidChangeWorkspaceFolders(() => void tell()),
    server.onStarted(() => void tell()),
  );
  return {
    onChanged: changed.event,
    dispose() {
      for (const subscription of subscriptions) subscription.dispose();
    },
  };
}
