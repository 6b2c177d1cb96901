/** The heatmap's page as it follows from its state. */
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import type { HeatmapState } from '../../server/protocol/editor';
import type { Chart } from '../shared/chart/chart';
import { Grid, Panels } from '../shared/toolkit';
import { Mount, Notices } from '../shared/view';
import { comparedWith } from './compared';
import { ChooseMethod, ChooseModel, Failed, Loading } from './EmptyState';
import { GradientNormsView } from './GradientNormsView';
import { Header, type HeaderActions } from './Header';
import { HistogramView } from './HistogramView';
import { type LayersActions, LayersView } from './LayersView';
import type { RepaintWatch } from './repaint';
import { AGAIN_COLUMN, OVERLAP_COLUMNS, TABLE_COLUMNS, tableRow } from './rowNumbers';
import { rowsOf, tileInput } from './selectors';
import { type HeatmapPage, shownScore } from './state';
import type { TileHost } from './Tile';

/** What the page does; nothing of it changes while the page lives. */
export interface HeatmapActions extends HeaderActions, LayersActions {
  readonly tiles: TileHost;
  readonly repaint: RepaintWatch;
  onTab(tab: string): void;
  onHistogramWeight(weight: string): void;
  onLogCounts(log: boolean): void;
  /** Hears of the charts that are drawn. */
  onHistogramChart(chart: Chart | undefined): void;
  onGradientsChart(chart: Chart | undefined): void;
  onCloseNotice(message: string): void;
}

interface HeatmapProperties {
  readonly page: HeatmapPage;
  readonly actions: HeatmapActions;
}

/** The model with its four views. */
function Model({ page, actions, answer }: HeatmapProperties & { readonly answer: HeatmapState }): VNode {
  const [shown, compared] = [shownScore(page), comparedWith(page)];
  const { sparsity, tab, selection, overlap, compare, theme } = page;
  const input = useMemo(() => tileInput(page), [shown?.scoreId, JSON.stringify(compared), sparsity]);
  const rows = useMemo(() => rowsOf(page), [answer, selection, overlap, compare]);
  const tableRows = useMemo(() => (tab === 'table' ? rows.map(tableRow) : []), [rows, tab]);
  const layers = (
    <div class="view">
      <LayersView
        host={actions.tiles}
        repaint={actions.repaint}
        summary={answer.summary}
        rows={rows}
        input={input}
        viewports={page.viewports}
        theme={theme}
        list={page.list}
        opened={page.opened}
        actions={actions}
      />
    </div>
  );
  const histogram = (
    <div class="view">
      <HistogramView
        page={page}
        onWeight={actions.onHistogramWeight}
        onLogCounts={actions.onLogCounts}
        onChart={actions.onHistogramChart}
      />
    </div>
  );
  const gradients = (
    <div class="view">
      <GradientNormsView score={shown} theme={theme} onChart={actions.onGradientsChart} />
    </div>
  );
  const table = (
    <div class="view">
      <Grid
        label="Layers"
        columns={[...TABLE_COLUMNS, ...(shown?.stability ? [AGAIN_COLUMN] : []), ...(compared ? OVERLAP_COLUMNS : [])]}
        rows={tableRows}
      />
    </div>
  );
  return (
    <Panels
      label="Views"
      tabs={[
        { id: 'layers', title: 'Layers', content: layers },
        { id: 'histogram', title: 'Scores', content: histogram },
        { id: 'gradients', title: 'Gradients', content: gradients },
        { id: 'table', title: 'Table', content: table },
      ]}
      shown={tab}
      onChange={actions.onTab}
    />
  );
}

function Main({ page, actions }: HeatmapProperties): VNode {
  const { phase, models, model, methods, answer, problem } = page;
  switch (phase) {
    case 'choosing':
      return <ChooseModel models={models} onModel={actions.onModel} />;
    case 'failed':
      return <Failed problem={problem} onRetry={() => model !== undefined && actions.onModel(model)} />;
    case 'loaded':
      return answer && shownScore(page) ? (
        <Model page={page} actions={actions} answer={answer} />
      ) : (
        <ChooseMethod methods={methods} onScore={actions.onScore} />
      );
    case 'loading':
      return <Loading />;
  }
}

export function HeatmapView({ page, actions }: HeatmapProperties): VNode {
  return (
    <>
      <Header page={page} actions={actions} />
      <Notices messages={page.notices} onClose={actions.onCloseNotice} />
      <main>
        <Main page={page} actions={actions} />
      </main>
      <Mount node={actions.tiles.tooltip.root} />
    </>
  );
}
