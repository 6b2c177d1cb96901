/** What training and inference cost, in multiplications (paired with additions), as hardware could count them that skips masked weights. */
import type { Network } from '../models/types';
import type { MacCosts } from '../protocol/comparison';
import { countKept } from '../pruning/selection';
import { denseMacs, kernelMacs } from '../pruning/structured/cost';
import type { Masks } from '../pruning/types';
import type { UpdateLine } from '../runs/updates';
import type { TrainingConfig } from './config';
import { DYNAMIC_RULES } from './dynamic/plan';

/** A training as far as its cost goes. */
export interface CountedTraining {
  readonly network: Network;
  /** MACs of the whole network, where the one that is trained is smaller. */
  readonly wholeMacs?: number;
  readonly config: Pick<TrainingConfig, 'batchSize' | 'dynamic'>;
  /** Steps an epoch has, and finished epochs. */
  readonly steps: number;
  readonly epochs: number;
  /** Masks of the beginning; none of a dense network. */
  readonly masks: Masks;
  /** How they changed. */
  readonly updates?: readonly UpdateLine[];
}

/** Of one example through the network, of whose tensors so many weights are kept; those that are not named are whole. */
function passMacs(network: Network, kept: ReadonlyMap<string, number>): number {
  const sizes = new Map(
    network.parameters.map(({ name, shape }) => [name, shape.reduce((size, extent) => size * extent, 1)]),
  );
  const saved = Array.from(
    kernelMacs(network),
    ([name, macs]) => macs * (1 - (kept.get(name) ?? sizes.get(name)!) / sizes.get(name)!),
  );
  return denseMacs(network) - saved.reduce((sum, macs) => sum + macs, 0);
}

const keptOf = (masks: Masks) => new Map(Array.from(masks, ([name, mask]) => [name, countKept(mask)]));

/** A training under masks that stay. */
export interface PlainTraining {
  readonly network: Network;
  /** None of a dense network. */
  readonly masks?: Masks;
  readonly batchSize: number;
  /** Steps an epoch has, and epochs. */
  readonly steps: number;
  readonly epochs: number;
}

/** Multiplications of a training under masks that stay: see `macCosts`. */
export function trainingMacs({ network, masks = new Map(), batchSize, steps, epochs }: PlainTraining): number {
  return Math.round(3 * passMacs(network, keptOf(masks)) * steps * epochs * batchSize);
}

/** Multiplications of one example's inference under masks. */
export const inferenceMacs = (network: Network, masks: Masks) => Math.round(passMacs(network, keptOf(masks)));

/**
 * A step costs three passes through what is kept: one forward, and backward one for the gradients of values and one for those of
 * weights. An update that looks at the gradients of all weights costs two, and a dense one; another one is a pass forward.
 */
export function macCosts(counted: CountedTraining): MacCosts {
  const { network, config, steps, epochs, masks, updates = [] } = counted;
  const dense = denseMacs(network);
  const { wholeMacs = dense } = counted;
  const allSteps = steps * epochs;
  const made = updates.filter(({ step }) => step < allSteps);
  const { dynamic } = config;
  const grows = dynamic !== undefined && DYNAMIC_RULES[dynamic.method].grows === 'gradient';
  let pass = passMacs(network, keptOf(masks));
  let done = 0;
  let training = 0;
  for (const { step, layers } of made) {
    training += 3 * pass * (step - done) + (grows ? 2 * pass + dense : pass);
    pass = passMacs(network, new Map(Object.entries(layers)));
    done = step + 1;
  }
  training += 3 * pass * (allSteps - done);
  return {
    inference: Math.round(pass),
    denseInference: Math.round(wholeMacs),
    training: Math.round(training * config.batchSize),
    denseTraining: Math.round(3 * wholeMacs * allSteps * config.batchSize),
  };
}
