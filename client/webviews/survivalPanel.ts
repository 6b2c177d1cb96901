/** Pictures of which weights survive: one panel, which shows one report at a time. */
import { basename } from 'node:path';
import { type Disposable, Uri, type WebviewPanel, window } from 'vscode';
import type { PageState } from '../../server/protocol/webview';
import type { Lens } from '../lens';
import { besideCode } from './heatmapPanel';
import { createPage, type Page } from './page';

const TYPE = 'prunelens.survival';

const titleOf = (report: string | undefined) =>
  report === undefined ? 'Survival' : `Survival: ${basename(report, '.json')}`;

export interface SurvivalPanel extends Disposable {
  show(report: string): void;
}

export function createSurvivalPanel(lens: () => Lens): SurvivalPanel {
  let shown: { readonly panel: WebviewPanel; readonly page: Page } | undefined;
  let report: string | undefined;

  const fill = (panel: WebviewPanel) => {
    panel.title = titleOf(report);
    panel.iconPath = Uri.joinPath(lens().extensionUri, 'client', 'media', 'heatmap.svg');
    const context = () => (report === undefined ? {} : { report });
    shown = { panel, page: createPage({ lens: lens(), panel, name: 'survival', context }) };
    panel.onDidDispose(() => {
      if (shown?.panel === panel) shown = undefined;
    });
  };

  const serializer = window.registerWebviewPanelSerializer(TYPE, {
    async deserializeWebviewPanel(panel, state: PageState | undefined) {
      report = state?.report ?? report;
      fill(panel);
    },
  });

  return {
    show(next) {
      report = next;
      if (!shown) return fill(window.createWebviewPanel(TYPE, titleOf(next), besideCode()));
      shown.panel.title = titleOf(next);
      shown.panel.reveal(undefined, true);
      shown.page.send({ event: 'selectReport', report: next });
    },
    dispose: () => serializer.dispose(),
  };
}
