/** What is minimized. */
import type { OptionGroup } from '../types';

/** What is minimized: by training, and by the derivatives that criteria score with. */
export const OBJECTIVE_OPTIONS = {
  objective: {
    name: 'objective',
    type: 'choice',
    // Those of the objectives: see `objectiveOptions`.
    choices: [] as readonly string[],
    scope: 'training',
    setting: 'objective',
    text: "what is minimized, and what criteria score by; without it, what the model's output is for",
  },
  huberDelta: {
    name: 'huber-delta',
    type: 'number',
    exclusiveMinimum: 0,
    scope: 'training',
    setting: 'huberDelta',
    placeholder: 'd',
    text: 'huber: distance at which squares become distances (1)',
    onlyWith: { flag: 'objective', value: 'huber' },
  },
  labelSmoothing: {
    name: 'label-smoothing',
    type: 'number',
    minimum: 0,
    exclusiveMaximum: 1,
    scope: 'training',
    setting: 'labelSmoothing',
    placeholder: 'e',
    text: 'cross-entropy: share of the target that is spread over all classes',
  },
  loss: {
    name: 'loss',
    type: 'choice',
    choices: [] as readonly string[],
    scope: 'training',
    setting: 'loss',
    text: 'older name of objective, by which dice only trains: criteria score by the cross-entropy',
  },
} as const satisfies OptionGroup;
