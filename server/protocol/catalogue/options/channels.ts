/** Channels in place of weights, and smaller models. */
import type { OptionGroup } from '../types';

/** Whether channels are pruned in place of weights. */
export const STRUCTURED_OPTIONS = {
  structured: {
    name: 'structured',
    type: 'boolean',
    scope: 'run',
    text: 'prune whole channels and units instead of single weights',
  },
} as const satisfies OptionGroup;

/** What a sparsity of channels means, for all commands that prune them. */
export const CHANNEL_OPTIONS = {
  sparsityOf: {
    name: 'sparsity-of',
    type: 'choice',
    choices: ['channels', 'parameters'],
    default: 'channels',
    scope: 'method',
    text: 'structured: what the sparsity is a fraction of',
  },
} as const satisfies OptionGroup;

/** What becomes of the weights when channels go. */
export const ADAPTATION_OPTIONS = {
  adapt: {
    name: 'adapt',
    type: 'choice',
    choices: ['keep', 'rescale', 'reinit'],
    default: 'keep',
    scope: 'method',
    text: 'the weights that stay: as they are, re-scaled for fewer inputs, or drawn anew (3SP)',
  },
} as const satisfies OptionGroup;

/** What only making a model smaller has. */
export const SHRINK_OPTIONS = {
  measure: {
    name: 'measure',
    type: 'boolean',
    scope: 'run',
    text: 'measure a training step of the model and of the smaller one',
  },
} as const satisfies OptionGroup;
