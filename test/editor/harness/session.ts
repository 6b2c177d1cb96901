/** One window of the editor on one workspace, from the start of the server to the removal of its folders. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, newPage, workbenchUrl } from './browser';
import { FAILURES, filesBelow } from './paths';
import { type EditorServer, startServer } from './server';
import { extensionsFor, newFolder, newWorkspace, removeFolder } from './workspace';

export interface SessionOptions {
  /** Files of the workspace over the samples, by relative path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Relative paths of folders that are opened as the roots of the workspace, in place of the whole. */
  readonly roots?: readonly string[];
  /** Relative paths of the files to open. */
  readonly open?: readonly string[];
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** Starts in restricted mode: the editor knows trust, and this folder has none. */
  readonly untrusted?: boolean;
}

export interface Session {
  readonly workspace: string;
  readonly home: string;
  readonly server: EditorServer;
  readonly page: Page;
  /** Console messages of the page. */
  readonly messages: () => readonly string[];
  /** Reads a file of the workspace, empty where there is none. */
  readonly read: (name: string) => string;
  /** Closes the window, as a user closes a tab; the server stays. */
  readonly closeWindow: () => Promise<void>;
  /** Writes a screenshot and all logs to a folder of that name. */
  readonly dump: (name: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

const UNTRUSTED = { 'security.workspace.trust.startupPrompt': 'never' };

async function show(page: Page, url: string): Promise<void> {
  await page.goto(url, { waitUntil: 'domcontentloaded' });
  await page.locator('.monaco-workbench .part.statusbar').waitFor();
}

interface Parts {
  readonly home: string;
  readonly server: EditorServer;
  readonly page: Page;
  readonly messages: () => readonly string[];
}

async function dump({ home, server, page, messages }: Parts, name: string): Promise<string> {
  const folder = join(FAILURES, name.replace(/[^\w.-]+/g, '-').slice(0, 120));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, 'window.png') }).catch(() => undefined);
  writeFileSync(join(folder, 'page.log'), messages().join('\n'));
  writeFileSync(join(folder, 'server.log'), server.log());
  const logs = join(home, 'data', 'logs');
  for (const log of filesBelow(logs)) {
    writeFileSync(join(folder, `${basename(log, '.log')}.log`), readFileSync(join(logs, log)), { flag: 'a' });
  }
  return folder;
}

/** Writes the file that opens several folders, beside the workspace. */
function listRoots(workspace: string, roots: readonly string[]): string {
  const file = `${workspace}.code-workspace`;
  writeFileSync(file, JSON.stringify({ folders: roots.map((root) => ({ path: join(workspace, root) })) }));
  return file;
}

async function openBrowser(server: EditorServer): Promise<Browser> {
  try {
    return await launchBrowser();
  } catch (error) {
    await server.stop();
    throw error;
  }
}

export async function openSession(options: SessionOptions = {}): Promise<Session> {
  const workspace = newWorkspace(options.files);
  const home = newFolder('editor');
  const server = await startServer({
    home,
    extensions: extensionsFor(home),
    asksForTrust: options.untrusted,
    settings: { ...(options.untrusted ? UNTRUSTED : {}), ...options.settings },
    environment: options.environment,
  });
  const browser = await openBrowser(server);
  const { page, messages } = await newPage(browser);
  const parts = { home, server, page, messages };
  const close = async () => {
    await browser.close();
    await server.stop();
    for (const folder of [dirname(workspace), home]) removeFolder(folder);
  };
  try {
    const open = (options.open ?? []).map((name) => join(workspace, name));
    const opened = options.roots ? listRoots(workspace, options.roots) : workspace;
    await show(page, workbenchUrl({ server: server.address, workspace: opened, open }));
  } catch (error) {
    const folder = await dump(parts, 'opening the window');
    await close();
    throw new Error(`The window did not open; see ${folder}.`, { cause: error });
  }
  const read = (name: string) => {
    const file = join(workspace, name);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };
  const closeWindow = () => page.close({ runBeforeUnload: false });
  return { workspace, home, server, page, messages, read, closeWindow, dump: (name) => dump(parts, name), close };
}
