/** Work of many trainings: comparisons, searches and learning. */
import { searchMetrics } from '../metrics';
import type { OptionGroup } from '../types';
import { TRAINING_OPTIONS } from './training';

/** What a search does; the highest sparsity is what it finds. */
export const SEARCH_OPTIONS = {
  metric: {
    name: 'metric',
    type: 'choice',
    choices: searchMetrics(),
    scope: 'run',
    text: "what is to be kept; without it the metric that leads in the model's objective",
  },
  tolerance: {
    name: 'tolerance',
    type: 'number',
    minimum: 0,
    exclusiveMaximum: 1,
    default: 0.01,
    scope: 'run',
    placeholder: 't',
    text: 'by how much it may be below the dense network, e.g. 0.01',
  },
  rounds: {
    name: 'rounds',
    type: 'integer',
    minimum: 1,
    counts: 'halvings',
    default: 6,
    scope: 'run',
    placeholder: 'n',
    text: 'how many sparsities to try',
  },
  maxSparsity: {
    name: 'max-sparsity',
    type: 'number',
    exclusiveMinimum: 0,
    exclusiveMaximum: 1,
    default: 0.999,
    scope: 'run',
    placeholder: 's',
    text: 'stay below this sparsity',
  },
  seeds: {
    name: 'seeds',
    type: 'integer',
    minimum: 1,
    counts: 'seeds',
    default: 1,
    scope: 'run',
    placeholder: 'n',
    text: 'how many seeds, counted from --seed; their mean counts',
  },
} as const satisfies OptionGroup;

/** How often a comparison trains. */
export const COMPARISON_OPTIONS = {
  seeds: { ...SEARCH_OPTIONS.seeds, text: 'how many seeds, counted from --seed' },
} as const satisfies OptionGroup;

/** How models are pruned that a criterion is learned from. */
export const LEARNING_OPTIONS = {
  iterations: {
    name: 'iterations',
    type: 'integer',
    minimum: 1,
    counts: 'prunings',
    default: 20,
    scope: 'run',
    placeholder: 'n',
    text: 'trainings of a model, each followed by a pruning',
  },
  finalSparsity: {
    name: 'final-sparsity',
    type: 'number',
    minimum: 0,
    exclusiveMaximum: 1,
    default: 0.99,
    scope: 'run',
    placeholder: 's',
    text: 'fraction of the weights removed in the end',
  },
  seeds: COMPARISON_OPTIONS.seeds,
} as const satisfies OptionGroup;

/** What these trainings have in place of what others have, so that it is done in minutes. */
export const LEARNING_TRAINING_OPTIONS = {
  epochs: {
    name: TRAINING_OPTIONS.epochs.name,
    type: TRAINING_OPTIONS.epochs.type,
    minimum: TRAINING_OPTIONS.epochs.minimum,
    counts: TRAINING_OPTIONS.epochs.counts,
    default: 1,
    scope: 'training',
    placeholder: TRAINING_OPTIONS.epochs.placeholder,
    text: 'epochs in each iteration: more are slower, and nearer to the truth',
  },
} as const satisfies OptionGroup;
