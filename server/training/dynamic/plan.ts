/**
 * When training changes its masks, and how much of them: the schedules of RigL (Evci et al. 2020) and of gradual magnitude
 * pruning (Zhu and Gupta 2018), over steps counted from 0 as many as were done before.
 */
import { usageError } from '../../protocol/errors';

/** What masks are changed by, and where new weights come from. */
export const DYNAMIC_RULES = {
  /** Mocanu et al. 2018: the smallest weights of a layer go, others come by chance. */
  set: { grows: 'chance', prunes: false },
  /** Evci et al. 2020: the smallest weights of a layer go, those with the largest gradients come. */
  rigl: { grows: 'gradient', prunes: false },
  /** Zhu and Gupta 2018: the smallest weights go, ever more of them. */
  gmp: { grows: 'nothing', prunes: true },
  /** Liu et al. 2021: gradual pruning, and after each time the exchange of RigL among what is left. */
  granet: { grows: 'gradient', prunes: true },
} as const satisfies {
  readonly [method: string]: { readonly grows: 'chance' | 'gradient' | 'nothing'; readonly prunes: boolean };
};

export type DynamicMethod = keyof typeof DYNAMIC_RULES;

/** From which sparsity to which weights are pruned on the way, and which are compared. */
export interface GradualPruning {
  readonly initialSparsity: number;
  readonly finalSparsity: number;
  readonly scope: 'global' | 'per-layer';
  readonly minPerLayer: number;
}

/** How a training changes its masks. */
export interface DynamicConfig {
  readonly method: DynamicMethod;
  /** Steps from one update to the next: RigL's ΔT. */
  readonly updateEvery: number;
  /** Updates come in this first part of the training: RigL's T_end, as a fraction of all steps. */
  readonly updateEnd: number;
  /** Fraction of a layer's weights that the first exchange replaces: RigL's α. Of methods that exchange weights. */
  readonly dropFraction?: number;
  /** Of methods that prune on the way. */
  readonly pruning?: GradualPruning;
}

export interface UpdatePlan {
  /** Updates there are. */
  readonly count: number;
  /** Number of the update (from 1) that stands in place of step `step`; undefined where that is an ordinary step. */
  numberAt(step: number): number | undefined;
  /** Fraction of a layer's weights that an update at `step` replaces: α/2 (1 + cos(π t / T_end)). */
  fractionAt(step: number): number;
  /** Sparsity after the update of this number: s_f + (s_i - s_f)(1 - j/n)³, the final one after the last. */
  sparsityAfter(update: number): number;
}

/**
 * The updates of a training of `steps` steps: at t = ΔT, 2ΔT, … before T_end.
 *
 * @throws UserError (usage) where there is none.
 */
export function planUpdates(config: DynamicConfig, steps: number): UpdatePlan {
  const { updateEvery, updateEnd, dropFraction = 0, pruning } = config;
  const end = updateEnd * steps;
  const count = Math.ceil(end / updateEvery) - 1;
  if (count < 1) {
    throw usageError(
      `Masks change every ${updateEvery} steps within the first ${Math.ceil(end)} of ${steps} steps: never.`,
      'Lower --update-every, or train more epochs or on smaller batches.',
    );
  }
  return {
    count,
    numberAt(step) {
      const update = step / updateEvery;
      return Number.isInteger(update) && update >= 1 && update <= count ? update : undefined;
    },
    fractionAt: (step) => (dropFraction / 2) * (1 + Math.cos((Math.PI * step) / end)),
    sparsityAfter(update) {
      if (!pruning) throw new Error(`${config.method} does not prune`);
      const { initialSparsity, finalSparsity } = pruning;
      if (update === count) return finalSparsity;
      return finalSparsity + (initialSparsity - finalSparsity) * (1 - update / count) ** 3;
    },
  };
}
