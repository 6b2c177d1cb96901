/** A page in a panel beside the code: one at a time, which can be turned to something else and comes back after a reload. */
import { randomBytes } from 'node:crypto';
import {
  ColorThemeKind,
  commands,
  type Disposable,
  TabInputWebview,
  Uri,
  ViewColumn,
  type WebviewPanel,
  window,
  workspace,
} from 'vscode';
import type { HostMessage, PageEvent, PageState, Theme } from '../../server/protocol/webview';
import type { Lens } from '../lens';
import { METHODS } from '../methods';
import { replyTo } from './bridge';
import { pageHtml } from './html';
import { actionsOf } from './pageActions';

const THEMES: { readonly [kind in ColorThemeKind]: Theme } = {
  [ColorThemeKind.Light]: 'light',
  [ColorThemeKind.Dark]: 'dark',
  [ColorThemeKind.HighContrast]: 'high-contrast',
  [ColorThemeKind.HighContrastLight]: 'high-contrast-light',
};

/** Shares of the window: hints stand at the ends of the lines of code. */
const CODE_AND_PAGE = { orientation: 0, groups: [{ size: 0.6 }, { size: 0.4 }] };

/** Gives code the larger part of the window that a page begins to share with it. */
async function widenCode(): Promise<void> {
  const direction = workspace.getConfiguration('workbench.editor').get('openSideBySideDirection');
  if (direction !== 'down') await commands.executeCommand('vscode.setEditorLayout', CODE_AND_PAGE);
}

/** Beside the code, which keeps the focus. */
const BESIDE = { viewColumn: ViewColumn.Beside, preserveFocus: true };
const IN_FRONT = { viewColumn: ViewColumn.Active, preserveFocus: false };

/** Whether the form is in front, which is beside the code itself: what it leads to takes its place, and is not beside it. */
function isFromForm(): boolean {
  const input = window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof TabInputWebview && input.viewType.endsWith(FORM_PANEL);
}

/** Type of the form's panel. */
export const FORM_PANEL = 'prunelens.form';

export interface PanelOptions<Shown extends PageState> {
  /** Of the webview, as the manifest's activation events name it. */
  readonly type: string;
  /** Base name of the page's script and style sheet in dist/. */
  readonly bundle: string;
  /** File in client/media/. */
  readonly icon: string;
  readonly title: (shown: Shown | undefined) => string;
  /** It takes the code's place, and not one beside it. */
  readonly isInFront?: true;
  /** What is to be shown again after a reload, of what the page has kept; undefined where that is nothing. */
  readonly restore: (kept: PageState) => Shown | undefined;
  /** Turns an open page to something else; undefined where it has nothing else. */
  readonly select: (shown: Shown) => PageEvent | undefined;
}

export interface Panel<Shown> extends Disposable {
  /** Opens the panel, or turns the open one to something else. */
  show(shown: Shown): void;
}

/**
 * Fills a panel with its page, answers the page's messages and tells it what changes. Everything it holds on to goes with the
 * panel.
 *
 * @returns Tells the page; lost while it is hidden, as it then asks anew when it is shown again.
 */
function fillPanel(
  lens: Lens,
  panel: WebviewPanel,
  bundle: string,
  shown: () => PageState,
): (event: PageEvent) => void {
  const { webview } = panel;
  const { server } = lens;
  const folder = Uri.joinPath(lens.extensionUri, 'dist');
  const address = (file: string) => webview.asWebviewUri(Uri.joinPath(folder, file)).toString();
  const post = (message: HostMessage) => void webview.postMessage(message);
  const send = (event: PageEvent) => post({ kind: 'event', ...event });
  const theme = () => THEMES[window.activeColorTheme.kind];
  const actions = actionsOf(lens, () => ({ ...shown(), methods: METHODS, theme: theme() }));
  const settings = workspace.createFileSystemWatcher('**/prunelens.json');
  const settingsChanged = () => send({ event: 'settingsChanged' });
  const disposables: Disposable[] = [
    webview.onDidReceiveMessage(async (message: unknown) => {
      const reply = await replyTo(message, {
        request: (method, params) => server.request({ method }, params),
        actions,
      });
      if (reply) post(reply);
    }),
    server.onModelChanged((model) => send({ event: 'modelChanged', model })),
    server.onRunsChanged((runs) => send({ event: 'runsChanged', runs })),
    server.onTraining((training) => send({ event: 'training', training })),
    server.onStatus((status) => status && send({ event: 'status', status })),
    window.onDidChangeTextEditorSelection(({ textEditor, selections: [selection] }) => {
      const { uri } = textEditor.document;
      if (uri.scheme === 'file') send({ event: 'cursor', file: uri.fsPath, line: selection.active.line + 1 });
    }),
    settings,
    settings.onDidCreate(settingsChanged),
    settings.onDidChange(settingsChanged),
    settings.onDidDelete(settingsChanged),
    window.onDidChangeActiveColorTheme(() => send({ event: 'theme', theme: theme() })),
  ];
  panel.onDidDispose(() => {
    for (const disposable of disposables) disposable.dispose();
  });
  webview.options = { enableScripts: true, localResourceRoots: [folder] };
  webview.html = pageHtml({
    title: panel.title,
    script: address(`${bundle}.js`),
    style: address(`${bundle}.css`),
    source: webview.cspSource,
    nonce: randomBytes(18).toString('base64'),
  });
  return send;
}

/** Makes a panel that can be shown; it is opened by the first `show`, or by the editor after a reload. */
export function createPanel<Shown extends PageState>(lens: Lens, options: PanelOptions<Shown>): Panel<Shown> {
  const { type, bundle, icon, title, isInFront = false, restore, select } = options;
  const place = isInFront ? IN_FRONT : BESIDE;
  let open: { readonly panel: WebviewPanel; readonly send: (event: PageEvent) => void } | undefined;
  let shown: Shown | undefined;

  const fill = (panel: WebviewPanel) => {
    panel.title = title(shown);
    panel.iconPath = Uri.joinPath(lens.extensionUri, 'client', 'media', icon);
    open = { panel, send: fillPanel(lens, panel, bundle, () => shown ?? {}) };
    panel.onDidDispose(() => {
      if (open?.panel === panel) open = undefined;
    });
  };

  const named = lens.server.onNames(() => {
    if (open) open.panel.title = title(shown);
  });
  const serializer = window.registerWebviewPanelSerializer(type, {
    async deserializeWebviewPanel(panel, kept: PageState | undefined) {
      if (kept) shown = restore(kept);
      fill(panel);
    },
  });

  return {
    show(next) {
      shown = next;
      if (!open) {
        const isAlone = window.tabGroups.all.length === 1;
        const there = isFromForm() ? { ...place, viewColumn: ViewColumn.Active } : place;
        fill(window.createWebviewPanel(type, title(next), there, { enableFindWidget: true }));
        if (isAlone && !isInFront) void widenCode();
        return;
      }
      open.panel.title = title(next);
      open.panel.reveal(undefined, place.preserveFocus);
      const event = select(next);
      if (event) open.send(event);
    },
    dispose() {
      named.dispose();
      serializer.dispose();
    },
  };
}
