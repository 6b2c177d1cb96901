/** One Chromium, driven by playwright-core, with a page's messages kept for the log of a failure. */
import { type Browser, chromium, type Page } from 'playwright-core';
import { installation } from './paths';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: installation().chromium, args: FLAGS, timeout: 60_000 });
}

export interface WatchedPage {
  readonly page: Page;
  /** Console messages and errors so far, one a line. */
  readonly messages: () => readonly string[];
}

export const WINDOW = { width: 1360, height: 860 };

export async function newPage(browser: Browser): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: WINDOW, permissions: ['clipboard-read', 'clipboard-write'] });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const messages: string[] = [];
  page.on('console', (message) => messages.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => messages.push(`page error: ${error.stack ?? error.message}`));
  return { page, messages: () => messages };
}

export interface WorkbenchAddress {
  readonly server: string;
  /** What is opened: a folder, or a file that lists several, `*.code-workspace`. */
  readonly workspace: string;
  /** Absolute paths. */
  readonly open?: readonly string[];
  readonly payload?: readonly (readonly [string, string])[];
}

/** The page that shows a folder, or several, of the server's machine. */
export function workbenchUrl({ server, workspace, open = [], payload = [] }: WorkbenchAddress): string {
  const { host } = new URL(server);
  const pairs = [...open.map((file) => ['openFile', `vscode-remote://${host}${file}`]), ...payload];
  const query = new URLSearchParams({ [workspace.endsWith('.code-workspace') ? 'workspace' : 'folder']: workspace });
  if (pairs.length > 0) query.set('payload', JSON.stringify(pairs));
  return `${server}/?${query}`;
}
