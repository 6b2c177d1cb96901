/** The curves' page as it follows from its state. */
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import type { ExportFormat } from '../shared/pictures';
import { readPalette } from '../shared/theme';
import { Grid, Panels } from '../shared/toolkit';
import { ExportBar, Notices } from '../shared/view';
import { type ComparisonActions, ComparisonView } from './ComparisonView';
import { epochColumns, epochRows } from './exports';
import { type OptionsActions, OptionsView } from './OptionsView';
import { type PlaneActions, PlaneView } from './PlaneView';
import { RunCharts } from './RunChartsView';
import { RunList, type RunListActions } from './RunList';
import { drawnColors, readRuns, shownComparison } from './selectors';
import { type CurvesPage, shownRuns } from './state';

/** What the page does; nothing of it changes while the page lives. */
export interface CurvesActions extends RunListActions, ComparisonActions, OptionsActions, PlaneActions {
  onTab(tab: string): void;
  onExport(format: ExportFormat): void;
  onCloseNotice(message: string): void;
}

interface CurvesProperties {
  readonly page: CurvesPage;
  readonly actions: CurvesActions;
}

function Training({ page, actions }: CurvesProperties): VNode {
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
      <OptionsView options={page.options} logLoss={page.logLoss} logEpochs={page.logEpochs} actions={actions} />
      <RunCharts page={page} actions={actions} />
    </div>
  );
}

function Epochs({ page }: { readonly page: CurvesPage }): VNode {
  const { runs, shown, metrics, options } = page;
  const read = useMemo(() => readRuns(page), [runs, shown, metrics, options.baseline]);
  const isOpen = page.tab === 'table';
  const rows = useMemo(() => (isOpen ? epochRows(read) : []), [read, isOpen]);
  return (
    <div class="view">
      <Grid label="Epochs" columns={epochColumns(read)} rows={rows} />
    </div>
  );
}

export function CurvesView({ page, actions }: CurvesProperties): VNode {
  const { runs, shown, comparisons, comparison, model, metric, methods, theme, options } = page;
  const colors = useMemo(() => drawnColors(page, readPalette()), [runs, shown, theme, options.baseline]);
  const compared = useMemo(() => shownComparison(page), [comparisons, comparison, model, metric, methods]);
  // What is not in front would be laid out for no width.
  const plots = <div class="view">{page.tab === 'plane' && <PlaneView page={page} actions={actions} />}</div>;
  return (
    <>
      <Notices messages={page.notices} onClose={actions.onCloseNotice} />
      <main class="curves">
        <RunList
          runs={runs}
          shown={shown}
          baseline={options.baseline}
          colors={colors}
          progress={page.progress}
          actions={actions}
        />
        <div class="curves-main">
          <ExportBar onExport={actions.onExport} />
          <Panels
            label="Views"
            tabs={[
              {
                id: 'runs',
                title: 'Training',
                content: <Training page={page} actions={actions} />,
              },
              {
                id: 'comparison',
                title: 'Comparison',
                content: <ComparisonView page={page} shown={compared} actions={actions} />,
              },
              { id: 'plane', title: 'Plots', content: plots },
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
