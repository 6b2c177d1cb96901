/** The heatmap: one panel, which shows one model at a time. */
import { type Disposable, Uri, ViewColumn, type WebviewPanel, window } from 'vscode';
import type { PageState } from '../../server/protocol/webview';
import { modelTitle } from '../format';
import type { Lens } from '../lens';
import { createPage, type Page } from './page';

const TYPE = 'prunelens.heatmap';

const titleOf = (model: string | undefined) => (model === undefined ? 'Heatmap' : `Heatmap: ${modelTitle(model)}`);

export interface HeatmapPanel extends Disposable {
  show(model: string): void;
}

export function createHeatmapPanel(lens: () => Lens): HeatmapPanel {
  let shown: { readonly panel: WebviewPanel; readonly page: Page } | undefined;
  let model: string | undefined;

  const fill = (panel: WebviewPanel) => {
    const { extensionUri } = lens();
    panel.title = titleOf(model);
    panel.iconPath = Uri.joinPath(extensionUri, 'client', 'media', 'heatmap.svg');
    const context = () => (model === undefined ? {} : { model });
    shown = { panel, page: createPage({ lens: lens(), panel, name: 'heatmap', context }) };
    panel.onDidDispose(() => {
      if (shown?.panel === panel) shown = undefined;
    });
  };

  const serializer = window.registerWebviewPanelSerializer(TYPE, {
    async deserializeWebviewPanel(panel, state: PageState | undefined) {
      model = state?.model ?? model;
      fill(panel);
    },
  });

  return {
    show(next) {
      model = next;
      if (!shown) return fill(window.createWebviewPanel(TYPE, titleOf(next), besideCode()));
      shown.panel.title = titleOf(next);
      shown.panel.reveal(undefined, true);
      shown.page.send({ event: 'selectModel', model: next });
    },
    dispose: () => serializer.dispose(),
  };
}

/** Where pages open: beside the code, which keeps the focus. */
export function besideCode() {
  return { viewColumn: ViewColumn.Beside, preserveFocus: true };
}
