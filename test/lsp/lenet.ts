/** A server with LeNet-300-100 open in its workspace. */
import { readFile } from 'node:fs/promises';
import type { CodeAction, Diagnostic } from 'vscode-languageserver';
import { type ClientOptions, makeWorkspace, startClient, type TestClient } from './client';

export const LENET = 'lenet-300-100.ts';
/** Says that LeNet is for MNIST. */
export const SETTINGS = '{\n  // Digits.\n  "data": [{ "models": "lenet-*.ts", "data": "mnist" }]\n}\n';
/** Small data that is made up, for trainings whose results do not matter. */
export const NOISE = { data: 'noise:28x28x1:10:512' };

export interface Lenet extends TestClient {
  readonly model: string;
  readonly source: string;
  labels(): Promise<string[]>;
  /** Title of the lens that tells the result. */
  summary(): Promise<string | undefined>;
  /** Line of LeNet that has a text, as it was at first. */
  lineOf(text: string): number;
  fixes(diagnostic: Diagnostic): Promise<CodeAction[]>;
}

/** Starts a server on a workspace with LeNet and files of given texts; the backend is the CPU's. */
export async function startLenet(
  options: ClientOptions = {},
  files: Record<string, string> = { 'prunelens.json': SETTINGS },
): Promise<Lenet> {
  const client = await startClient(await makeWorkspace([LENET], files), {
    ...options,
    settings: { backend: 'cpu', ...options.settings },
  });
  const source = await readFile(client.file(LENET), 'utf8');
  client.open(LENET, source);
  return Object.assign(client, {
    model: `${client.file(LENET)}#default`,
    source,
    labels: async () => (await client.hints(LENET)).map(({ label }) => String(label)),
    summary: async () =>
      (await client.lenses(LENET)).map(({ command }) => command?.title).find((title) => / kept/.test(title ?? '')),
    lineOf: (text: string) => source.split('\n').findIndex((line) => line.includes(text)),
    fixes: (diagnostic: Diagnostic) =>
      client.connection.sendRequest<CodeAction[]>('textDocument/codeAction', {
        textDocument: { uri: client.uri(LENET) },
        range: diagnostic.range,
        context: { diagnostics: [diagnostic] },
      }),
  });
}
