/** A page in a webview: its document, the answers to its questions, and events to it. */
import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { ColorThemeKind, type Disposable, env, Uri, type WebviewPanel, window, workspace } from 'vscode';
import type { HostMessage, PageContext, PageEvent, SavedContents, Theme } from '../../server/protocol/webview';
import { askModel } from '../ask';
import { exportMasksOf, tellSaved } from '../commands/exportMasks';
import { resumeRun, stopRun } from '../commands/runs';
import { revealSource, showFailure } from '../failures';
import { modelTitle } from '../format';
import type { Lens } from '../lens';
import { METHODS } from '../methods';
import { runWithProgress } from '../progress';
import { type ActionHandlers, replyTo } from './bridge';
import { pageHtml } from './html';

const THEMES: { readonly [kind in ColorThemeKind]: Theme } = {
  [ColorThemeKind.Light]: 'light',
  [ColorThemeKind.Dark]: 'dark',
  [ColorThemeKind.HighContrast]: 'high-contrast',
  [ColorThemeKind.HighContrastLight]: 'high-contrast-light',
};

export interface PageOptions {
  readonly lens: Lens;
  readonly panel: WebviewPanel;
  /** Base name of its script and style sheet in dist/. */
  readonly name: 'heatmap' | 'curves' | 'survival';
  readonly context: () => Pick<PageContext, 'model' | 'runs' | 'comparison' | 'report'>;
}

async function saveFile(name: string, contents: SavedContents): Promise<{ readonly file: string } | null> {
  const folder = workspace.workspaceFolders?.[0]?.uri;
  const extension = /\.(\w+)$/.exec(name)?.[1];
  const target = await window.showSaveDialog({
    ...(folder && { defaultUri: Uri.joinPath(folder, basename(name)) }),
    ...(extension && { filters: { [extension.toUpperCase()]: [extension] } }),
  });
  if (!target) return null;
  const bytes = 'text' in contents ? Buffer.from(contents.text, 'utf8') : Buffer.from(contents.dataBase64, 'base64');
  await workspace.fs.writeFile(target, bytes);
  tellSaved(target.fsPath);
  return { file: target.fsPath };
}

function actionsOf({ lens, context }: PageOptions): ActionHandlers {
  const { server } = lens;
  return {
    ready: async () => ({ ...context(), methods: METHODS, theme: THEMES[window.activeColorTheme.kind] }),
    reveal: async ({ file, line, column }) => {
      await revealSource(file, line, column);
      return null;
    },
    score: async ({ model, method }) => {
      const argument = { model, ...(method !== undefined && { method }) };
      await runWithProgress(server, `Scoring ${modelTitle(model)}`, 'prunelens.server.score', argument);
      return null;
    },
    exportMasks: async ({ model, ...choice }) => {
      const entry = await askModel(server, 'Export masks', model);
      const file = entry && (await exportMasksOf(lens, entry, choice));
      return file === undefined ? null : { file };
    },
    stopRun: async ({ run }) => {
      await stopRun(lens, run);
      return null;
    },
    resumeRun: async ({ run: folder }) => {
      const run = (await server.request('prunelens/runs', {})).find((one) => one.run === folder);
      if (!run) throw new Error(`There is no run in ${folder} any more.`);
      // The reply says that it was begun; how it goes is told by events, and a failure by a message.
      resumeRun(lens, run).catch(showFailure);
      return null;
    },
    saveFile: ({ name, ...contents }) => saveFile(name, contents),
    copy: async ({ text }) => {
      await env.clipboard.writeText(text);
      return null;
    },
  };
}

export interface Page {
  /** Tells the page; lost while it is hidden, as it then asks anew when it is shown again. */
  send(event: PageEvent): void;
}

/** Fills a panel with its page. Everything it holds on to goes with the panel. */
export function createPage(options: PageOptions): Page {
  const { lens, panel, name } = options;
  const { webview } = panel;
  const { server } = lens;
  const folder = Uri.joinPath(lens.extensionUri, 'dist');
  const address = (file: string) => webview.asWebviewUri(Uri.joinPath(folder, file)).toString();
  const post = (message: HostMessage) => void webview.postMessage(message);
  const send = (event: PageEvent) => post({ kind: 'event', ...event });
  const actions = actionsOf(options);
  const disposables: Disposable[] = [
    webview.onDidReceiveMessage(async (message: unknown) => {
      const reply = await replyTo(message, { request: (request, params) => server.request(request, params), actions });
      if (reply) post(reply);
    }),
    server.onModelChanged((model) => send({ event: 'modelChanged', model })),
    server.onRunsChanged((runs) => send({ event: 'runsChanged', runs })),
    server.onTraining((training) => send({ event: 'training', training })),
    server.onStatus((status) => status && send({ event: 'status', status })),
    window.onDidChangeActiveColorTheme(({ kind }) => send({ event: 'theme', theme: THEMES[kind] })),
  ];
  panel.onDidDispose(() => {
    for (const disposable of disposables) disposable.dispose();
  });
  webview.options = { enableScripts: true, localResourceRoots: [folder] };
  webview.html = pageHtml({
    title: panel.title,
    script: address(`${name}.js`),
    style: address(`${name}.css`),
    source: webview.cspSource,
    nonce: randomBytes(18).toString('base64'),
  });
  return { send };
}
