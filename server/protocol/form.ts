/** The form before work on a model: what it asks for, what is told of it while it is filled in, and what the work will take. */
import type { FormKind } from './catalogue/derive';
import type { MethodDefinition, OptionDefinition } from './catalogue/types';
import type { AskedOptions, OptionData } from './catalogue/values';
import type { ModelName } from './results';

/** What such work is called. */
export const FORM_TITLES: { readonly [Kind in FormKind]: string } = {
  train: 'Train',
  compare: 'Compare methods',
  sweep: 'Sweep over settings',
  search: 'Search the highest sparsity',
  learn: 'Learn a criterion',
  shrink: 'Make smaller',
};

/** A method that the work can be done with, and the options, by the names of their flags, that it heeds. */
export interface FormMethod extends Pick<MethodDefinition, 'name' | 'title' | 'description'> {
  readonly heeds: readonly string[];
}

/** What can be asked for. */
export interface FormChoices {
  readonly options: readonly OptionDefinition[];
  /** None of work without a method. */
  readonly methods: readonly FormMethod[];
  /** Of a sweep: the options, by the names of their flags, that can have several values. */
  readonly axes?: readonly string[];
}

/** A value that is said elsewhere and holds whatever the form says. */
export interface SaidValue {
  readonly value: OptionData;
  /** Who says it: `prunelens.json`, `the setting prunelens.backend`. */
  readonly origin: string;
  /** Where, from line 1 on; absent of settings of the editor. */
  readonly file?: string;
  readonly line?: number;
}

/** A form as it is opened. */
export interface FormState extends FormChoices {
  readonly model: ModelName;
  /** What the model is called. */
  readonly name: string;
  /** By the names of flags; data under `data`. */
  readonly said: { readonly [flag: string]: SaidValue };
  /** The data that was chosen in the editor, where no file says it. */
  readonly data?: string;
  /** The file that *Write to prunelens.json* writes; it need not be there yet. */
  readonly settingsFile: string;
  /** Method and sparsity that the model was scored with last, or else those that are preferred. */
  readonly method: string;
  readonly sparsity: number;
  /** A name for a predictor that is learned, and a folder (absolute) for a smaller model. */
  readonly predictor: string;
  readonly folder: string;
  /** A file for a sweep, from the workspace folder on. */
  readonly sweepFile: string;
}

/** What a form asks for: options by the names of their flags, and methods and sparsities under these names. */
export interface FormValues extends AskedOptions {}

/** Names under which values of a form are no options of the catalogue. */
export const FORM_FIELDS = ['method', 'methods', 'sparsity', 'sparsities', 'name', 'folder', 'file'] as const;
export type FormField = (typeof FORM_FIELDS)[number];

/** The values of a form parted: its own fields, and options. */
export function partValues(values: FormValues): {
  readonly fields: { readonly [Field in FormField]?: OptionData };
  readonly options: AskedOptions;
} {
  const isField = (name: string) => (FORM_FIELDS as readonly string[]).includes(name);
  const entries = Object.entries(values);
  return {
    fields: Object.fromEntries(entries.filter(([name]) => isField(name))),
    options: Object.fromEntries(entries.filter(([name]) => !isField(name))),
  };
}

/** Something that is wrong with a form, at a field where it is about one. */
export interface FormMistake {
  readonly flag?: string;
  readonly message: string;
}

/** What is told of a form as it is filled in. */
export interface FormCheck {
  readonly mistakes: readonly FormMistake[];
  /** What holds of options that nobody has said anything of, by the names of their flags. */
  readonly values: AskedOptions;
  /** Of a sweep: how many networks it trains. */
  readonly runs?: number;
}

/** What trainings take, measured and counted of this model on what computes. */
export interface TrainingCosts {
  readonly backend: string;
  readonly device: string;
  readonly batchSize: number;
  /** Examples of the batches that were measured, where these are fewer. */
  readonly measuredExamples: number;
  /** A step of a whole batch. */
  readonly stepSeconds: number;
  /** A test example's way through the network; absent where it was not measured. */
  readonly testSeconds?: number;
  /** Bytes of the tensors that a step has at the same time at most. */
  readonly stepBytes: number;
  readonly trainExamples: number;
  readonly testExamples: number;
}

/** A pass forward costs a third of a step, which goes back twice. */
const FORWARD_PART = 1 / 3;

/** Seconds of an epoch: its steps, and the test examples once through the network. */
export function epochSeconds(costs: TrainingCosts): number {
  const { batchSize, stepSeconds, trainExamples, testExamples } = costs;
  const { testSeconds = (FORWARD_PART * stepSeconds) / batchSize } = costs;
  return stepSeconds * Math.floor(trainExamples / batchSize) + testSeconds * testExamples;
}

/** How many networks the work trains. @param runs Those of a sweep, whose settings decide that. */
export function trainingsOf(kind: FormKind, values: FormValues, runs = 0): number {
  const number = (name: string) => (typeof values[name] === 'number' ? (values[name] as number) : 1);
  const count = (name: string) => {
    const value = values[name];
    return Array.isArray(value) ? value.length : 0;
  };
  switch (kind) {
    case 'train':
      return 1;
    case 'compare':
      return number('seeds') * (1 + count('methods') * count('sparsities'));
    case 'sweep':
      return runs;
    case 'search':
      return number('seeds') * (1 + number('rounds'));
    case 'learn':
      return number('seeds') * number('iterations');
    case 'shrink':
      return 0;
  }
}

/** Epochs of a training, on average where a sweep has several numbers of them; undefined where that is not known. */
export function epochsOf({ epochs }: FormValues): number | undefined {
  const values = (Array.isArray(epochs) ? epochs : [epochs]).filter((one): one is number => typeof one === 'number');
  return values.length === 0 ? undefined : values.reduce((sum, one) => sum + one, 0) / values.length;
}

/** Seconds that all trainings of the work take, scores apart; undefined where that is not known. @param runs As in `trainingsOf`. */
export function estimatedSeconds(
  kind: FormKind,
  values: FormValues,
  costs: TrainingCosts,
  runs?: number,
): number | undefined {
  const epochs = epochsOf(values);
  return epochs === undefined ? undefined : trainingsOf(kind, values, runs) * epochs * epochSeconds(costs);
}
