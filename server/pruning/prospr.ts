import type { Executable } from '../executors/types';
import { gradient, jvp } from '../graph/autodiff';
import { scale } from '../graph/compose';
import { createProgram } from '../graph/program';
import type { Node, Program } from '../graph/types';
import type { Network } from '../models/types';
import type { Batch } from '../protocol/data';
import { UserError } from '../protocol/errors';
import { floatTensor, sizeOf } from '../protocol/tensor';
import { scoresOf } from './gradients';
import { buildLoss, namedOutputs, nodesOf } from './loss';
import {
  breathe,
  createArena,
  type DeviceTensors,
  readValues,
  runWith,
  uploadBatch,
  uploadWeights,
  withPrefix,
} from './tensors';
import type { Criterion, ScoringContext, ScoringOptions } from './types';

/** Inputs of the inner loop besides parameters and data: momentum, and the adjoints of weights and momentum. */
const momentum = 'momentum/';
const weightAdjoint = 'weight-adjoint/';
const momentumAdjoint = 'momentum-adjoint/';

type Inner = Pick<ScoringOptions, 'innerLearningRate' | 'innerMomentum' | 'innerWeightDecay'>;

function inputsLike(
  b: { input(name: string, shape: Node['shape']): Node },
  prefix: string,
  names: readonly string[],
  nodes: readonly Node[],
) {
  return names.map((name, i) => b.input(prefix + name, nodes[i].shape));
}

/**
 * One step of the inner optimizer (equation 5, with momentum and decay):
 * m' = mu m + (grad L(w) + decay w),  w' = w - lr m'.
 */
function stepProgram(network: Network, size: number, inner: Inner): Program {
  const { b, parameters, trainable, loss } = buildLoss(network, size);
  const weights = nodesOf(parameters, trainable);
  const gradients = gradient(b, loss, weights);
  const buffers = inputsLike(b, momentum, trainable, weights).map((buffer, i) =>
    b.add(scale(b, buffer, inner.innerMomentum), b.add(gradients[i], scale(b, weights[i], inner.innerWeightDecay))),
  );
  const moved = weights.map((weight, i) => b.subtract(weight, scale(b, buffers[i], inner.innerLearningRate)));
  return createProgram('inner step', {
    ...namedOutputs('', trainable, moved),
    ...namedOutputs(momentum, trainable, buffers),
  });
}

/** The gradient of the outer loss at w_M: where the recursion starts. */
function outerProgram(network: Network, size: number): Program {
  const { b, parameters, trainable, loss } = buildLoss(network, size);
  const gradients = gradient(b, loss, nodesOf(parameters, trainable));
  return createProgram('outer gradient', namedOutputs(weightAdjoint, trainable, gradients));
}

/**
 * The step of the recursion that brings the adjoints of (w, m) from after an inner step to before it:
 * lm <- lm - lr lw;  lw <- lw + (H + decay) lm;  lm <- mu lm,
 * with the Hessian H of the step's loss at its weights. One Hessian-vector product; nothing grows with M.
 */
function adjointProgram(network: Network, size: number, inner: Inner): Program {
  const { b, parameters, trainable, loss } = buildLoss(network, size);
  const weights = nodesOf(parameters, trainable);
  const lw = inputsLike(b, weightAdjoint, trainable, weights);
  const lm = inputsLike(b, momentumAdjoint, trainable, weights).map((adjoint, i) =>
    b.subtract(adjoint, scale(b, lw[i], inner.innerLearningRate)),
  );
  const products = jvp(b, gradient(b, loss, weights), weights, lm);
  const before = lw.map((adjoint, i) => b.add(adjoint, b.add(products[i], scale(b, lm[i], inner.innerWeightDecay))));
  return createProgram('adjoint step', {
    ...namedOutputs(weightAdjoint, trainable, before),
    ...namedOutputs(
      momentumAdjoint,
      trainable,
      lm.map((adjoint) => scale(b, adjoint, inner.innerMomentum)),
    ),
  });
}

