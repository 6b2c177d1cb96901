/** The language server: puts its parts together on a connection. */
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  CodeActionKind,
  type Connection,
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  ExecuteCommandRequest,
  type InitializeParams,
  type InitializeResult,
  TextDocumentSyncKind,
} from 'vscode-languageserver/node';
import packageJson from '../../package.json';
import { clientNotifications, serverNotifications } from '../protocol/editor';
import type { Selection } from '../protocol/results';
import { SETTINGS_FILE } from '../settings/find';
import { type ClientFacts, clientFacts } from './client';
import { COMMAND_NAMES, executeCommand } from './commands';
import type { Context } from './context';
import { createDocuments, fileOf } from './documents';
import type { EngineFactory } from './engine';
import { toErrorData } from './failures';
import { answerEditor } from './features/index';
import { createPublisher } from './features/publishing';
import { combineStatuses, createFolders } from './folders';
import { createDataChooser } from './model/dataChoice';
import { createDiscovery } from './model/discovery';
import { createLatest } from './model/latest';
import { createProgress } from './model/progress';
import { createRescoring } from './model/rescoring';
import { runsFolder } from './model/runsFolder';
import { createRunWatcher } from './model/runWatcher';
import { release } from './model/scoring';
import { releasedScores, shownAtLines } from './model/selectors';
import type { ModelState } from './model/state';
import { createModelStore, type ModelStore } from './model/store';
import { answerRequests } from './requests';
import { notify } from './sending';
import { createSettingsReader, DEFAULT_SETTINGS, type SettingsReader } from './settings';

const WATCHED = ['**/*.{ts,mts,cts,js,mjs,cjs,json}', '**/.prunelens/runs/**', '**/*.safetensors'];

const CAPABILITIES: InitializeResult = {
  serverInfo: { name: 'PruneLens', version: packageJson.version },
  capabilities: {
    textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
    codeLensProvider: { resolveProvider: false },
    inlayHintProvider: { resolveProvider: false },
    hoverProvider: true,
    codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix] },
    workspaceSymbolProvider: true,
    executeCommandProvider: { commands: [...COMMAND_NAMES], workDoneProgress: true },
    workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
  },
};

/** The folders that a client opens. */
function foldersOf({ workspaceFolders, rootUri }: InitializeParams): string[] {
  const uris = workspaceFolders?.map(({ uri }) => uri) ?? (rootUri ? [rootUri] : []);
  return uris.map(fileOf).filter((path) => path !== undefined);
}

/**
 * Serves a client on `connection`, which must not listen yet; computing is left to what `createEngine` gives.
 *
 * @returns Ends every compute process.
 */
