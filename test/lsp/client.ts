/** A bare LSP client: JSON-RPC over the standard streams of the built server, or over its IPC channel. */
import { type ChildProcess, execFile, fork, spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import {
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  type MessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node';
import type { CancellationToken, CodeLens, Diagnostic, Hover, InlayHint } from 'vscode-languageserver';
import type { CommandType, ParamsOf, RequestType, ResultOf } from '../../server/protocol/messages';

const ROOT = resolve(__dirname, '../..');

/** Builds the bundled programs where they are older than their sources. */
export async function buildServer(): Promise<void> {
  await promisify(execFile)(process.execPath, ['esbuild.mjs', '--if-stale'], { cwd: ROOT });
}

export interface ProgressEvent {
  readonly token: string | number;
  readonly value: { readonly kind: string; readonly title?: string; readonly message?: string; percentage?: number };
}

export interface TestClient {
  readonly connection: MessageConnection;
  readonly process: ChildProcess;
  readonly folder: string;
  readonly progress: ProgressEvent[];
  readonly diagnostics: Map<string, Diagnostic[]>;
  readonly notifications: { method: string; params: unknown }[];
  /** Answers to window/showMessageRequest, by the order asked. */
  readonly answers: string[];
  readonly questions: string[];
  /** Values of the section `prunelens`. */
  settings: Record<string, unknown>;
  file(name: string): string;
  uri(name: string): string;
  open(name: string, text: string): void;
  /** Replaces a part of an open document. */
  edit(name: string, from: string, to: string): void;
  lenses(name: string): Promise<CodeLens[]>;
  hints(name: string): Promise<InlayHint[]>;
  hover(name: string, line: number): Promise<Hover | null>;
  /** Runs a command of the server. */
  run<Command extends CommandType>(
    command: Command,
    argument: ParamsOf<Command>,
    token?: CancellationToken,
  ): Promise<ResultOf<Command>>;
  request<Message extends RequestType>(type: Message, params: ParamsOf<Message>): Promise<ResultOf<Message>>;
  /** Process ids of the server's compute processes. */
  workers(): Promise<number[]>;
  stop(): Promise<void>;
}

export interface ClientOptions {
  readonly settings?: Record<string, unknown>;
  readonly initializationOptions?: object;
  /** Whether window/workDoneProgress is offered. */
  readonly progress?: boolean;
  readonly transport?: 'stdio' | 'node-ipc';
  /** Workspace folders besides the first one. */
  readonly moreFolders?: readonly string[];
}

/** Waits until `look` gives something, or fails after `patience` milliseconds. */
export async function eventually<T>(look: () => T | Promise<T>, patience = 120_000): Promise<NonNullable<T>> {
  const end = Date.now() + patience;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`Nothing came within ${patience} ms: ${look}`);
    await new Promise((done) => setTimeout(done, 40));
  }
}

/** A temporary workspace with copies of the named samples, and files of given texts. */
export async function makeWorkspace(samples: readonly string[], files: Record<string, string> = {}): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'prunelens-lsp-')));
  for (const name of samples) await cp(join(ROOT, 'samples', name), join(folder, name));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

