/** ProsPr's meta-gradient: M inner steps forward, then a recursion back, one Hessian-vector product a step. */
import type { Batch } from '../protocol/data';
import { UserError, usageError } from '../protocol/errors';
import { floatTensor, sizeOf } from '../protocol/tensor';
import { stepRule } from './innerOptimizers';
import { adjointNorm, stateAdjoint, stateInput, weightAdjoint } from './metaPrograms';
import { createMetaSteps } from './metaSteps';
import { breathe, createArena, type DeviceTensors, readValues, uploadWeights, withPrefix } from './tensors';
import type { ChosenOptions, ScoringContext } from './types';

export interface MetaGradient {
  /** dL(w_M)/dw_0, or what the variant makes of it, for every trainable parameter. */
  readonly gradients: ReadonlyMap<string, Float32Array>;
  /** Norms of the adjoint of the weights before clipping, the last one at w_M, each one before it a step earlier. */
  readonly norms: readonly number[];
  /** dL(w_0)/dw_0 on the batch of the outer loss, where `gradientNorms` asks for it. */
  readonly plain?: ReadonlyMap<string, Float32Array>;
}

/** The M + 1 batches of the inner loop and the outer loss: new ones, the given ones, or the first one every time. */
export async function innerBatches({
  batches,
  givenBatches,
  options,
}: Pick<ScoringContext, 'batches' | 'givenBatches' | 'options'>): Promise<readonly Batch[]> {
  const needed = options.steps + 1;
  if (options.sameBatch) {
    const [first] = givenBatches ?? (await batches(1));
    return new Array<Batch>(needed).fill(first);
  }
  if (!givenBatches) return batches(needed);
  if (givenBatches.length < needed) {
    throw new UserError(
      `ProsPr with ${options.steps} steps needs ${needed} batches, the file of batches has ${givenBatches.length}`,
      { kind: 'usage', hint: 'Lower --steps, or take every step on the first batch with --same-batch.' },
    );
  }
  return givenBatches.slice(0, needed);
}

/**
 * Steps that the recursion goes back. The released code's first buffer is a constant: step 0's Hessian drops out. Without
 * momentum it has no buffer, and goes back over all steps.
 */
function stepsBack({ steps, variant, innerOptimizer, innerMomentum }: ChosenOptions): number {
  if (variant === 'first-order') return 0;
  if (variant === 'exact') return steps;
  if (innerOptimizer !== 'momentum') {
    throw usageError(
      `the released variant of ProsPr is defined for momentum, not for ${innerOptimizer}`,
      'Choose --variant exact or first-order, or --inner-optimizer momentum.',
    );
  }
  return innerMomentum === 0 ? steps : Math.max(steps - 1, 0);
}

/** A zero tensor for each trainable parameter. */
function zeros({ network, executor }: ScoringContext, prefix: string): DeviceTensors {
  return Object.fromEntries(
    network.parameters
      .filter(({ trainable }) => trainable)
      .map(({ name, shape }) => [prefix + name, executor.upload(floatTensor(shape, new Float32Array(sizeOf(shape))))]),
  );
}

/** Where the inner loop stands: all parameters, and the optimizer's state. */
interface Position {
  readonly weights: DeviceTensors;
  readonly state: DeviceTensors;
}

/** Up to so many steps, the weights of each are kept; beyond, those of a segment at a time. */
const stepsKept = 32;

/** First steps of the segments that the way back over the last `backward` of `steps` steps is cut into. */
function segmentStarts(steps: number, backward: number): readonly number[] {
  const length = backward > stepsKept ? Math.ceil(Math.sqrt(backward)) : Math.max(backward, 1);
  return Array.from({ length: Math.ceil(backward / length) }, (_, i) => steps - backward + i * length);
}

/**
 * dL(w_M)/dw_0 through M steps of the inner optimizer. Up to 32 steps, the weights of each stay in memory (with Adam its
 * two moments too). Of more, only those at the start of each of sqrt(M) segments do, and on the way back a segment's
 * steps are taken once more: memory for 2 sqrt(M) copies of the weights, for one gradient more a step. Without a way
 * back (`first-order`) nothing is kept.
 */