/** The M + 1 batches of the inner loop and the outer loss: new ones, the given ones, or the first one every time. */
async function innerBatches({ batches, givenBatches, options }: ScoringContext): Promise<readonly Batch[]> {
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

/** Programs compiled once for each batch size, disposed together. */
function programCache(context: ScoringContext, build: (size: number) => Program) {
  const compiled = new Map<number, Promise<Executable>>();
  return {
    get(size: number): Promise<Executable> {
      const known = compiled.get(size) ?? context.executor.compile(build(size));
      compiled.set(size, known);
      return known;
    },
    async dispose(): Promise<void> {
      for (const executable of compiled.values()) await (await executable).dispose();
    },
  };
}

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
  score: async (context) => {
    const adjoints = await metaGradient(context);
    return { scores: scoresOf(context, (weight, name, i) => Math.abs(weight * adjoints.get(name)![i])) };
  },
};

/** dL(w_M)/dw_0 (or its approximation) for every trainable parameter. */
async function metaGradient(context: ScoringContext): Promise<ReadonlyMap<string, Float32Array>> {
  const { network, executor, options, signal } = context;
  const { steps, variant } = options;
  const batches = await innerBatches(context);
  // The released code's first buffer is a constant, so the Hessian of step 0 drops out.
  const backward = variant === 'first-order' ? 0 : variant === 'released' ? Math.max(steps - 1, 0) : steps;
  let done = 0;
  const advance = async () => {
    context.onProgress?.(++done, steps + 1 + backward);
    await breathe(signal);
  };

  const arena = createArena();
  const forward = programCache(context, (size) => stepProgram(network, size, options));
  const adjoint = programCache(context, (size) => adjointProgram(network, size, options));
  const outer = programCache(context, (size) => outerProgram(network, size));
  const run = async (cache: ReturnType<typeof programCache>, batch: Batch, ...groups: DeviceTensors[]) => {
    const executable = await cache.get(batch.size);
    const data = arena.own(uploadBatch(executor, network, batch));
    const outputs = arena.own(await runWith(executable, ...groups, data));
    arena.release(data);
    return outputs;
  };

  try {
    // Forward: the weights w_0 … w_M are all kept, of the momentum only the newest.
    const initial = arena.own(uploadWeights(executor, network, context.weights));
    const weights = [initial];
    let buffers = arena.own(zeros(context, momentum));
    for (let k = 0; k < steps; k++) {
      const stepped = await run(forward, batches[k], weights[k], buffers);
      arena.release(buffers);
      buffers = withPrefix(stepped, momentum);
      // Parameters that do not step are those of the start; momentum has names of its own.
      weights.push({ ...initial, ...stepped });
      await advance();
    }
    arena.release(buffers);

    let adjoints: DeviceTensors = {
      ...(await run(outer, batches[steps], weights[steps])),
      ...arena.own(zeros(context, momentumAdjoint)),
    };
    await advance();
    for (let k = steps - 1; k >= steps - backward; k--) {
      const before = await run(adjoint, batches[k], weights[k], adjoints);
      arena.release(adjoints);
      adjoints = before;
      await advance();
    }
    const values = await readValues(withPrefix(adjoints, weightAdjoint));
    return new Map([...values].map(([name, value]) => [name.slice(weightAdjoint.length), value]));
  } finally {
    arena.dispose();
    for (const cache of [forward, adjoint, outer]) await cache.dispose();
  }
}

/** A zero tensor for each trainable parameter. */
function zeros({ network, executor }: ScoringContext, prefix: string): DeviceTensors {
  return Object.fromEntries(
    network.parameters
      .filter(({ trainable }) => trainable)
      .map(({ name, shape }) => [prefix + name, executor.upload(floatTensor(shape, new Float32Array(sizeOf(shape))))]),
  );
}
