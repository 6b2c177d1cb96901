/** The curves: one panel for the runs and comparisons that are selected. */
import { type Disposable, Uri, type WebviewPanel, window } from 'vscode';
import type { PageState } from '../../server/protocol/webview';
import type { Lens } from '../lens';
import { besideCode } from './heatmapPanel';
import { createPage, type Page } from './page';

const TYPE = 'prunelens.curves';
const TITLE = 'Curves';

export type CurvesSelection = Pick<PageState, 'runs' | 'comparison'>;

export interface CurvesPanel extends Disposable {
  show(selection: CurvesSelection): void;
}

export function createCurvesPanel(lens: () => Lens): CurvesPanel {
  let shown: { readonly panel: WebviewPanel; readonly page: Page } | undefined;
  let selection: CurvesSelection = {};

  const fill = (panel: WebviewPanel) => {
    panel.title = TITLE;
    panel.iconPath = Uri.joinPath(lens().extensionUri, 'client', 'media', 'curves.svg');
    shown = { panel, page: createPage({ lens: lens(), panel, name: 'curves', context: () => selection }) };
    panel.onDidDispose(() => {
      if (shown?.panel === panel) shown = undefined;
    });
  };

  const serializer = window.registerWebviewPanelSerializer(TYPE, {
    async deserializeWebviewPanel(panel, state: PageState | undefined) {
      selection = {
        ...(state?.runs && { runs: state.runs }),
        ...(state?.comparison !== undefined && { comparison: state.comparison }),
      };
      fill(panel);
    },
  });

  return {
    show(next) {
      selection = next;
      if (!shown) return fill(window.createWebviewPanel(TYPE, TITLE, besideCode()));
      shown.panel.reveal(undefined, true);
      shown.page.send({ event: 'selectRuns', ...next });
    },
    dispose: () => serializer.dispose(),
  };
}
