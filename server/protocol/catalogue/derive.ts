/** What follows from definitions: names of flags and settings, the options of a command, the axes of a sweep. */
import { AUTO } from './backends';
import {
  ADAPTATION_OPTIONS,
  BATCHES_OPTIONS,
  CHANNEL_OPTIONS,
  COMPARISON_OPTIONS,
  CONTROL_OPTIONS,
  CONVERGENCE_OPTIONS,
  DYNAMIC_OPTIONS,
  LEARNING_OPTIONS,
  LEARNING_TRAINING_OPTIONS,
  MODEL_OPTIONS,
  OBJECTIVE_OPTIONS,
  SEARCH_OPTIONS,
  SELECTION_OPTIONS,
  SHRINK_OPTIONS,
  STABILITY_OPTIONS,
  STRUCTURED_OPTIONS,
  TRAINING_OPTIONS,
} from './options';
import type { Catalogue, MethodDefinition, OptionDefinition, OptionGroup } from './types';

/** `inner-lr` as the flag `innerLr`. */
export function flagName(option: string): string {
  return option.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** Name under which a criterion finds the value of an option it declares: its name in the settings, else its flag's. */
export function scoringKey({ name, setting }: Pick<OptionDefinition, 'name' | 'setting'>): string {
  return setting?.split('.').at(-1) ?? flagName(name);
}

/** The options that choose what is minimized, among the catalogue's objectives. */
export function objectiveOptions({ objectives: choices }: Pick<Catalogue, 'objectives'>): typeof OBJECTIVE_OPTIONS {
  const { objective, loss } = OBJECTIVE_OPTIONS;
  return { ...OBJECTIVE_OPTIONS, objective: { ...objective, choices }, loss: { ...loss, choices } };
}

/** Options that methods heed and that are groups of their own. */
const APART: ReadonlySet<string> = new Set(
  [SELECTION_OPTIONS, CONVERGENCE_OPTIONS, DYNAMIC_OPTIONS, CHANNEL_OPTIONS, ADAPTATION_OPTIONS].flatMap(
    (group: OptionGroup) => Object.values(group).map(({ name }) => name),
  ),
);

/** The default that a definition gives, if any. */
export function defaultOf(option: OptionDefinition): number | boolean | string | undefined {
  return 'default' in option ? option.default : undefined;
}

/** Whether a value of the option is a list. */
export function isListOption({ type }: Pick<OptionDefinition, 'type'>): boolean {
  return type === 'integers' || type === 'choices' || type === 'texts' || type === 'names';
}

/** Methods that a text names before it; where more have the option, it stands for itself. */
const MOST_NAMED = 2;

/** An option that criteria declare, with the titles of those that do. */
interface Declared {
  readonly declarations: OptionDefinition[];
  readonly titles: Set<string>;
}

/** An option as help and schemas tell it: which criterion it is for where it is for few; no default where each has its own. */
function presented({ declarations, titles }: Declared): OptionDefinition {
  const [first] = declarations;
  const isCommon = declarations.every((one) => defaultOf(one) === defaultOf(first));
  const text = titles.size <= MOST_NAMED ? `${[...titles].join(', ')}: ${first.text}` : first.text;
  const choices = [...new Set(declarations.flatMap((one) => (one.type === 'choice' ? one.choices : [])))];
  return {
    ...first,
    ...(!isCommon && { default: undefined }),
    ...(choices.length > 0 && { choices }),
    text,
  } as OptionDefinition;
}

/**
 * The options that criteria declare, each once: those of one criterion first, in the order of the criteria, then those of
 * several. Options of selection, of channels and of pruning after training are not among them.
 */
export function criterionOptions({ methods, channelMethods }: Catalogue): readonly OptionDefinition[] {
  const all = new Map<string, Declared>();
  for (const { title, options } of [...methods, ...channelMethods]) {
    for (const option of options) {
      if (APART.has(option.name)) continue;
      const known = all.get(option.name) ?? { declarations: [], titles: new Set() };
      all.set(option.name, known);
      known.declarations.push(option);
      known.titles.add(title);
    }
  }
  const isOfOne = ({ titles }: Declared) => titles.size === 1;
  const declared = [...all.values()];
  return [...declared.filter(isOfOne), ...declared.filter((one) => !isOfOne(one))].map(presented);
}

/** The options of models, with the backends of the catalogue. */
export function modelOptions({ backends }: Pick<Catalogue, 'backends'>): typeof MODEL_OPTIONS {
  const choices = [AUTO, ...backends.map(({ name }) => name)];
  return { ...MODEL_OPTIONS, backend: { ...MODEL_OPTIONS.backend, choices } };
}

const valuesOf = (group: OptionGroup): readonly OptionDefinition[] => Object.values(group);

/** Groups of options that commands have. */
const GROUPS = {
  model: (catalogue) => valuesOf(modelOptions(catalogue)),
  criterion: (catalogue) => [...criterionOptions(catalogue), ...valuesOf(SELECTION_OPTIONS)],
  training: () => valuesOf(TRAINING_OPTIONS),
  convergence: () => valuesOf(CONVERGENCE_OPTIONS),
  dynamic: () => valuesOf(DYNAMIC_OPTIONS),
  objective: (catalogue) => valuesOf(objectiveOptions(catalogue)),
  structured: () => [...valuesOf(STRUCTURED_OPTIONS), ...valuesOf(CHANNEL_OPTIONS)],
  channels: () => valuesOf(CHANNEL_OPTIONS),
  adaptation: () => valuesOf(ADAPTATION_OPTIONS),
  control: () => valuesOf(CONTROL_OPTIONS),
  batches: () => valuesOf(BATCHES_OPTIONS),
  stability: () => valuesOf(STABILITY_OPTIONS),
} satisfies { readonly [group: string]: (catalogue: Catalogue) => readonly OptionDefinition[] };

type GroupName = keyof typeof GROUPS;

const COMPARING: readonly GroupName[] = ['model', 'criterion', 'training', 'convergence', 'dynamic', 'objective'];

/** Which groups a command has, in the order of its help. What only one command has, is where that command is. */
const COMMANDS = {
  score: ['model', 'criterion', 'objective', 'control', 'structured', 'batches', 'stability'],
  prune: ['model', 'criterion', 'objective', 'control', 'structured', 'batches', 'stability'],
  train: ['model', 'training', 'dynamic', 'objective', 'control'],
  shrink: ['adaptation', 'model', 'criterion', 'objective', 'structured', 'batches'],
  compare: [...COMPARING, 'channels', 'adaptation', 'control', 'stability'],
  search: [...COMPARING, 'channels', 'adaptation'],
  'autos dataset': ['model', 'training', 'objective'],
  'autos learn': ['model', 'training', 'objective'],
  'autos evaluate': [...COMPARING, 'control'],
} as const satisfies { readonly [command: string]: readonly GroupName[] };

export type CommandName = keyof typeof COMMANDS;

/** The options of a command that it shares with others. */
export function commandOptions(catalogue: Catalogue, command: CommandName): readonly OptionDefinition[] {
  return COMMANDS[command].flatMap((group) => GROUPS[group](catalogue));
}

/** Work that an editor asks for with a form. */
export const FORM_KINDS = ['train', 'compare', 'sweep', 'search', 'learn', 'shrink'] as const;
export type FormKind = (typeof FORM_KINDS)[number];

/** Groups of options of such work, and options that no other work has. */
const FORMS: { readonly [Kind in Exclude<FormKind, 'sweep'>]: readonly [readonly GroupName[], OptionGroup] } = {
  train: [['model', 'criterion', 'training', 'dynamic', 'objective'], {}],
  compare: [[...COMPARING, 'channels', 'adaptation'], COMPARISON_OPTIONS],
  search: [[...COMPARING, 'channels', 'adaptation'], SEARCH_OPTIONS],
  learn: [['model', 'training', 'objective'], { ...LEARNING_OPTIONS, ...LEARNING_TRAINING_OPTIONS }],
  shrink: [['adaptation', 'model', 'criterion', 'objective', 'channels'], SHRINK_OPTIONS],
};

/** Every option that an editor can ask for with work: those of its command, less how that prints. */
export function formOptions(catalogue: Catalogue, kind: FormKind): readonly OptionDefinition[] {
  if (kind === 'sweep') return [...sweepKeys(catalogue), ...sweepOptions(catalogue), COMPARISON_OPTIONS.seeds];
  const [groups, own] = FORMS[kind];
  const others = new Set([MODEL_OPTIONS.json.name, ...valuesOf(own).map(({ name }) => name)]);
  const shared = groups.flatMap((group) => GROUPS[group](catalogue)).filter(({ name }) => !others.has(name));
  return [...shared, ...valuesOf(own)];
}

/** What stands at a setting's path in settings, or in anything with their form; undefined where nothing does. */
export function settingIn(values: object, setting: string): unknown {
  return setting
    .split('.')
    .reduce<unknown>(
      (at, key) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined),
      values,
    );
}

