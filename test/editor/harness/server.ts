/** Starts and stops one VS Code server with user data and extensions of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { installation } from './paths';
import { endProcess, killTree, waitFor } from './processes';

export interface ServerOptions {
  /** Folder for user data and logs. */
  readonly home: string;
  readonly extensions: string;
  /** Whether the editor asks if a folder is trusted; without it every folder is. */
  readonly asksForTrust?: boolean;
  /** Whether tests run inside the extension host. Such an editor shows no notifications but in their list. */
  readonly hostsTests?: boolean;
  /** User settings on top of the quiet ones. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface EditorServer {
  readonly port: number;
  readonly address: string;
  readonly pid: number;
  readonly log: () => string;
  readonly stop: () => Promise<void>;
}

/** Nothing that phones home, pops up, or completes what a test types. */
const QUIET_SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  // Editors such as that of workspace trust open as tabs, which cover nothing.
  'workbench.editor.useModal': 'off',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'security.workspace.trust.banner': 'never',
  'typescript.validate.enable': false,
  'js/ts.validate.enabled': false,
  'editor.autoClosingBrackets': 'never',
  'editor.autoClosingQuotes': 'never',
  'editor.autoIndent': 'none',
  'editor.quickSuggestions': { other: 'off', comments: 'off', strings: 'off' },
  'editor.suggestOnTriggerCharacters': false,
  'editor.acceptSuggestionOnEnter': 'off',
  'editor.minimap.enabled': false,
  'editor.stickyScroll.enabled': false,
  'files.autoSave': 'off',
  'files.hotExit': 'off',
  'git.enabled': false,
};

/** A port nobody listens on right now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

function collectOutput(child: ChildProcess): () => string {
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => chunks.push(String(data)));
  return () => chunks.join('');
}

function writeUserSettings(home: string, settings: object): void {
  const folder = join(home, 'data', 'User');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings, null, 2));
}

const answers = (address: string): Promise<boolean> =>
  fetch(`${address}/version`).then(
    ({ ok }) => ok,
    () => false,
  );

export async function startServer(options: ServerOptions): Promise<EditorServer> {
  const { node, server } = installation();
  writeUserSettings(options.home, { ...QUIET_SETTINGS, ...options.settings });
  mkdirSync(options.extensions, { recursive: true });
  const port = await freePort();
  const args = [
    server,
    ...['--host', '127.0.0.1', '--port', String(port), '--without-connection-token', '--accept-server-license-terms'],
    ...['--server-data-dir', options.home, '--extensions-dir', options.extensions],
    ...['--disable-telemetry', '--disable-experiments', '--disable-getting-started-override'],
    ...['--reconnection-grace-time', '5'],
    ...(options.hostsTests ? ['--enable-smoke-test-driver'] : []),
    ...(options.asksForTrust ? [] : ['--disable-workspace-trust']),
  ];
  // The tests' own Node options (of a test runner, a debugger) are not for the editor.
  const environment = { ...process.env, NODE_OPTIONS: '', VITEST: undefined, ...options.environment };
  const child = spawn(node, args, { stdio: ['ignore', 'pipe', 'pipe'], env: environment });
  const log = collectOutput(child);
  const pid = child.pid;
  if (pid === undefined) throw new Error(`The editor's Node could not be started: ${node}`);
  writeFileSync(join(options.home, 'server.pid'), String(pid));
  const killOnExit = () => killTree(pid);
  process.once('exit', killOnExit);
  const address = `http://127.0.0.1:${port}`;
  const stop = async () => {
    await endProcess(pid);
    process.off('exit', killOnExit);
  };
  try {
    await waitFor('the editor server to answer', async () => {
      if (child.exitCode !== null) throw new Error(`The editor server ended at once:\n${log()}`);
      return answers(address);
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, address, pid, log, stop };
}
