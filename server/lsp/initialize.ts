/** Getting to know a client: what the server offers it, and what it is asked to tell of. */
import {
  CodeActionKind,
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  type InitializeParams,
  type InitializeResult,
  TextDocumentSyncKind,
  type WorkspaceFoldersChangeEvent,
} from 'vscode-languageserver/node';
import packageJson from '../../package.json';
import { COMMAND_NAMES } from './commands';
import type { Context } from './context';
import { fileOf } from './documents';
import type { Parts } from './parts';

/** Models are made from whatever their code reads. */
const WATCHED = '**/*';

const CAPABILITIES: InitializeResult = {
  serverInfo: { name: 'PruneLens', version: packageJson.version },
  capabilities: {
    textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
    codeLensProvider: { resolveProvider: false },
    inlayHintProvider: { resolveProvider: false },
    hoverProvider: true,
    completionProvider: { triggerCharacters: ['"', '#', '/'] },
    codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix, CodeActionKind.Refactor] },
    workspaceSymbolProvider: true,
    executeCommandProvider: { commands: [...COMMAND_NAMES], workDoneProgress: true },
    workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
  },
};

/** The folders that a client opens. */
function foldersOf({ workspaceFolders, rootUri }: InitializeParams): string[] {
  const uris = workspaceFolders?.map(({ uri }) => uri) ?? (rootUri ? [rootUri] : []);
  return uris.map((uri) => fileOf(uri)).filter((path) => path !== undefined);
}

function changeFolders({ folders, discovery, runs }: Context, { added, removed }: WorkspaceFoldersChangeEvent): void {
  const gone = removed.map(({ uri }) => fileOf(uri));
  const come = added.map(({ uri }) => fileOf(uri)).filter((path) => path !== undefined);
  folders.set([...folders.all().filter((folder) => !gone.includes(folder)), ...come]);
  discovery.forget();
  runs.changed();
}

export function answerInitialize({ session, context }: Parts): void {
  const { connection, folders, runs } = context;
  connection.onInitialize((params) => {
    session.begin(params);
    folders.set(foldersOf(params));
    return CAPABILITIES;
  });
  connection.onInitialized(() => {
    context.progress.listen();
    const { configurationChanges, watchedFiles, workspaceFolders } = session.client();
    // A client that refuses a registration tells of changes in another way, or not at all.
    const ignore = () => {};
    if (configurationChanges) {
      connection.client.register(DidChangeConfigurationNotification.type, { section: 'prunelens' }).catch(ignore);
    }
    if (watchedFiles) {
      const watchers = [{ globPattern: WATCHED }];
      connection.client.register(DidChangeWatchedFilesNotification.type, { watchers }).catch(ignore);
    }
    if (workspaceFolders) connection.workspace.onDidChangeWorkspaceFolders((event) => changeFolders(context, event));
    runs.changed();
  });
}
