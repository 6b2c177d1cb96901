/** A page of the product in a real browser, without an editor: the test plays the extension. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { pageHtml } from '../../../client/webviews/html';
import { reportHtml } from '../../../client/webviews/reportDocument';
import type { HostMessage, PageEvent, PageMessage } from '../../../server/protocol/webview';
import { findChromium } from '../../support/chromium.mjs';
import { THEMES, type ThemeName } from './themes';
import { wholeSweep } from './wholeReport';

const ROOT = join(import.meta.dirname, '../../..');
const NONCE = 'bm9uY2U';
const PARTS = { title: 'PruneLens', script: '/page.js', style: '/page.css', source: "'self'", nonce: NONCE };
const INLINE_RESULTS = JSON.stringify(wholeSweep()).replaceAll('<', '\\u003c');

export interface PageServer {
  readonly address: string;
  close(): void;
}

/** Bundles a page as the product does, with the document that the extension makes, and serves it on this machine. */
export async function servePage(
  name: 'heatmap' | 'curves' | 'survival' | 'runs' | 'architecture' | 'form' | 'report',
): Promise<PageServer> {
  const isReport = name === 'report';
  const html = isReport ? reportHtml({ ...PARTS, results: INLINE_RESULTS }) : pageHtml(PARTS);
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: { page: `webview/${name}/${isReport ? 'report' : 'main'}.ts` },
    outdir: 'dist',
    bundle: true,
    minify: true,
    write: false,
    platform: 'browser',
    target: 'es2020',
    format: 'iife',
  });
  const files = new Map<string, Uint8Array>([
    ['/', Buffer.from(html)],
    ...outputFiles.map(({ path, contents }) => [`/${path.split('/').pop()}`, contents] as const),
  ]);
  const server: Server = createServer(({ url = '/' }, response) => {
    const contents = files.get(url);
    const type = url.endsWith('.css') ? 'text/css' : url.endsWith('.js') ? 'text/javascript' : 'text/html';
    response.writeHead(contents ? 200 : 204, { 'content-type': type });
    response.end(contents);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => server.close() };
}

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium()!, args: ['--no-sandbox', '--disable-gpu'] });
}

/** Answers what a page asks; what it throws becomes the error of the reply. */
export type Answer = (message: PageMessage) => unknown;

export interface OpenPage {
  readonly page: Page;
  /** All that the page has asked, in order. */
  readonly asked: PageMessage[];
  /** Violations of the security policy and uncaught errors. */
  readonly problems: string[];
  send(event: PageEvent): Promise<void>;
}

/** Runs in the page before its script: the editor's interface, on top of a function of the test. */
function installHost(theme: {
  readonly variables: { readonly [name: string]: string };
  readonly bodyClass: string;
}): void {
  const scope = window as unknown as {
    hostAnswer(message: unknown): Promise<unknown>;
    violations: string[];
    acquireVsCodeApi(): unknown;
  };
  scope.violations = [];
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) => {
    scope.violations.push(`${violatedDirective} ${blockedURI} ${sample}`);
  });
  const setTheme = () => {
    for (const [name, value] of Object.entries(theme.variables))
      document.documentElement.style.setProperty(name, value);
    document.body.className = theme.bodyClass;
    document.body.dataset.vscodeThemeKind = theme.bodyClass.split(' ')[0];
  };
  document.addEventListener('DOMContentLoaded', setTheme);
  new MutationObserver((_, observer) => {
    if (!document.body) return;
    observer.disconnect();
    setTheme();
  }).observe(document, { childList: true, subtree: true });
  scope.acquireVsCodeApi = () => ({
    postMessage: (message: unknown) =>
      void scope.hostAnswer(message).then((reply) => window.postMessage(JSON.parse(JSON.stringify(reply)), '*')),
    getState: () => JSON.parse(sessionStorage.getItem('state') ?? 'null') ?? undefined,
    setState: (state: unknown) => sessionStorage.setItem('state', JSON.stringify(state)),
  });
}

export interface OpenOptions {
  readonly theme?: ThemeName;
  readonly size?: { readonly width: number; readonly height: number };
  /** Done to the page before it is asked for. */
  readonly prepare?: (page: Page) => Promise<unknown>;
}

/** Opens the page with a host that answers. */
export async function openPage(
  browser: Browser,
  server: PageServer,
  answer: Answer,
  options: OpenOptions = {},
): Promise<OpenPage> {
  const { theme = 'dark', size = { width: 1180, height: 820 } } = options;
  const page = await browser.newPage({ viewport: size, reducedMotion: 'reduce' });
  const asked: PageMessage[] = [];
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  await page.exposeFunction('hostAnswer', async (message: PageMessage): Promise<HostMessage> => {
    asked.push(message);
    try {
      return { kind: 'reply', id: message.id, result: (await answer(message)) ?? null };
    } catch (error) {
      return { kind: 'reply', id: message.id, error: { kind: 'failed', message: (error as Error).message } };
    }
  });
  await page.addInitScript(installHost, THEMES[theme]);
  await options.prepare?.(page);
  await page.goto(server.address);
  return {
    page,
    asked,
    problems,
    send: (event) => page.evaluate((data) => window.postMessage(data, '*'), { kind: 'event', ...event }),
  };
}

/** Changes the theme of a page as VS Code does, without a reload. */
export async function setTheme(page: Page, theme: ThemeName): Promise<void> {
  await page.evaluate(({ variables, bodyClass }) => {
    document.documentElement.removeAttribute('style');
    for (const [name, value] of Object.entries(variables)) document.documentElement.style.setProperty(name, value);
    document.body.className = bodyClass;
    document.body.dataset.vscodeThemeKind = bodyClass.split(' ')[0];
  }, THEMES[theme]);
}

/** Violations of the security policy so far. */
export function violations(page: Page): Promise<string[]> {
  return page.evaluate(() => (window as unknown as { violations: string[] }).violations);
}

/** Where screenshots go, if anywhere: a folder in `PRUNELENS_SCREENSHOTS`. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env.PRUNELENS_SCREENSHOTS;
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`) });
}

/** The text that a page has given to save under a name's ending, or its base64 data. */
export function savedFile(asked: readonly PageMessage[], ending: string): string | undefined {
  for (const message of [...asked].reverse()) {
    if (message.kind !== 'action' || message.action !== 'saveFile' || !message.params.name.endsWith(ending)) continue;
    return 'text' in message.params ? message.params.text : message.params.dataBase64;
  }
  return undefined;
}