/** Every option that a sweep's file can set: those of `prunelens compare` that make a difference to its runs. */
export function sweepOptions(catalogue: Catalogue): readonly OptionDefinition[] {
  return commandOptions(catalogue, 'compare').filter(({ scope, inSweeps }) => scope !== 'run' && inSweeps !== false);
}

/** Those of which a sweep can have several values, which make an axis: what is a list itself makes none. */
export function axisOptions(catalogue: Catalogue): readonly OptionDefinition[] {
  return sweepOptions(catalogue).filter((option) => !isListOption(option));
}

/** Options of models that a sweep names in other ways: data and seeds are lists of its own, and columns are told behind a data set's name. */
const OTHERWISE_IN_SWEEPS: ReadonlySet<string> = new Set(
  [
    MODEL_OPTIONS.data,
    MODEL_OPTIONS.inputColumns,
    MODEL_OPTIONS.labelColumns,
    MODEL_OPTIONS.columnScaling,
    MODEL_OPTIONS.seed,
    MODEL_OPTIONS.json,
  ].map(({ name }) => name),
);

/**
 * Options of all runs of a sweep, which its file has as keys of their own: which weights, inputs, output, layers, what computes, and
 * whether stability is measured.
 */
export function sweepKeys(catalogue: Catalogue): readonly OptionDefinition[] {
  const { deterministic, devices } = TRAINING_OPTIONS;
  return [...valuesOf(modelOptions(catalogue)), deterministic, devices, ...valuesOf(STABILITY_OPTIONS)].filter(
    ({ name, scope }) => scope === 'run' && !OTHERWISE_IN_SWEEPS.has(name),
  );
}

/** Those of them that a model of a sweep can have of its own. */
export const MODEL_KEYS: readonly OptionDefinition[] = [
  MODEL_OPTIONS.weights,
  MODEL_OPTIONS.input,
  MODEL_OPTIONS.output,
  MODEL_OPTIONS.include,
  MODEL_OPTIONS.exclude,
];

/** Begins the names of methods that remove whole channels; the name of a criterion for channels follows. */
export const STRUCTURED_PREFIX = 'structured-';

/** Everything that can be compared, under the names that `compare` and `sweep` take. */
export function comparedMethods({
  methods,
  channelMethods,
  convergenceMethods,
  dynamicMethods,
}: Catalogue): readonly MethodDefinition[] {
  const structured = channelMethods.map(
    (method): MethodDefinition => ({
      ...method,
      name: `${STRUCTURED_PREFIX}${method.name}`,
      title: `${method.title} (channels)`,
      options: [...method.options, ...valuesOf(CHANNEL_OPTIONS), ...valuesOf(ADAPTATION_OPTIONS)],
    }),
  );
  return [...methods, ...structured, ...convergenceMethods, ...dynamicMethods];
}

/** An option's text as a sentence, for schemas. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