export async function metaGradient(context: ScoringContext): Promise<MetaGradient> {
  const { network, executor, options, signal } = context;
  const { steps } = options;
  const backward = stepsBack(options);
  const starts = segmentStarts(steps, backward);
  const lastStart = starts[starts.length - 1] ?? steps;
  const repeated = lastStart - (steps - backward) - Math.max(starts.length - 1, 0);
  const rule = stepRule(options.innerOptimizer, options);
  const batches = await innerBatches(context);
  let done = 0;
  const total = steps + 1 + backward + repeated + (options.gradientNorms ? 1 : 0);
  const advance = async () => {
    context.onProgress?.(++done, total);
    await breathe(signal);
  };

  const arena = createArena();
  const taken = createMetaSteps(context, rule);
  const { forward, adjoint, outer, unclipped } = taken;
  const run = async (step: typeof forward, batch: Batch, ...groups: DeviceTensors[]) =>
    arena.own(await step(batch, ...groups));
  const scalarsOf = (step: number): DeviceTensors =>
    arena.own(
      Object.fromEntries(
        Object.entries(rule.scalarValues(step)).map(([name, value]) => [
          name,
          executor.upload(floatTensor([], Float32Array.of(value))),
        ]),
      ),
    );
  const slotsOf = (tensors: (slot: string) => DeviceTensors): DeviceTensors =>
    Object.assign({}, ...rule.slots.map(tensors));

  try {
    const initial = arena.own(uploadWeights(executor, network, context.weights));
    /** Step k from a position, which stays as it is. */
    const stepFrom = async ({ weights, state }: Position, k: number): Promise<Position> => {
      const scalars = scalarsOf(k);
      const stepped = await run(forward, batches[k], weights, state, scalars);
      arena.release(scalars);
      await advance();
      // Parameters that do not step are those of the start.
      return {
        weights: { ...initial, ...trainableOf(context, stepped) },
        state: slotsOf((slot) => withPrefix(stepped, stateInput(slot))),
      };
    };
    const drop = ({ weights, state }: Position) => {
      arena.release(state);
      if (weights !== initial) arena.release(trainableOf(context, weights));
    };

    /** Positions at the start of segments, and what the way back needs of each step of one segment. */
    const checkpoints = new Map<number, Position>();
    const kept = new Map<number, DeviceTensors>();
    const keep = (k: number, { weights, state }: Position) => {
      kept.set(k, rule.keepsState ? { ...weights, ...state } : weights);
      if (!rule.keepsState) arena.release(state);
    };

    let position: Position = {
      weights: initial,
      state: arena.own(slotsOf((slot) => zeros(context, stateInput(slot)))),
    };
    for (let k = 0; k < steps; k++) {
      const next = await stepFrom(position, k);
      if (k >= lastStart) keep(k, position);
      else if (starts.includes(k)) checkpoints.set(k, position);
      else drop(position);
      position = next;
    }

    let adjoints: DeviceTensors = {
      ...(await run(outer, batches[steps], position.weights)),
      ...arena.own(slotsOf((slot) => zeros(context, stateAdjoint(slot)))),
    };
    drop(position);
    const norms = [await readNorm(adjoints)];
    await advance();

    for (const [i, start] of [...starts.entries()].toReversed()) {
      const end = starts[i + 1] ?? steps;
      let repeat = checkpoints.get(start);
      for (let k = start; repeat && k < end; k++) {
        const next: Position | undefined = k < end - 1 ? await stepFrom(repeat, k) : undefined;
        keep(k, repeat);
        repeat = next;
      }
      for (let k = end - 1; k >= start; k--) {
        const scalars = scalarsOf(k);
        const before = await run(adjoint, batches[k], kept.get(k)!, adjoints, scalars);
        arena.release(scalars);
        arena.release(adjoints);
        if (k > 0) arena.release(stepTensors(context, kept.get(k)!));
        kept.delete(k);
        adjoints = before;
        norms.unshift(await readNorm(adjoints));
        await advance();
      }
    }
    const meta = { gradients: await gradientsIn(adjoints), norms };
    if (!options.gradientNorms) return meta;
    const plain = await gradientsIn(await run(unclipped, batches[steps], initial));
    await advance();
    return { ...meta, plain };
  } finally {
    arena.dispose();
    await taken.dispose();
  }
}

/** Those of a step's tensors that are not the start's: what has stepped, and state. */
function stepTensors({ network }: ScoringContext, tensors: DeviceTensors): DeviceTensors {
  const fixed = new Set(network.parameters.filter(({ trainable }) => !trainable).map(({ name }) => name));
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => !fixed.has(name)));
}

function trainableOf({ network }: ScoringContext, tensors: DeviceTensors): DeviceTensors {
  return Object.fromEntries(
    network.parameters.filter(({ trainable }) => trainable).map(({ name }) => [name, tensors[name]]),
  );
}

/** The adjoints of the weights, under the weights' names. */
async function gradientsIn(adjoints: DeviceTensors): Promise<ReadonlyMap<string, Float32Array>> {
  const values = await readValues(withPrefix(adjoints, weightAdjoint));
  return new Map([...values].map(([name, value]) => [name.slice(weightAdjoint.length), value]));
}

async function readNorm(adjoints: DeviceTensors): Promise<number> {
  return (await adjoints[adjointNorm].read()).data[0];
}
