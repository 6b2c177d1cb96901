/** How methods choose, when they prune, and how masks change. */
import type { OptionGroup } from '../types';

/** Which of the scored weights stay. */
export const SELECTION_OPTIONS = {
  minPerLayer: {
    name: 'min-per-layer',
    type: 'integer',
    minimum: 0,
    counts: 'things',
    default: 0,
    scope: 'method',
    setting: 'prunable.minPerLayer',
    placeholder: 'n',
    text: 'keep at least so many weights in every layer',
  },
  selection: {
    name: 'selection',
    type: 'choice',
    choices: ['global', 'per-layer'],
    default: 'global',
    scope: 'method',
    text: 'rank the weights of all layers together, or in each layer',
  },
} as const satisfies OptionGroup;

/** How methods that prune after training go about it; each method declares those that it heeds. */
export const CONVERGENCE_OPTIONS = {
  pruningRate: {
    name: 'pruning-rate',
    type: 'number',
    exclusiveMinimum: 0,
    exclusiveMaximum: 1,
    scope: 'method',
    placeholder: 'r',
    text: 'after training: share of the weights left that each round removes',
  },
  fineTuneEpochs: {
    name: 'fine-tune-epochs',
    type: 'integer',
    minimum: 1,
    counts: 'epochs',
    scope: 'method',
    placeholder: 'n',
    text: 'magnitude-after-training: epochs after pruning',
  },
  rewindEpoch: {
    name: 'rewind-epoch',
    type: 'integer',
    minimum: 0,
    counts: 'epochs',
    default: 0,
    scope: 'method',
    placeholder: 'n',
    text: 'lottery-ticket: epoch to which weights are rewound',
  },
} as const satisfies OptionGroup;

/** How methods that change masks while they train go about it; each declares those that it heeds. */
export const DYNAMIC_OPTIONS = {
  initialMask: {
    name: 'initial-mask',
    type: 'text',
    default: 'erk',
    scope: 'method',
    placeholder: 'name',
    text: 'set, rigl, granet: the mask training begins with: erk (random), or a criterion such as snip',
  },
  initialSparsity: {
    name: 'initial-sparsity',
    type: 'number',
    minimum: 0,
    exclusiveMaximum: 1,
    default: 0.5,
    scope: 'method',
    placeholder: 's',
    text: 'granet: sparsity of the mask training begins with',
  },
  updateEvery: {
    name: 'update-every',
    type: 'integer',
    minimum: 1,
    counts: 'things',
    default: 100,
    scope: 'method',
    placeholder: 'steps',
    text: 'set, rigl, gmp, granet: steps from one change of the mask to the next',
  },
  dropFraction: {
    name: 'drop-fraction',
    type: 'number',
    exclusiveMinimum: 0,
    exclusiveMaximum: 1,
    default: 0.3,
    scope: 'method',
    placeholder: 'part',
    text: "set, rigl, granet: part of a layer's weights that the first change replaces, later ones less (granet: 0.5)",
  },
  updateEnd: {
    name: 'update-end',
    type: 'number',
    exclusiveMinimum: 0,
    exclusiveMaximum: 1,
    default: 0.75,
    scope: 'method',
    placeholder: 'part',
    text: 'set, rigl, gmp, granet: part of the training after which the mask stays',
  },
} as const satisfies OptionGroup;
