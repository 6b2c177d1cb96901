/** What holds for the connection to a client: what the client can do and shows, its settings, and whether its workspace is trusted. */
import type { Connection, InitializeParams } from 'vscode-languageserver/node';
import { type ClientFacts, clientFacts } from './client';
import { createSettingsReader, type SettingsReader } from './settings';

export interface Session {
  client(): ClientFacts;
  isTrusted(): boolean;
  settings(): SettingsReader;
  /** The Python that the Python extension has chosen for a folder (absolute path). */
  chosenPython(folder: string): string | undefined;
  /** The client has said what it is. */
  begin(params: InitializeParams): void;
  /** The Python extension has chosen: paths of interpreters by folders. */
  choosePython(choices: ReadonlyMap<string, string>): void;
  /** The user trusts the workspace from now on. */
  trust(): void;
  /** Whether code shares the window with something beside it. */
  isNarrow(): boolean;
  narrow(isNarrow: boolean): void;
}

export function createSession(connection: Connection): Session {
  let client = clientFacts({ capabilities: {} } as InitializeParams);
  let trusted = true;
  let narrow = false;
  let settings = createSettingsReader(undefined);
  let chosen: ReadonlyMap<string, string> = new Map();
  return {
    client: () => client,
    isTrusted: () => trusted,
    settings: () => settings,
    chosenPython: (folder) => chosen.get(folder),
    choosePython(choices) {
      chosen = choices;
    },
    begin(params) {
      client = clientFacts(params);
      trusted = client.trusted;
      if (!client.configuration) return;
      settings = createSettingsReader((scopeUri) =>
        connection.workspace.getConfiguration({ scopeUri, section: 'prunelens' }),
      );
    },
    trust() {
      trusted = true;
    },
    isNarrow: () => narrow,
    narrow(isNarrow) {
      narrow = isNarrow;
    },
  };
}