export function serve(connection: Connection, createEngine: EngineFactory): () => Promise<void> {
  let client: ClientFacts | undefined;
  let trusted = true;
  let settings: SettingsReader = createSettingsReader(undefined);
  const factsOf = () => client ?? clientFacts({ capabilities: {} } as InitializeParams);

  const documents = createDocuments(connection);
  const publisher = createPublisher({ connection, client: factsOf, documents, store: () => store });
  const followed = new Map<string, Selection>();
  const onModelChanged = (state: ModelState, before: ModelState) => {
    publisher.changed(state);
    release(context, state, releasedScores(before, state));
    const { model } = state;
    const selection = shownAtLines(state)?.selection;
    if (!selection || followed.get(model) === selection) return;
    followed.set(model, selection);
    if (selection.layers.some(({ connected }) => connected === undefined)) rescoring.selected(model);
  };
  const store: ModelStore = createModelStore(() => DEFAULT_SETTINGS.sparsity, onModelChanged);

  const log = (message: string) => connection.console.info(message);
  let statusTimer: NodeJS.Timeout | undefined;
  const tellStatus = () => {
    statusTimer = undefined;
    const status = combineStatuses(folders.engines().map((engine) => engine.status()));
    notify(connection, serverNotifications.statusChanged, status);
  };
  const folders = createFolders(createEngine, {
    onStatus() {
      // Progress comes in bursts, and people read slowly.
      statusTimer ??= setTimeout(tellStatus, 50);
    },
    onOutput: (line) => connection.console.log(line),
    onLost(folder) {
      for (const { model, file } of store.all())
        if (folders.of(file) === folder) store.dispatch(model, { kind: 'processLost' });
    },
    isTrusted: () => trusted,
    memoryLimit: (uri) => settings.known(uri).worker.memoryLimit,
  });
  const settingsOf = async (file: string) => {
    // The folder's settings say how much memory its process may take, once it is started.
    await settings.of(pathToFileURL(folders.of(file)).href);
    return settings.of(documents.uriOf(file));
  };
  const runs = createRunWatcher({
    folders: () => Promise.all(folders.all().map((folder) => runsFolder({ folders, settings: settingsOf }, folder))),
    onChanged: (list) => notify(connection, serverNotifications.runsChanged, { runs: list }),
  });
  const context: Context = {
    connection,
    client: factsOf,
    isTrusted: () => trusted,
    documents,
    store,
    folders,
    runs,
    latest: createLatest(),
    log,
    settings: settingsOf,
    progress: createProgress(connection, () => factsOf().progress),
    discovery: createDiscovery({ documents, store, isTrusted: () => trusted, onProblem: log }),
    data: createDataChooser({
      connection,
      store,
      isExtension: () => factsOf().isExtension,
      fallback: async (file) => (await settingsOf(file)).data,
      folderOf: folders.of,
    }),
    notify: (type, params) => notify(connection, type, params),
  };
  const rescoring = createRescoring(context);

  documents.onChanged((file) => rescoring.edited(file));
  const fileWritten = (file: string) => {
    if (basename(file) === SETTINGS_FILE) rescoring.settingsChanged();
    else if (file.endsWith('.safetensors')) rescoring.predictorWritten();
  };
  documents.onSaved(fileWritten);
  connection.onInitialize((params) => {
    client = clientFacts(params);
    trusted = client.trusted;
    folders.set(foldersOf(params));
    if (client.configuration) {
      settings = createSettingsReader((scopeUri) =>
        connection.workspace.getConfiguration({ scopeUri, section: 'prunelens' }),
      );
    }
    return CAPABILITIES;
  });
  connection.onInitialized(() => {
    context.progress.listen();
    // A client that refuses a registration tells of changes in another way, or not at all.
    const ignore = () => {};
    if (factsOf().configurationChanges) {
      connection.client.register(DidChangeConfigurationNotification.type, { section: 'prunelens' }).catch(ignore);
    }
    if (factsOf().watchedFiles) {
      const watchers = WATCHED.map((globPattern) => ({ globPattern }));
      connection.client.register(DidChangeWatchedFilesNotification.type, { watchers }).catch(ignore);
    }
    if (factsOf().workspaceFolders) {
      connection.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
        const gone = removed.map(({ uri }) => fileOf(uri));
        const come = added.map(({ uri }) => fileOf(uri)).filter((path) => path !== undefined);
        folders.set([...folders.all().filter((folder) => !gone.includes(folder)), ...come]);
        context.discovery.forget();
        runs.changed();
      });
    }
    runs.changed();
  });
  connection.onDidChangeConfiguration(() => {
    settings.forget();
    publisher.refresh();
    runs.changed();
  });
  connection.onDidChangeWatchedFiles(({ changes }) => {
    // Checkpoints and masks are written all the time.
    if (!changes.every(({ uri }) => uri.endsWith('.safetensors'))) context.discovery.forget();
    if (changes.some(({ uri }) => uri.includes('.prunelens'))) runs.changed();
    for (const { uri } of changes) {
      const file = fileOf(uri);
      // An open document tells of its changes itself.
      if (file !== undefined && !documents.ofFile(file)) rescoring.edited(file);
      if (file !== undefined) fileWritten(file);
    }
  });
  connection.onNotification(clientNotifications.trustGranted.method, () => {
    trusted = true;
    publisher.refresh();
  });
  answerEditor(context);
  answerRequests(context);
  connection.onRequest(ExecuteCommandRequest.type, (params, token) => executeCommand(context, params, token));

  const dispose = async () => {
    rescoring.dispose();
    publisher.dispose();
    runs.dispose();
    clearTimeout(statusTimer);
    await folders.dispose();
  };
  connection.onShutdown(() => dispose().catch((error) => log(toErrorData(error).message)));
  return dispose;
}
