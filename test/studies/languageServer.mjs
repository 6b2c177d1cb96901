/** A language server for studies, spoken to in JSON-RPC over its standard streams. */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const SERVER = join(dirname(fileURLToPath(import.meta.url)), '../../dist/server.js');

/** Starts the server on a folder. Answers what it asks; all settings are the defaults but those given. */
export async function startServer(folder, settings = {}) {
  const child = spawn(process.execPath, [SERVER, '--stdio'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const waiting = new Map();
  let id = 0;
  const send = (message) => {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    child.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  };
  const hear = (message) => {
    if (message.method === undefined) {
      const { resolve, reject } = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error) reject(new Error(message.error.message));
      else resolve(message.result);
    } else if (message.id !== undefined) {
      const isSettings = message.method === 'workspace/configuration';
      send({ id: message.id, result: isSettings ? message.params.items.map(() => settings) : null });
    }
  };
  let rest = Buffer.alloc(0);
  child.stdout.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const end = rest.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/Content-Length: (\d+)/i.exec(rest.subarray(0, end).toString())[1]);
      if (rest.length < end + 4 + length) return;
      const text = rest.subarray(end + 4, end + 4 + length).toString();
      rest = rest.subarray(end + 4 + length);
      hear(JSON.parse(text));
    }
  });
  // What was killed hears nothing more.
  child.stdin.on('error', () => {});
  const request = (method, params) =>
    new Promise((resolve, reject) => {
      waiting.set(++id, { resolve, reject });
      send({ id, method, params });
    });
  const uri = (name) => pathToFileURL(join(folder, name)).href;
  const workspaceFolders = [{ uri: pathToFileURL(folder).href, name: 'study' }];
  const capabilities = { workspace: { configuration: true } };
  await request('initialize', { processId: process.pid, rootUri: null, workspaceFolders, capabilities });
  send({ method: 'initialized', params: {} });
  return {
    child,
    request,
    uri,
    open: (name, text) =>
      send({
        method: 'textDocument/didOpen',
        params: { textDocument: { uri: uri(name), languageId: 'typescript', version: 1, text } },
      }),
    replace: (name, version, text) =>
      send({
        method: 'textDocument/didChange',
        params: { textDocument: { uri: uri(name), version }, contentChanges: [{ text }] },
      }),
    lenses: (name) => request('textDocument/codeLens', { textDocument: { uri: uri(name) } }),
    command: (command, argument) => request('workspace/executeCommand', { command, arguments: [argument] }),
    async stop() {
      await request('shutdown', null);
      send({ method: 'exit' });
      await new Promise((resolve) => child.on('exit', resolve));
    },
  };
}