function connect(transport: 'stdio' | 'node-ipc'): { server: ChildProcess; connection: MessageConnection } {
  const program = join(ROOT, 'dist/server.js');
  if (transport === 'node-ipc') {
    const server = fork(program, ['--node-ipc'], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    return { server, connection: createMessageConnection(new IPCMessageReader(server), new IPCMessageWriter(server)) };
  }
  const server = spawn(process.execPath, [program, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [reader, writer] = [new StreamMessageReader(server.stdout!), new StreamMessageWriter(server.stdin!)];
  return { server, connection: createMessageConnection(reader, writer) };
}

/** Starts the server on a folder and initializes it. */
export async function startClient(folder: string, options: ClientOptions = {}): Promise<TestClient> {
  const { server, connection } = connect(options.transport ?? 'stdio');
  const texts = new Map<string, { text: string; version: number }>();
  const uri = (name: string) => pathToFileURL(join(folder, name)).href;
  const client: TestClient = {
    connection,
    process: server,
    folder,
    progress: [],
    diagnostics: new Map(),
    notifications: [],
    answers: [],
    questions: [],
    // Measured behind every score, it would be among the jobs that tests look at.
    settings: { stability: false, ...options.settings },
    file: (name) => join(folder, name),
    uri,
    open(name, text) {
      texts.set(name, { text, version: 1 });
      const textDocument = { uri: uri(name), languageId: 'typescript', version: 1, text };
      void connection.sendNotification('textDocument/didOpen', { textDocument });
    },
    edit(name, from, to) {
      const { text, version } = texts.get(name)!;
      const offset = text.indexOf(from);
      if (offset < 0) throw new Error(`There is no ${JSON.stringify(from)} in ${name}.`);
      const place = (at: number) => {
        const before = text.slice(0, at).split('\n');
        return { line: before.length - 1, character: before.at(-1)!.length };
      };
      const range = { start: place(offset), end: place(offset + from.length) };
      texts.set(name, { text: text.replace(from, () => to), version: version + 1 });
      void connection.sendNotification('textDocument/didChange', {
        textDocument: { uri: uri(name), version: version + 1 },
        contentChanges: [{ range, text: to }],
      });
    },
    lenses: (name) => connection.sendRequest<CodeLens[]>('textDocument/codeLens', { textDocument: { uri: uri(name) } }),
    hints: (name) =>
      connection.sendRequest<InlayHint[]>('textDocument/inlayHint', {
        textDocument: { uri: uri(name) },
        range: { start: { line: 0, character: 0 }, end: { line: 10_000, character: 0 } },
      }),
    hover: (name, line) =>
      connection.sendRequest('textDocument/hover', {
        textDocument: { uri: uri(name) },
        position: { line, character: 10 },
      }),
    run({ method: command }, argument, token) {
      const params = { command, arguments: [argument] };
      const method = 'workspace/executeCommand';
      return token ? connection.sendRequest(method, params, token) : connection.sendRequest(method, params);
    },
    request: ({ method }, params) => connection.sendRequest(method, params),
    async workers() {
      const text = await readFile(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8');
      return text.split(' ').filter(Boolean).map(Number);
    },
    async stop() {
      if (server.exitCode === null && server.signalCode === null) {
        const ended = new Promise((done) => server.once('exit', done));
        await connection.sendRequest('shutdown').catch(() => {});
        await connection.sendNotification('exit').catch(() => {});
        await ended;
      }
      connection.dispose();
      for (const path of [folder, ...(options.moreFolders ?? [])]) await rm(path, { recursive: true, force: true });
    },
  };
  connection.onRequest('workspace/configuration', ({ items }: { items: object[] }) => items.map(() => client.settings));
  connection.onRequest('client/registerCapability', () => null);
  connection.onRequest('window/workDoneProgress/create', () => null);
  connection.onRequest('workspace/inlayHint/refresh', () => {
    client.notifications.push({ method: 'workspace/inlayHint/refresh', params: null });
    return null;
  });
  connection.onRequest('workspace/codeLens/refresh', () => null);
  connection.onRequest('window/showMessageRequest', ({ message }: { message: string }) => {
    client.questions.push(message);
    const title = client.answers.shift();
    return title === undefined ? null : { title };
  });
  connection.onNotification('$/progress', (event: ProgressEvent) => {
    client.progress.push(event);
  });
  connection.onNotification(
    'textDocument/publishDiagnostics',
    ({ uri: about, diagnostics }: { uri: string; diagnostics: Diagnostic[] }) => {
      client.diagnostics.set(about, diagnostics);
    },
  );
  connection.onNotification((method, params) => void client.notifications.push({ method, params }));
  connection.listen();
  await connection.sendRequest('initialize', {
    processId: process.pid,
    rootUri: pathToFileURL(folder).href,
    workspaceFolders: [folder, ...(options.moreFolders ?? [])].map((path) => ({
      uri: pathToFileURL(path).href,
      name: basename(path),
    })),
    capabilities: {
      window: { workDoneProgress: options.progress ?? true },
      workspace: {
        configuration: true,
        inlayHint: { refreshSupport: true },
        codeLens: { refreshSupport: true },
        workspaceFolders: true,
        workspaceEdit: { documentChanges: true, resourceOperations: ['create'] },
        didChangeWatchedFiles: { dynamicRegistration: true },
      },
    },
    initializationOptions: options.initializationOptions,
  });
  await connection.sendNotification('initialized', {});
  return client;
}
