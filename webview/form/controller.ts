/** What the form asks of the host, and when: the state changes by the answers. */
import type { FormKind } from '../../server/protocol/catalogue/derive';
import { type Host, isCancelled, messageOf } from '../shared/host';
import { afterPause, latestOnly } from '../shared/latest';
import { type Store, whenChanged } from '../shared/store';
import { costsKey } from './estimate';
import { asksForDevice, keyOfValues, valuesOf, writableOptions } from './fields';
import { type FormEvent, type FormPage, type FormPageState, keptOf, type Typed } from './state';

export type FormHost = Host<FormPageState>;
export type FormStore = Store<FormPage, FormEvent>;

export interface Controller {
  /** Reads what a form for this work asks for, and what was chosen last. */
  open(model: string, kind: FormKind): void;
  chooseData(): void;
  write(): void;
  /** Writes the file of a sweep. */
  writeSweep(): void;
  start(): void;
  reveal(file: string, line: number): void;
}

/** Of one model alone: they are not remembered for others. */
const OF_MODEL = ['name', 'folder', 'file', 'include', 'exclude', 'weights'];

function remembered(typed: Typed): Typed {
  return Object.fromEntries(Object.entries(typed).filter(([flag]) => !OF_MODEL.includes(flag)));
}

/** Milliseconds after the last key until the form is checked, and until a step is measured. */
const CHECK_PAUSE = 150;
const MEASURE_PAUSE = 400;

export function createController(host: FormHost, store: FormStore): Controller {
  const { dispatch, state } = store;
  const fail = (error: unknown) => {
    if (!isCancelled(error)) dispatch({ kind: 'failed', message: messageOf(error) });
  };
  const attempt = (work: Promise<unknown>) => void work.catch(fail);

  const read = async (typed: boolean) => {
    const { model, kind } = state();
    if (model === undefined) return;
    const form = await host.request('prunelens/form', { model, kind });
    const kept = typed ? await host.action('keptForm', { form: kind }) : undefined;
    if (state().model === model && state().kind === kind)
      dispatch({ kind: 'opened', form, ...(kept && { typed: kept }) });
  };

  const check = latestOnly(async (_: undefined) => {
    const page = state();
    const { model, kind, form } = page;
    if (!form || model === undefined) return;
    const key = keyOfValues(page);
    const found = await host.request('prunelens/checkForm', { model, kind, values: valuesOf(page) });
    dispatch({ kind: 'checked', key, check: found });
  }, fail);

  const measure = latestOnly(async (_: undefined) => {
    const page = state();
    const { model, kind, costs } = page;
    const key = costsKey(page);
    if (key === undefined || costs?.key === key || model === undefined) return;
    dispatch({ kind: 'measuring', key });
    try {
      const value = await host.request('prunelens/trainingCosts', { model, kind, values: valuesOf(page) });
      dispatch({ kind: 'costsTold', costs: { key, value } });
    } catch (error) {
      dispatch({ kind: 'costsTold', costs: { key, problem: messageOf(error) } });
    }
  }, fail);

  whenChanged(store, keptOf, (kept) => host.keep(kept));
  whenChanged(
    store,
    (page) => (page.form ? keyOfValues(page) : undefined),
    afterPause(CHECK_PAUSE, () => check(undefined)),
  );
  whenChanged(
    store,
    costsKey,
    afterPause(MEASURE_PAUSE, () => measure(undefined)),
  );
  whenChanged(
    store,
    ({ form, kind, typed }) => (form ? { kind, typed: remembered(typed) } : undefined),
    afterPause(MEASURE_PAUSE, ({ kind, typed }) => attempt(host.action('keepForm', { form: kind, typed }))),
  );

  // Python is started for that, so not before somebody wants it.
  whenChanged(
    store,
    (page) => asksForDevice(page) || undefined,
    () =>
      attempt(host.request('prunelens/python', {}).then(({ devices }) => dispatch({ kind: 'devicesTold', devices }))),
  );

  const controller: Controller = {
    open(model, kind) {
      dispatch({ kind: 'selected', model, form: kind });
      attempt(read(true));
    },
    chooseData() {
      const { model } = state();
      if (model !== undefined) attempt(host.action('chooseData', { model }).then(() => read(false)));
    },
    write() {
      const page = state();
      const { model } = page;
      if (model === undefined) return;
      const options = writableOptions(page);
      attempt(
        host.action('writeSettings', { model, options }).then(({ written }) => {
          dispatch({ kind: 'told', news: `Written into prunelens.json: ${written.join(', ')}.` });
          return read(false);
        }),
      );
    },
    writeSweep() {
      const page = state();
      const { model } = page;
      if (model === undefined) return;
      attempt(
        host
          .action('writeSweep', { model, values: valuesOf(page) })
          .then(({ file }) => dispatch({ kind: 'told', news: `Written: ${file}` })),
      );
    },
    start() {
      const page = state();
      const { model, kind } = page;
      if (model === undefined) return;
      attempt(
        host
          .action('startForm', { model, form: kind, values: valuesOf(page) })
          .then(() => dispatch({ kind: 'told', news: 'It is begun; the view of jobs tells how far it is.' })),
      );
    },
    reveal: (file, line) => attempt(host.action('reveal', { file, line, column: 1 })),
  };
  host.onEvent((event) => {
    if (event.event === 'selectForm') controller.open(event.model, event.form);
    if (event.event === 'settingsChanged') {
      dispatch({ kind: 'settingsChanged' });
      attempt(read(false));
    }
  });
  return controller;
}
