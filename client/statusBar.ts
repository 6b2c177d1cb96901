/** The item in the status bar: backend and device, or the running job. */
import { commands, type Disposable, MarkdownString, StatusBarAlignment, ThemeColor, window } from 'vscode';
import type { ServerStatus } from '../server/protocol/editor';
import { statusLine } from './format';
import type { Server } from './serverTypes';

export function createStatusBar(server: Server): Disposable[] {
  const item = window.createStatusBarItem('prunelens.status', StatusBarAlignment.Right, 50);
  item.name = 'PruneLens';
  item.command = 'prunelens.statusMenu';
  const show = (status: ServerStatus | undefined) => {
    const { text, tooltip, severity } = statusLine(status);
    item.text = text;
    item.tooltip = new MarkdownString().appendText(tooltip);
    item.accessibilityInformation = { label: `PruneLens: ${tooltip}` };
    item.backgroundColor = severity === 'none' ? undefined : new ThemeColor(`statusBarItem.${severity}Background`);
    void commands.executeCommand('setContext', 'prunelens.hasJobs', (status?.jobs.length ?? 0) > 0);
  };
  show(server.status());
  item.show();
  return [item, server.onStatus(show)];
}
