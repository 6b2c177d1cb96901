/** The extension's pages. */
import { basename } from 'node:path';
import type { FormKind } from '../../server/protocol/catalogue/derive';
import { FORM_TITLES } from '../../server/protocol/form';
import type { PageState } from '../../server/protocol/webview';
import type { Lens } from '../lens';
import { createPanel, FORM_PANEL, type Panel } from './panel';

type CurvesSelection = Pick<PageState, 'runs' | 'comparison'> & {
  /** Runs are shown besides those that an open page shows. */
  readonly adds?: true;
};

export interface Panels {
  /** Of one model. */
  readonly heatmap: Panel<{ readonly model: string }>;
  /** The layers of one model and how they are connected. */
  readonly architecture: Panel<{ readonly model: string }>;
  /** The form before work on a model. */
  readonly form: Panel<{ readonly model: string; readonly form: FormKind }>;
  /** Of some runs, of a comparison, or of what there is. */
  readonly curves: Panel<CurvesSelection>;
  /** The table of runs, of all or of a comparison. */
  readonly runs: Panel<Pick<PageState, 'comparison'>>;
  /** Pictures of one report on which weights survive. */
  readonly survival: Panel<{ readonly report: string }>;
}

export function createPanels(lens: Lens): Panels {
  return {
    heatmap: createPanel(lens, {
      type: 'prunelens.heatmap',
      bundle: 'heatmap',
      icon: 'heatmap.svg',
      title: (shown) => (shown ? `Heatmap: ${lens.server.nameOf(shown.model)}` : 'Heatmap'),
      restore: ({ model }) => (model === undefined ? undefined : { model }),
      select: ({ model }) => ({ event: 'selectModel', model }),
    }),
    architecture: createPanel(lens, {
      type: 'prunelens.architecture',
      bundle: 'architecture',
      icon: 'architecture.svg',
      title: (shown) => (shown ? `Architecture: ${lens.server.nameOf(shown.model)}` : 'Architecture'),
      restore: ({ model }) => (model === undefined ? undefined : { model }),
      select: ({ model }) => ({ event: 'selectModel', model }),
    }),
    form: createPanel(lens, {
      type: FORM_PANEL,
      bundle: 'form',
      icon: 'form.svg',
      title: (shown) => (shown ? `${FORM_TITLES[shown.form]}: ${lens.server.nameOf(shown.model)}` : 'Train'),
      restore: ({ model, form }) => (model === undefined || form === undefined ? undefined : { model, form }),
      select: ({ model, form }) => ({ event: 'selectForm', model, form }),
    }),
    curves: createPanel(lens, {
      type: 'prunelens.curves',
      bundle: 'curves',
      icon: 'curves.svg',
      title: () => 'Curves',
      restore: ({ runs, comparison }) => ({ ...(runs && { runs }), ...(comparison !== undefined && { comparison }) }),
      select: (shown) => ({ event: 'selectRuns', ...shown }),
    }),
    runs: createPanel(lens, {
      type: 'prunelens.runTable',
      bundle: 'runs',
      icon: 'runs.svg',
      title: () => 'Runs',
      isInFront: true,
      // What it shows is its own.
      restore: (): { readonly comparison?: string } => ({}),
      // Else it stays as it is.
      select: ({ comparison }) => (comparison === undefined ? undefined : { event: 'selectRuns', comparison }),
    }),
    survival: createPanel(lens, {
      type: 'prunelens.survival',
      bundle: 'survival',
      icon: 'heatmap.svg',
      title: (shown) => (shown ? `Survival: ${basename(shown.report, '.json')}` : 'Survival'),
      restore: ({ report }) => (report === undefined ? undefined : { report }),
      select: ({ report }) => ({ event: 'selectReport', report }),
    }),
  };
}
