/** The form before work on a model: its state, what it asks of the host, and its view, put together. */
import type { FormKind } from '../../server/protocol/catalogue/derive';
import { createStore } from '../shared/store';
import { renderState } from '../shared/view';
import { createController, type FormHost } from './controller';
import { type FormActions, FormView } from './FormView';
import { firstWrong } from './fields';
import { firstState, reduce } from './state';

/** Gives the focus to a field, and opens what it is folded in. */
function focusField(flag: string): void {
  const field = document.getElementById(`field-${flag}`);
  field?.closest('details')?.setAttribute('open', '');
  field?.focus();
}

/** Builds the page in `body` and follows the host until the page goes. */
export async function startForm(host: FormHost, body: HTMLElement): Promise<void> {
  const store = createStore(reduce, firstState(host.kept()));
  const { dispatch, state } = store;
  const controller = createController(host, store);
  const unlessWrong = (work: () => void) => {
    const wrong = firstWrong(state());
    if (wrong === undefined) work();
    else focusField(wrong);
  };
  const actions: FormActions = {
    onType: (flag, text) => dispatch({ kind: 'typed', flag, text }),
    onKind(kind: FormKind) {
      const { model } = state();
      if (model !== undefined && kind !== state().kind) controller.open(model, kind);
    },
    onSection: (id) => document.getElementById(`section-${id}`)?.focus(),
    onData: controller.chooseData,
    onReveal: controller.reveal,
    onWrite: controller.write,
    onClear: () => dispatch({ kind: 'cleared' }),
    onWriteSweep: () => unlessWrong(controller.writeSweep),
    onStart: () => unlessWrong(controller.start),
    onCloseNotice: (message) => dispatch({ kind: 'noticeClosed', message }),
  };
  renderState(store, body, (page) => <FormView page={page} actions={actions} />);
  const { model, form = 'train' } = await host.action('ready', {});
  if (model !== undefined) controller.open(model, form);
}
