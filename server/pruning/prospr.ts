import type { OptionGroup, PresetDefinition } from '../protocol/catalogue/types';
import type { GradientNorms } from '../protocol/comparison';
import { scoresOf } from './gradients';
import { META_DRAWS, meanMetaGradient } from './metaDraws';
import type { Criterion } from './types';

/** An adjoint that grows by this factor on its way back explodes. */
const explosion = 1000;

/** Options of ProsPr for weights and for channels. */
export const PROSPR_OPTIONS = {
  steps: {
    name: 'steps',
    type: 'integer',
    minimum: 0,
    counts: 'steps',
    default: 3,
    scope: 'scoring',
    setting: 'scoring.steps',
    placeholder: 'm',
    text: 'training steps that the meta-gradient goes through',
  },
  innerLr: {
    name: 'inner-lr',
    type: 'number',
    exclusiveMinimum: 0,
    word: 'auto',
    default: 'auto',
    scope: 'scoring',
    setting: 'scoring.innerLearningRate',
    placeholder: 'rate',
    text: 'learning rate of these steps; auto finds the largest whose scores rounding does not decide',
  },
  innerMomentum: {
    name: 'inner-momentum',
    type: 'number',
    minimum: 0,
    exclusiveMaximum: 1,
    default: 0.9,
    scope: 'scoring',
    setting: 'scoring.innerMomentum',
    placeholder: 'mu',
    text: 'their momentum',
  },
  innerWeightDecay: {
    name: 'inner-weight-decay',
    type: 'number',
    minimum: 0,
    default: 0,
    scope: 'scoring',
    setting: 'scoring.innerWeightDecay',
    placeholder: 'wd',
    text: 'their weight decay',
  },
  innerOptimizer: {
    name: 'inner-optimizer',
    type: 'choice',
    choices: ['sgd', 'momentum', 'nesterov', 'adam'],
    default: 'momentum',
    scope: 'scoring',
    setting: 'scoring.innerOptimizer',
    text: 'their optimizer',
  },
  innerEpsilon: {
    name: 'inner-epsilon',
    type: 'number',
    exclusiveMinimum: 0,
    default: 1e-8,
    scope: 'scoring',
    setting: 'scoring.innerEpsilon',
    placeholder: 'e',
    text: 'with adam: added to the root of the second moment',
  },
  gradientNorms: {
    name: 'gradient-norms',
    type: 'boolean',
    scope: 'scoring',
    // It shows more, and changes nothing.
    inSweeps: false,
    text: 'norms of meta-gradients beside those of gradients, tensor by tensor',
  },
  clipAdjoint: {
    name: 'clip-adjoint',
    type: 'number',
    exclusiveMinimum: 0,
    scope: 'scoring',
    setting: 'scoring.clipAdjoint',
    placeholder: 'norm',
    text: 'scale adjoints down to this norm on the way back',
  },
  variant: {
    name: 'variant',
    type: 'choice',
    choices: ['exact', 'first-order', 'released'],
    default: 'exact',
    scope: 'scoring',
    setting: 'scoring.variant',
    text: 'which gradient',
  },
  sameBatch: {
    name: 'same-batch',
    type: 'boolean',
    default: false,
    scope: 'scoring',
    setting: 'scoring.sameBatch',
    text: 'take every step on the same batch',
    negation: 'take each on another batch, whatever the settings say',
  },
} as const satisfies OptionGroup;

/** The paper gives no numbers of its inner steps. */
export const PROSPR_PRESETS: readonly PresetDefinition[] = [
  {
    name: 'released',
    text: "The command of the authors' code: steps of 0.1 without momentum, all on one batch. Its gradient is cut at the first buffer of momentum.",
    options: { innerLearningRate: 0.1, innerMomentum: 0, sameBatch: true, variant: 'released' },
  },
  {
    name: 'readme',
    text: "The example in the README of the authors' code.",
    options: { innerLearningRate: 0.5, innerMomentum: 0.9 },
  },
  {
    name: 'former',
    text: 'The defaults of PruneLens before it found a step that fits.',
    options: { innerLearningRate: 0.1, innerMomentum: 0.9 },
  },
];

/**
 * ProsPr (Alizadeh et al. 2022, equations 3 to 12): |dL(w_M)/dc| through M steps of training from w_0 = c * w_init, all
 * parameters stepping. The meta-gradient is computed by a backward recursion over the stored weights of each step,
 * one Hessian-vector product a step, which gives exactly what back-propagation through all steps gives.
 * `first-order` (section 3.2, equation 17) is |dL(w_M)/dw_M * w_init|. `released` cuts the gradient at the first
 * momentum buffer, as the authors' released code does.
 */
export const prospr: Criterion = {
  name: 'prospr',
  title: 'ProsPr',
  description: 'Effect of removing a weight on the loss after the first steps of training (meta-gradient).',
  needsData: true,
  options: [...Object.values(PROSPR_OPTIONS), META_DRAWS],
  presets: PROSPR_PRESETS,
  score: async (context) => {
    const { gradients, norms, plain } = await meanMetaGradient(context);
    const gradientNorms = plain && context.prunable.map((weight) => normsOf(weight, gradients, plain));
    return {
      scores: scoresOf(context, (weight, name, i) => Math.abs(weight * gradients.get(name)![i])),
      diagnostics: {
        adjointNorms: norms,
        ...(gradientNorms && { gradientNorms }),
        warnings: explosionWarning(norms, context.options.steps),
      },
    };
  },
};

type Gradients = ReadonlyMap<string, Float32Array>;

function normsOf(weight: string, metaGradients: Gradients, gradients: Gradients): GradientNorms {
  return { weight, metaGradient: norm(metaGradients.get(weight)!), gradient: norm(gradients.get(weight)!) };
}

/** L2 norm, in float64 so that squares stay finite. */
function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

/** One sentence where the adjoint has grown out of proportion; `norms` ends at step `steps`. */
export function explosionWarning(norms: readonly number[], steps: number): string[] {
  const last = norms[norms.length - 1];
  const largest = norms.reduce((max, norm) => Math.max(max, norm), last);
  if (!(largest > explosion * last)) return [];
  const step = steps - (norms.length - 1) + norms.indexOf(largest);
  return [
    `The adjoint explodes: its norm grows from ${last.toPrecision(3)} at step ${steps} to ${largest.toPrecision(3)} at ` +
      `step ${step}, so a few weights decide the scores. Try a lower --inner-lr, fewer --steps or --clip-adjoint.`,
  ];
}
