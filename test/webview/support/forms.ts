/** A form before work on LeNet as a host would tell it. */
import type { FormKind } from '../../../server/protocol/catalogue/derive';
import type { FormCheck, FormState, FormValues, TrainingCosts } from '../../../server/protocol/form';
import type { PageMessage } from '../../../server/protocol/webview';
import { formChoices, optionMistakes } from '../../../server/request/asked';
import { METHODS } from './scores';

export const FORM_MODEL = '/workspace/lenet-300-100.ts#default';
const SETTINGS_FILE = '/workspace/prunelens.json';

export function formOf(kind: FormKind, changes: Partial<FormState> = {}): FormState {
  return {
    ...formChoices(kind),
    model: FORM_MODEL,
    name: 'lenet-300-100.ts',
    said: { batchSize: { value: 64, origin: 'prunelens.json', file: SETTINGS_FILE, line: 4 } },
    data: 'mnist',
    settingsFile: SETTINGS_FILE,
    method: 'prospr',
    sparsity: 0.98,
    predictor: 'lenet-300-100',
    folder: 'lenet-300-100-small',
    sweepFile: 'lenet-300-100.sweep.yaml',
    ...changes,
  };
}

export const COSTS: TrainingCosts = {
  backend: 'cpu',
  device: 'CPU (2 threads)',
  batchSize: 64,
  measuredExamples: 64,
  stepSeconds: 0.004,
  stepBytes: 9_400_000,
  trainExamples: 60_000,
  testExamples: 10_000,
};

/** What an engine would tell of values: their ranges, and what holds otherwise. */
export function checkOf(kind: FormKind, values: FormValues): FormCheck {
  const { method, methods, sparsity, sparsities, name, folder, file, ...options } = values;
  const { optimizer = 'sgd' } = options;
  return {
    mistakes: optionMistakes(options, kind),
    values: {
      epochs: kind === 'learn' ? 1 : 10,
      batchSize: 64,
      optimizer: 'sgd',
      lr: optimizer === 'sgd' ? 0.05 : 0.001,
      ...(optimizer === 'sgd' && { momentum: 0.9, nesterov: false }),
      weightDecay: 0.0005,
      schedule: 'cosine',
      warmup: 0,
      backend: 'auto',
      seed: 0,
      ...options,
    },
    ...(kind === 'sweep' && { runs: 12 }),
  };
}

export interface FormHostOptions {
  readonly kind?: FormKind;
  readonly form?: Partial<FormState>;
  readonly typed?: { readonly [flag: string]: string };
}

/** Answers the questions of the form. */
export function answerForm(message: PageMessage, { kind = 'train', form, typed = {} }: FormHostOptions = {}): unknown {
  if (message.kind === 'action') {
    switch (message.action) {
      case 'ready':
        return { methods: METHODS, theme: 'light', model: FORM_MODEL, form: kind };
      case 'keptForm':
        return typed;
      case 'writeSettings':
        return { file: SETTINGS_FILE, written: Object.keys(message.params.options) };
      case 'writeSweep':
        return { file: message.params.values.file };
      case 'chooseData':
        return { data: 'cifar10' };
      default:
        return null;
    }
  }
  switch (message.request) {
    case 'prunelens/form':
      return formOf(message.params.kind, form);
    case 'prunelens/checkForm':
      return checkOf(message.params.kind, message.params.values);
    case 'prunelens/trainingCosts':
      return COSTS;
    case 'prunelens/python':
      return { devices: [{ device: 'cuda:0', platform: 'cuda', name: 'NVIDIA H100' }] };
    default:
      throw new Error(`${message.request} is not expected of the form`);
  }
}
