/** The form as a state: what is known of the work, what is typed, and what was told of that. No browser is needed here. */
import type { FormKind } from '../../server/protocol/catalogue/derive';
import type { FormCheck, FormState, TrainingCosts } from '../../server/protocol/form';
import type { PythonDevice } from '../../server/protocol/results';
import type { PageState } from '../../server/protocol/webview';
import { withNotice, withoutNotice } from '../shared/notices';
import type { Reducer } from '../shared/store';

/** Fields as they are typed, by the names of flags; empty ones say nothing. */
export interface Typed {
  readonly [flag: string]: string;
}

/** What is kept over a reload. */
export interface FormPageState extends PageState {
  readonly typed: Typed;
}

/** What was told of the values under a key, or that it could not be told. */
export type Told<Value> = { readonly key: string } & ({ readonly value: Value } | { readonly problem: string });

export interface FormPage {
  readonly model?: string;
  readonly kind: FormKind;
  /** Undefined until it is there. */
  readonly form?: FormState;
  readonly typed: Typed;
  /** Of the values that it was made of; what it says of others holds until it is made again. */
  readonly check?: { readonly key: string; readonly value: FormCheck };
  readonly costs?: Told<TrainingCosts>;
  /** Key of what is being measured. */
  readonly measuring?: string;
  /** Those of the user's PyTorch, once it is asked for. */
  readonly devices: readonly PythonDevice[];
  /** How often prunelens.json has changed since: what follows from it is asked for again. */
  readonly revision: number;
  /** What was done last, in a sentence. */
  readonly news?: string;
  readonly notices: readonly string[];
}

export type FormEvent =
  | { readonly kind: 'selected'; readonly model: string; readonly form: FormKind }
  | { readonly kind: 'opened'; readonly form: FormState; readonly typed?: Typed }
  | { readonly kind: 'typed'; readonly flag: string; readonly text: string }
  | { readonly kind: 'cleared' }
  | { readonly kind: 'checked'; readonly key: string; readonly check: FormCheck }
  | { readonly kind: 'measuring'; readonly key: string }
  | { readonly kind: 'costsTold'; readonly costs: Told<TrainingCosts> }
  | { readonly kind: 'devicesTold'; readonly devices: readonly PythonDevice[] }
  | { readonly kind: 'settingsChanged' }
  /** Something that was done, in a sentence. */
  | { readonly kind: 'told'; readonly news: string }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'noticeClosed'; readonly message: string };

export function firstState(kept: Partial<FormPageState>): FormPage {
  return {
    ...(kept.model !== undefined && { model: kept.model }),
    kind: kept.form ?? 'train',
    typed: kept.typed ?? {},
    devices: [],
    revision: 0,
    notices: [],
  };
}

export function keptOf({ model, kind, typed }: FormPage): Partial<FormPageState> {
  return { ...(model !== undefined && { model }), form: kind, typed };
}

/** The page for other work or another model: what was told of the last one is gone. */
function selected({ devices, revision }: FormPage, model: string, kind: FormKind): FormPage {
  return { model, kind, typed: {}, devices, revision, notices: [] };
}

function without(typed: Typed, flag: string): Typed {
  const { [flag]: _, ...others } = typed;
  return others;
}

export const reduce: Reducer<FormPage, FormEvent> = (page, event) => {
  switch (event.kind) {
    case 'selected':
      return selected(page, event.model, event.form);
    case 'opened':
      return { ...page, form: event.form, typed: event.typed ?? page.typed };
    case 'typed': {
      const { flag, text } = event;
      const { news: _, ...rest } = page;
      return { ...rest, typed: text === '' ? without(page.typed, flag) : { ...page.typed, [flag]: text } };
    }
    case 'cleared':
      return { ...page, typed: {} };
    case 'checked':
      return { ...page, check: { key: event.key, value: event.check } };
    case 'measuring':
      return { ...page, measuring: event.key };
    case 'costsTold': {
      const { measuring: _, ...rest } = page;
      return { ...rest, costs: event.costs };
    }
    case 'devicesTold':
      return { ...page, devices: event.devices };
    case 'settingsChanged':
      return { ...page, revision: page.revision + 1 };
    case 'told':
      return { ...page, news: event.news };
    case 'failed':
      return { ...page, notices: withNotice(page.notices, event.message) };
    case 'noticeClosed':
      return { ...page, notices: withoutNotice(page.notices, event.message) };
  }
};
