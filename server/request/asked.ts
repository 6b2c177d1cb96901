/** What editors ask for by the names of flags: checked as the command checks its flags, and what holds then. */
import {
  axisOptions,
  comparedMethods,
  type FormKind,
  flagName,
  formOptions,
  settingIn,
} from '../protocol/catalogue/derive';
import type { Catalogue, MethodDefinition, OptionDefinition } from '../protocol/catalogue/types';
import { type AskedOptions, axisProblem, type OptionData, optionProblem } from '../protocol/catalogue/values';
import { type UserError, usageError } from '../protocol/errors';
import type { FormChoices, FormMethod, FormMistake } from '../protocol/form';
import { CATALOGUE } from './catalogue';
import type { TrainingRequest, TrainingRequestFlags } from './types';

/** Trains all weights. */
const DENSE_CHOICE: FormMethod = {
  name: 'dense',
  title: 'Dense',
  description: 'All weights, to compare with.',
  heeds: [],
};

function methodsOf(catalogue: Catalogue, kind: FormKind): readonly MethodDefinition[] {
  switch (kind) {
    case 'train':
      return [...catalogue.methods, ...catalogue.dynamicMethods];
    case 'compare':
    case 'sweep':
    case 'search':
      return comparedMethods(catalogue);
    case 'shrink':
      return catalogue.channelMethods;
    case 'learn':
      return [];
  }
}

/** What a form for this work offers. */
export function formChoices(kind: FormKind, catalogue: Catalogue = CATALOGUE): FormChoices {
  const methods = methodsOf(catalogue, kind).map(
    ({ name, title, description, options }): FormMethod => ({
      name,
      title,
      description,
      heeds: options.map((option) => flagName(option.name)),
    }),
  );
  return {
    options: formOptions(catalogue, kind),
    methods: kind === 'train' ? [...methods, DENSE_CHOICE] : methods,
    ...(kind === 'sweep' && { axes: axesOf(catalogue) }),
  };
}

const axesOf = (catalogue: Catalogue) => axisOptions(catalogue).map(({ name }) => flagName(name));

/** The mistakes of single values; options that the work does not have are mistakes too. */
export function optionMistakes(
  options: AskedOptions,
  kind: FormKind,
  catalogue: Catalogue = CATALOGUE,
): readonly FormMistake[] {
  const known = new Map(formOptions(catalogue, kind).map((option) => [flagName(option.name), option]));
  const axes = new Set(kind === 'sweep' ? axesOf(catalogue) : []);
  return Object.entries(options).flatMap(([flag, value]): FormMistake[] => {
    const option = known.get(flag);
    if (!option) return [{ message: `There is no option "${flag}"; known are ${[...known.keys()].join(', ')}.` }];
    const problem = axes.has(flag) ? axisProblem(option, value) : optionProblem(option, value);
    return problem === undefined ? [] : [{ flag, message: problem }];
  });
}

/**
 * Options as flags of the command.
 *
 * @throws UserError (usage) for the first that the work does not have, or whose value is none of its.
 */
export function flagsOfOptions(
  options: AskedOptions = {},
  kind: FormKind,
  catalogue: Catalogue = CATALOGUE,
): TrainingRequestFlags {
  const [wrong] = optionMistakes(options, kind, catalogue);
  if (!wrong) return options as TrainingRequestFlags;
  const { flag, message } = wrong;
  throw usageError(
    flag === undefined ? message : `The option "${flag}" is ${JSON.stringify(options[flag])}. ${message}`,
  );
}

/** A mistake that resolving a request has found, at its option where it is about one. */
export function mistakeOf(error: UserError, options: readonly OptionDefinition[]): FormMistake {
  const { message, hint, setting, about } = error;
  const named = /^--([a-z-]+) /.exec(message)?.[1];
  const option = options.find((one) => one.name === named || (setting !== undefined && one.setting === setting));
  const flag = option ? flagName(option.name) : about === 'data' ? 'data' : undefined;
  return {
    ...(flag !== undefined && { flag }),
    message: hint === undefined ? message : `${message} ${hint}`,
  };
}

/** What a request says of each option that settings have, by the names of flags. */
export function resolvedValues(request: TrainingRequest, options: readonly OptionDefinition[]): AskedOptions {
  const { training, scoring, computing, backend, seed } = request;
  const values = {
    ...training,
    ...computing,
    backend,
    seed,
    prunable: { minPerLayer: request.selection.minPerLayer },
    scoring: { ...scoring.options, batchSize: scoring.batchSize },
  };
  return Object.fromEntries(
    options.flatMap(({ name, setting }) => {
      const value = setting === undefined ? undefined : settingIn(values, setting);
      return value === undefined ? [] : [[flagName(name), value as OptionData]];
    }),
  );
}
