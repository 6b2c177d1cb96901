/** The curves' page as it follows from its state. */
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import type { ExportFormat } from '../shared/pictures';
import { readPalette } from '../shared/theme';
import { Button, Checkbox, Grid, Panels } from '../shared/toolkit';
import { ExportBar, Notices } from '../shared/view';
import { type ComparisonActions, ComparisonView } from './ComparisonView';
import { epochColumns, epochRows } from './exports';
import { RunChartView } from './RunChartsView';
import { RunList, type RunListActions } from './RunList';
import { runCharts } from './runCurves';
import { readRuns, runColors, shownComparison } from './selectors';
import { type CurvesPage, shownRuns } from './state';

/** What the page does; nothing of it changes while the page lives. */
export interface CurvesActions extends RunListActions, ComparisonActions {
  onTab(tab: string): void;
  onLogLoss(log: boolean): void;
  onLogEpochs(log: boolean): void;
  onExport(format: ExportFormat): void;
  onCloseNotice(message: string): void;
}

interface CurvesProperties {
  readonly page: CurvesPage;
  readonly actions: CurvesActions;
}

interface RunsProperties extends CurvesProperties {
  readonly colors: ReadonlyMap<string, string>;
}

function Training({ page, actions, colors }: RunsProperties): VNode {
  const { table, logLoss, logEpochs, hidden, theme, runs, shown, metrics } = page;
  const charts = useMemo(() => runCharts(readRuns(page), colors), [runs, shown, metrics, theme]);
  if (shownRuns(page).length === 0) {
    return (
      <div class="view">
        <div class="empty">
          <h2>No run is shown</h2>
          <p>Choose runs in the list, or start one: “Train masked” in the lens above a model.</p>
        </div>
      </div>
    );
  }
  return (
    <div class="view">
      <div class="toolbar">
        <Checkbox label="Log loss" checked={logLoss} onChange={actions.onLogLoss} />
        <Checkbox label="Log epochs" checked={logEpochs} onChange={actions.onLogEpochs} />
        <Button label="Reset zoom" onClick={actions.onResetZoom} />
      </div>
      <div class="run-charts">
        {charts.map((chart) => (
          <RunChartView
            key={`${chart.title} ${theme}`}
            chart={chart}
            table={table}
            logLoss={logLoss}
            logEpochs={logEpochs}
            hidden={hidden}
            actions={actions}
          />
        ))}
      </div>
    </div>
  );
}

function Epochs({ page }: { readonly page: CurvesPage }): VNode {
  const { runs, shown, metrics } = page;
  const read = useMemo(() => readRuns(page), [runs, shown, metrics]);
  const isOpen = page.tab === 'table';
  const rows = useMemo(() => (isOpen ? epochRows(read) : []), [read, isOpen]);
  return (
    <div class="view">
      <Grid label="Epochs" columns={epochColumns(read)} rows={rows} />
    </div>
  );
}

export function CurvesView({ page, actions }: CurvesProperties): VNode {
  const { runs, shown, comparisons, comparison, model, metric, methods, theme } = page;
  const colors = useMemo(() => runColors(page, readPalette().series), [runs, shown, theme]);
  const compared = useMemo(() => shownComparison(page), [comparisons, comparison, model, metric, methods]);
  return (
    <>
      <Notices messages={page.notices} onClose={actions.onCloseNotice} />
      <main class="curves">
        <RunList runs={runs} shown={shown} colors={colors} progress={page.progress} actions={actions} />
        <div class="curves-main">
          <ExportBar onExport={actions.onExport} />
          <Panels
            label="Views"
            tabs={[
              {
                id: 'runs',
                title: 'Training',
                content: <Training page={page} actions={actions} colors={colors} />,
              },
              {
                id: 'comparison',
                title: 'Comparison',
                content: <ComparisonView page={page} shown={compared} actions={actions} />,
              },
              { id: 'table', title: 'Table', content: <Epochs page={page} /> },
            ]}
            shown={page.tab}
            onChange={actions.onTab}
          />
        </div>
      </main>
    </>
  );
}
