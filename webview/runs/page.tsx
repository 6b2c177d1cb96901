/** The page with the table of runs: its state, what it asks of the host, and its view, put together. */
import { createStore } from '../shared/store';
import { renderState } from '../shared/view';
import { type Controller, createController, type RunsHost, type RunsStore } from './controller';
import { linesOf, tableColumns } from './lines';
import { type RunsActions, RunsView } from './RunsView';
import { allToggled, clicked, keyPressed } from './selection';
import { firstState, type RunsPage, reduce } from './state';

const selectedOf = ({ selected }: RunsPage) => [...selected];

function createActions({ state, dispatch }: RunsStore, controller: Controller): RunsActions {
  /** Keys that do something to runs, and not only to what is selected. */
  const act = (key: string): boolean => {
    const page = state();
    const { active, activeColumn } = page;
    if (key === 'Delete' && page.selected.size > 0) controller.deleteRuns(selectedOf(page));
    else if (key === 'F2' && page.rows?.some(({ run }) => run === active)) controller.rename(active!);
    else if (key === 'Enter' && page.rows?.some(({ run }) => run === active)) controller.showCurves([active!]);
    else if ((key === 'Enter' || key === ' ') && active === undefined) {
      dispatch({ kind: 'sorted', column: tableColumns(page)[activeColumn].key });
    } else return false;
    return true;
  };
  return {
    onFilter: (filter) => dispatch({ kind: 'filterSet', filter }),
    onPattern: (isPattern) => dispatch({ kind: 'filterSet', isPattern }),
    onArchived: (isOn) => dispatch({ kind: 'archivedShown', isOn }),
    onComparison: (comparison) => dispatch({ kind: 'narrowed', comparison }),
    onResumeSweep: controller.resumeSweep,
    onGrouping: (grouping) => dispatch({ kind: 'grouped', grouping }),
    onColumn: (column, isOn) => dispatch({ kind: 'columnToggled', column, isOn }),
    onUsualColumns: () => dispatch({ kind: 'columnsReset' }),
    onSort: (column) => dispatch({ kind: 'sorted', column }),
    onToggleGroup: (group) => dispatch({ kind: 'groupToggled', group }),
    onClick: (line, modifiers) => dispatch(clicked(state(), linesOf(state()), line, modifiers)),
    onToggleAll: () => dispatch(allToggled(state(), linesOf(state()))),
    onKey(key) {
      if (act(key.key)) return true;
      const event = keyPressed(state(), linesOf(state()), key);
      if (event) dispatch(event);
      return event !== undefined;
    },
    onCurves: (run) => controller.showCurves(run === undefined ? selectedOf(state()) : [run]),
    onDelete: () => controller.deleteRuns(selectedOf(state())),
    onRename: controller.rename,
    onShowModel: controller.showModel,
    onNote: controller.note,
    onExport: controller.exportTable,
    onCloseNotice: (message) => dispatch({ kind: 'noticeClosed', message }),
  };
}

/** Builds the page in `body` and follows the host until the page goes. */
export async function startRuns(host: RunsHost, body: HTMLElement): Promise<void> {
  const store = createStore(reduce, firstState(host.kept()));
  const controller = createController(host, store);
  const actions = createActions(store, controller);
  renderState(store, body, (page) => <RunsView page={page} actions={actions} />);
  const { comparison } = await host.action('ready', {});
  store.dispatch({ kind: 'asked', comparison });
  controller.readRows();
}
