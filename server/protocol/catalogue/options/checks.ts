/** What is scored on, and what is asked of a mask. */
import type { OptionGroup } from '../types';

/** Exact batches in place of drawn ones. */
export const BATCHES_OPTIONS = {
  batches: {
    name: 'batches',
    type: 'text',
    scope: 'run',
    placeholder: 'file',
    text: 'score on these batches (safetensors: 0/x, 0/y, 1/x, …)',
  },
} as const satisfies OptionGroup;

/** Whether it is measured how much of a mask is the method's own, and not rounding's. */
export const STABILITY_OPTIONS = {
  stability: {
    name: 'stability',
    type: 'integer',
    minimum: 1,
    counts: 'repeats',
    bare: 1,
    scope: 'run',
    placeholder: 'k',
    text: 'score k times again with weights changed a little, and with other batches, and tell how much of the mask stays (1)',
  },
  stabilityChange: {
    name: 'stability-change',
    type: 'number',
    exclusiveMinimum: 0,
    default: 1e-6,
    scope: 'run',
    placeholder: 'part',
    text: 'by which part of themselves weights are changed for that',
  },
} as const satisfies OptionGroup;

/** Compares a method with a spoiled version of itself. */
export const CONTROL_OPTIONS = {
  control: {
    name: 'control',
    type: 'choice',
    choices: ['shuffle', 'reinitialize', 'invert'],
    scope: 'run',
    text: 'sanity control: shuffle the mask in each layer, draw the weights anew before training, or invert the scores',
  },
} as const satisfies OptionGroup;
