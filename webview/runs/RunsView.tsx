/** The page with the table of runs as it follows from its state. */
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { Notices } from '../shared/view';
import { Details, type DetailsActions } from './Details';
import { linesOf, shownRows, tableColumns } from './lines';
import { RunsTable, type TableActions } from './RunsTable';
import type { RunsPage } from './state';
import { Toolbar, type ToolbarActions } from './Toolbar';

/** What the page does; nothing of it changes while the page lives. */
export interface RunsActions extends ToolbarActions, TableActions, DetailsActions {
  onCloseNotice(message: string): void;
}

interface RunsProperties {
  readonly page: RunsPage;
  readonly actions: RunsActions;
}

function Empty(): VNode {
  return (
    <div class="empty">
      <h2>No runs yet</h2>
      <p>
        Train from the lens above a model, compare methods, or use the command “prunelens train”: each run is a line of
        this table.
      </p>
    </div>
  );
}

export function RunsView({ page, actions }: RunsProperties): VNode {
  const { rows, filter, isPattern, showsArchived, sorting, comparison, grouping, opened, columns, selected } = page;
  const shown = useMemo(() => shownRows(page), [rows, filter, isPattern, showsArchived, sorting, comparison]);
  const lines = useMemo(() => linesOf(page), [shown, grouping, opened]);
  const shownColumns = useMemo(() => tableColumns(page), [columns, rows]);
  const chosen = useMemo(() => (rows ?? []).filter(({ run }) => selected.has(run)), [rows, selected]);
  return (
    <>
      <Notices messages={page.notices} onClose={actions.onCloseNotice} />
      <main class="framed">
        <Toolbar page={page} shown={shown.length} chosen={chosen} actions={actions} />
        {rows?.length === 0 ? (
          <Empty />
        ) : (
          <div class="framed-body">
            <RunsTable page={page} lines={lines} columns={shownColumns} actions={actions} />
            {chosen.length > 0 && <Details chosen={chosen} actions={actions} />}
          </div>
        )}
      </main>
    </>
  );
}
