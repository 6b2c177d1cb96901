/**
 * Options of criteria: those that several criteria share, and which options a criterion heeds. A criterion declares its own
 * beside its score, and refers to those here that it heeds, with another default where it has one.
 */
import { defaultOf, scoringKey } from '../protocol/catalogue/derive';
import { SELECTION_OPTIONS } from '../protocol/catalogue/options';
import type { MethodDefinition, OptionDefinition, OptionGroup, OptionValue } from '../protocol/catalogue/types';
import type { Criterion, ScoringOptions } from './types';

export const SHARED_OPTIONS = {
  iterations: {
    name: 'iterations',
    type: 'integer',
    minimum: 1,
    counts: 'rounds',
    scope: 'scoring',
    setting: 'scoring.iterations',
    placeholder: 'n',
    text: 'rounds of iterative criteria',
  },
  temperature: {
    name: 'temperature',
    type: 'number',
    exclusiveMinimum: 0,
    default: 200,
    scope: 'scoring',
    setting: 'scoring.temperature',
    placeholder: 't',
    text: 'the logits are divided by it',
  },
  draws: {
    name: 'draws',
    type: 'integer',
    minimum: 1,
    counts: 'draws',
    scope: 'scoring',
    setting: 'scoring.draws',
    placeholder: 'n',
    text: 'random draws that are averaged over',
  },
  ratios: {
    name: 'ratios',
    type: 'text',
    default: 'global',
    scope: 'scoring',
    setting: 'scoring.ratios',
    placeholder: 'name|list',
    text: 'what layers keep: global (as scores say), uniform, erk, balanced, pyramidal, lamp, or densities by layer in proportion: conv1=1,*=0.1',
  },
  pattern: {
    name: 'pattern',
    type: 'text',
    scope: 'scoring',
    placeholder: 'n:m',
    text: 'keep the best n of every m weights along the inputs, as 2:4; the sparsity is 1 - n/m then',
  },
  warmUpBatches: {
    name: 'warm-up-batches',
    type: 'integer',
    minimum: 0,
    counts: 'batches',
    default: 0,
    scope: 'scoring',
    setting: 'scoring.warmUpBatches',
    placeholder: 'n',
    text: 'fixed batch-norm statistics from n batches, where a method uses any',
  },
  pruningBatches: {
    name: 'pruning-batches',
    type: 'integer',
    minimum: 1,
    counts: 'batches',
    default: 1,
    scope: 'scoring',
    setting: 'scoring.batches',
    placeholder: 'n',
    text: 'batches to score on, where the criterion leaves it open',
  },
  pruningBatchSize: {
    name: 'pruning-batch-size',
    type: 'integer',
    minimum: 1,
    counts: 'batchSize',
    scope: 'method',
    setting: 'scoring.batchSize',
    placeholder: 'n',
    text: 'examples in each of them, if not as in training',
  },
  microBatch: {
    name: 'micro-batch',
    type: 'integer',
    minimum: 1,
    counts: 'batchSize',
    scope: 'scoring',
    setting: 'scoring.microBatch',
    placeholder: 'n',
    text: 'score batches in parts of at most n examples, in the memory of a part',
  },
} as const satisfies OptionGroup;

/** In place of a preset: the method's own defaults. */
export const NO_PRESET = 'none';

/** Settings by name, of criteria that have any. */
export const PRESET_OPTIONS = {
  preset: {
    name: 'preset',
    type: 'choice',
    // Those of the criterion: see `heededOptions`.
    choices: [] as readonly string[],
    scope: 'method',
    placeholder: 'name',
    text: "settings of the authors' release, or others by name; options that are given win",
  },
} as const satisfies OptionGroup;

/** The facts of a criterion that decide which options make a difference to it. */
type Facts = Pick<Criterion, 'options' | 'presets' | 'needsData' | 'usesStatistics' | 'decidesCounts'>;

/**
 * Every option that makes a difference to what a criterion keeps: those it declares, the size of batches and of their parts
 * where it looks at data, the warm-up where it uses statistics, and those of selection unless it decides itself what each layer keeps.
 */
export function heededOptions({
  options,
  presets,
  needsData,
  usesStatistics,
  decidesCounts,
}: Facts): OptionDefinition[] {
  return [
    ...(options ?? []),
    ...(presets ? [{ ...PRESET_OPTIONS.preset, choices: [NO_PRESET, ...presets.map(({ name }) => name)] }] : []),
    ...(usesStatistics ? [SHARED_OPTIONS.warmUpBatches] : []),
    ...(needsData ? [SHARED_OPTIONS.pruningBatchSize, SHARED_OPTIONS.microBatch] : []),
    ...(decidesCounts ? [] : Object.values(SELECTION_OPTIONS)),
  ];
}

/** What the catalogue tells of a criterion. */
export function methodDefinition({
  name,
  title,
  description,
  needsData,
  estimate,
  ...facts
}: Facts & Pick<Criterion, 'name' | 'title' | 'description' | 'estimate'>): MethodDefinition {
  const told = { name, title, description, needsData, ...(estimate !== undefined && { estimate }) };
  const { presets } = facts;
  return { ...told, options: heededOptions({ needsData, ...facts }), ...(presets && { presets }) };
}

/** The same of a criterion that scores single weights, whose layers' shares can be decided apart from it. */
export function weightMethodDefinition(criterion: Parameters<typeof methodDefinition>[0]): MethodDefinition {
  const definition = methodDefinition(criterion);
  if (criterion.decidesCounts) return definition;
  return { ...definition, options: [...definition.options, SHARED_OPTIONS.ratios, SHARED_OPTIONS.pattern] };
}

/**
 * The value of an option that a criterion declares: the one given, else the default of the declaration; undefined where
 * there is neither.
 */
export function optionValue<Option extends OptionDefinition & { readonly default: unknown }>(
  options: Partial<ScoringOptions>,
  option: Option,
): OptionValue<Option>;
export function optionValue<Option extends OptionDefinition>(
  options: Partial<ScoringOptions>,
  option: Option,
): OptionValue<Option> | undefined;
export function optionValue(options: Partial<ScoringOptions>, option: OptionDefinition): unknown {
  const given = (options as { readonly [key: string]: unknown })[scoringKey(option)];
  return given ?? defaultOf(option);
}

/** The declared defaults of options, under the keys that criteria find them by; those without one are left out. */
export function defaultValues(options: readonly OptionDefinition[]): { readonly [key: string]: unknown } {
  return Object.fromEntries(
    options.flatMap((option) => {
      const value = defaultOf(option);
      return value === undefined ? [] : [[scoringKey(option), value]];
    }),
  );
}
