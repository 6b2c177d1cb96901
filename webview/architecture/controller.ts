/** What the architecture graph asks of the host, and when. */
import type { SourceLocation } from '../../server/protocol/errors';
import { type Host, isCancelled, messageOf } from '../shared/host';
import { latestOnly } from '../shared/latest';
import { type Store, whenChanged } from '../shared/store';
import type { ArchitectureEvent, ArchitecturePage, ArchitecturePageState } from './state';

export type ArchitectureHost = Host<ArchitecturePageState>;
export type ArchitectureStore = Store<ArchitecturePage, ArchitectureEvent>;

export interface Controller {
  /** Shows a model, with these modules open; those that keep it readable where none are given. */
  show(model: string, opened?: readonly string[]): void;
  reveal(place: SourceLocation): void;
}

export function createController(host: ArchitectureHost, store: ArchitectureStore): Controller {
  const { dispatch, state } = store;
  const fail = (error: unknown) => {
    if (!isCancelled(error)) dispatch({ kind: 'failed', message: messageOf(error) });
  };
  const read = latestOnly(
    async ({ model, opened }: { readonly model: string; readonly opened?: readonly string[] }) => {
      const told = await host.request('prunelens/heatmap', { model });
      if (model === state().model) dispatch({ kind: 'modelTold', state: told, ...(opened && { opened }) });
    },
    fail,
  );
  const show = (model: string, opened?: readonly string[]) => {
    dispatch({ kind: 'modelChosen', model });
    read({ model, ...(opened && { opened }) });
  };
  whenChanged(
    store,
    ({ model, tree, opened }) => (model === undefined || !tree ? undefined : { model, opened: [...opened] }),
    (kept) => host.keep(kept),
  );
  host.onEvent((event) => {
    if (event.event === 'selectModel') show(event.model);
    if (event.event === 'modelChanged' && event.model === state().model) read({ model: event.model });
    if (event.event === 'cursor') dispatch({ kind: 'lineShown', file: event.file, line: event.line });
  });
  return {
    show,
    reveal: ({ file, line, column }) => void host.action('reveal', { file, line, column }).catch(fail),
  };
}
