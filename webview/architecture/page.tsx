/** The page with the architecture graph: its state, what it asks of the host, and its view, put together. */
import { createStore } from '../shared/store';
import { onThemeChange } from '../shared/theme';
import { renderState } from '../shared/view';
import { type ArchitectureActions, ArchitectureView } from './ArchitectureView';
import { type ArchitectureHost, createController } from './controller';
import { firstState, reduce } from './state';

/** Builds the page in `body` and follows the host until the page goes. */
export async function startArchitecture(host: ArchitectureHost, body: HTMLElement): Promise<void> {
  const store = createStore(reduce, firstState);
  const { dispatch } = store;
  const controller = createController(host, store);
  const actions: ArchitectureActions = {
    onSelect: (path) => dispatch({ kind: 'selected', path }),
    onMove: (by) => dispatch({ kind: 'moved', by }),
    onToggle: (path) => dispatch({ kind: 'moduleToggled', path }),
    onToggleAll: (isOpen) => dispatch({ kind: 'allToggled', isOpen }),
    onReveal: controller.reveal,
    onZoom: (zoom) => dispatch({ kind: 'zoomed', zoom }),
    onCloseNotice: (message) => dispatch({ kind: 'noticeClosed', message }),
  };
  renderState(store, body, (page) => <ArchitectureView page={page} actions={actions} />);
  onThemeChange(() => dispatch({ kind: 'themeChanged' }));
  const kept = host.kept();
  const { model } = await host.action('ready', {});
  if (model !== undefined) controller.show(model, kept.model === model ? kept.opened : undefined);
}
