/**
 * Reports in a panel, wherever the files are. Of the file only the results are taken, which are data: the page that shows them is
 * that of the extension, so nothing that somebody else has put into a report runs.
 */
import { randomBytes } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { env, RelativePattern, Uri, ViewColumn, type WebviewPanel, window, workspace } from 'vscode';
import { reportHtml, resultsIn } from './reportDocument';

export const REPORT_PANEL = 'prunelens.report';

/** Bytes beyond which a report is not read. */
const LARGEST = 128 * 2 ** 20;

async function resultsOf(report: Uri): Promise<string> {
  const { size } = await workspace.fs.stat(report);
  const text = size > LARGEST ? '' : Buffer.from(await workspace.fs.readFile(report)).toString('utf8');
  const results = resultsIn(text);
  if (results === undefined) throw new Error(`${report.fsPath} is not a report of a comparison or a sweep.`);
  return results;
}

export interface ReportPanels {
  /** Opens a report, or shows the panel that it is open in. */
  show(report: Uri): Promise<void>;
  /** Opens the report of the panel that is looked at in the browser. */
  openInBrowser(): Promise<void>;
}

export function createReportPanels(extension: Uri): ReportPanels {
  const open = new Map<string, WebviewPanel>();
  const folder = Uri.joinPath(extension, 'dist');

  const fill = async (panel: WebviewPanel, report: Uri) => {
    const { webview } = panel;
    const address = (file: string) => webview.asWebviewUri(Uri.joinPath(folder, file)).toString();
    webview.html = reportHtml({
      title: panel.title,
      script: address('report.js'),
      style: address('report.css'),
      source: webview.cspSource,
      nonce: randomBytes(18).toString('base64'),
      results: await resultsOf(report),
    });
  };

  return {
    async show(report) {
      const key = report.toString();
      const known = open.get(key);
      if (known) return known.reveal();
      const title = `Report: ${basename(dirname(report.fsPath))}`;
      // Before a panel is there: what is no report opens none.
      await resultsOf(report);
      const panel = window.createWebviewPanel(REPORT_PANEL, title, ViewColumn.Active, {
        enableScripts: true,
        localResourceRoots: [folder],
      });
      panel.iconPath = Uri.joinPath(extension, 'client', 'media', 'curves.svg');
      open.set(key, panel);
      const pattern = new RelativePattern(Uri.file(dirname(report.fsPath)), basename(report.fsPath));
      const watcher = workspace.createFileSystemWatcher(pattern, false, false, true);
      // A report that is being written again is shown when it is whole.
      const refresh = () => void fill(panel, report).catch(() => {});
      watcher.onDidChange(refresh);
      watcher.onDidCreate(refresh);
      panel.onDidDispose(() => {
        open.delete(key);
        watcher.dispose();
      });
      await fill(panel, report);
    },
    async openInBrowser() {
      const active = [...open].find(([, panel]) => panel.active);
      if (active) await env.openExternal(Uri.parse(active[0]));
    },
  };
}
