import { gradient } from '../graph/autodiff';
import { type Builder, createBuilder } from '../graph/builder';
import { square } from '../graph/compose';
import type { Node } from '../graph/types';
import { declareInputs, declareParameters } from '../models/parameters';
import type { Network, Parameter } from '../models/types';
import type { PresetDefinition } from '../protocol/catalogue/types';
import { floatTensor, type Shape, sizeOf } from '../protocol/tensor';
import { forEachBatch, type SummedGraph, summedBatchProgram } from './batchPrograms';
import { batchStatistics, type NoiseInput, noiseInputs, uploadNoise } from './batchStatistics';
import { accumulate, freeBatches } from './gradients';
import { namedOutputs } from './loss';
import { onesInput } from './ones';
import { optionValue, SHARED_OPTIONS } from './options';
import { masksAfterRound } from './schedule';
import { scoringMode } from './scoringMode';
import { applyMasks } from './selection';
import { markRemoved } from './synflow';
import { type DeviceTensors, disposeAll, readAll, uploadWeights } from './tensors';
import type { Criterion, Masks, Scores, ScoringContext } from './types';

const iterations = { ...SHARED_OPTIONS.iterations, default: 100 };

const presets: readonly PresetDefinition[] = [
  {
    name: 'released',
    text:
      "The command of the authors' code for CIFAR-10: 100 rounds on two batches of 128. It normalizes both auxiliary networks as in " +
      "training and leaves the classifier's weights as they are; here normalizations are parts of the paths, as in the paper.",
    options: { iterations: 100, batches: 2 },
  },
];

/** A builder that notes what each relu or gate of a network looks at, in the order in which the network makes them. */
function recording(b: Builder, gates: Node[]): Builder {
  return {
    ...b,
    relu: (x) => {
      gates.push(x);
      return b.relu(x);
    },
    gate: (x, y) => {
      gates.push(x);
      return b.gate(x, y);
    },
  };
}

/** A builder without saturation: tanh is the identity, and so is a bound (as of relu6). */
function unbounded(b: Builder): Builder {
  const isBound = ({ op }: Node) => op === 'constant';
  return {
    ...b,
    tanh: (x) => x,
    maximum: (x, y) => (isBound(y) ? x : isBound(x) ? y : b.maximum(x, y)),
  };
}

/** A builder for the same network that opens and closes each relu as noted. */
function replaying(b: Builder, gates: readonly Node[]): Builder {
  let next = 0;
  return { ...unbounded(b), relu: (x) => b.gate(gates[next++], x), gate: (_x, y) => b.gate(gates[next++], y) };
}

/** A builder in which relu and gate are the identity. */
function linearizing(b: Builder): Builder {
  return { ...unbounded(b), relu: (x) => x, gate: (_x, y) => y };
}

/** Weights on one path add up to about one: the number of a kernel's weights that meet in an output. */
function fanIn({ shape }: Pick<Parameter, 'shape'>): number {
  return sizeOf(shape) / shape[shape.length - 1];
}

const isVariance = ({ role }: Parameter) => role === 'moving-variance';

/** The first of what a node is made of, as long as it is made of one only. */
function originOf(node: Node): Node {
  return node.args.length === 1 ? originOf(node.args[0]) : node;
}

/**
 * What each normalization adds to its variance before it takes the root, by the name of the variance: seen where the network is
 * applied with its moving statistics, so that no layer has to be asked for its epsilon.
 */
function epsilonsOf(
  b: Builder,
  network: Network,
  inputs: readonly Node[],
  weights: ReadonlyMap<string, Node>,
): ReadonlyMap<string, number> {
  const names = new Map(network.parameters.filter(isVariance).map(({ name }) => [weights.get(name)!, name]));
  const epsilons = new Map<string, number>();
  const add: Builder['add'] = (x, y) => {
    for (const [variance, { op, attributes }] of [
      [x, originOf(y)],
      [y, originOf(x)],
    ] as const) {
      const name = names.get(originOf(variance));
      if (name !== undefined && op === 'constant') epsilons.set(name, attributes.value);
    }
    return b.add(x, y);
  };
  network.apply({ ...b, add }, inputs, weights, 'evaluate');
  return epsilons;
}

/** Parameters that leave a positive signal positive: `given` ones, no shifts, means 0, factors and variances 1. */
function positiveParameters(
  b: Builder,
  network: Network,
  given: (parameter: Parameter) => Node | undefined,
): Map<string, Node> {
  return new Map(
    network.parameters.map((parameter) => {
      const { name, shape, role } = parameter;
      const isFactor = role === 'gamma' || isVariance(parameter);
      return [name, given(parameter) ?? b.constant(isFactor ? 1 : 0, shape)];
    }),
  );
}

/**
 * What stands for gamma in z2. With its statistics fixed, batch normalization multiplies by gamma/sigma, which is part
 * of the weight of every path through it, and is squared with the rest. As weights go, sigma falls with what passes, so
 * that branches beside a skip connection do not fade away. Without a gamma the variance, from which the layer takes a
 * root, stands for it.
 */
function squaredFactors(
  b: Builder,
  network: Network,
  weights: ReadonlyMap<string, Node>,
  statistics: ReadonlyMap<string, Node>,
  epsilons: ReadonlyMap<string, number>,
): ReadonlyMap<string, Node> {
  const factors = new Map<string, Node>();
  for (const variance of network.parameters.filter(isVariance)) {
    const seen = statistics.get(variance.name) ?? weights.get(variance.name)!;
    const squaredDeviation = b.add(seen, b.constant(epsilons.get(variance.name) ?? 0));
    const gamma = network.parameters.find(({ layer, role }) => layer === variance.layer && role === 'gamma');
    if (gamma) factors.set(gamma.name, b.divide(square(b, weights.get(gamma.name)!), squaredDeviation));
    else factors.set(variance.name, square(b, squaredDeviation));
  }
  return new Map(Array.from(factors, ([name, node]) => [name, b.stopGradient(node)]));
}

/**
 * d(z1 · z2)/dw² for a batch of `size`: z2 the linearized network with squared weights on ones; z1, through which no
 * gradient flows, the network with ones in place of the weights on x², open where the real one's relus are.
 */
function pathGraph(context: Pick<ScoringContext, 'network' | 'prunable' | 'options'>, size: number): SummedGraph {
  const { network, prunable } = context;
  const b = createBuilder();
  const inputs = declareInputs(b, network, size);
  const weights = declareParameters(b, network);
  const masks = new Map(prunable.map((name) => [name, b.input(`mask/${name}`, weights.get(name)!.shape)]));

  const gates: Node[] = [];
  const mode = scoringMode(context);
  network.apply(recording(b, gates), inputs, weights, mode);
  const statistics = mode === 'score' ? batchStatistics(b, network, inputs, weights) : new Map<string, Node>();
  // A factor for each layer changes the scale of the scores only, and keeps deep networks finite in float32.
  const ones = positiveParameters(b, network, (parameter) => {
    const { name, role } = parameter;
    const mask = masks.get(name);
    // What is looked up in a table is the input of what follows; where the table is pruned too, its ids are, one at a time.
    if (role === 'embedding') return mask ?? square(b, weights.get(name)!);
    if (role !== 'kernel') return undefined;
    const share = b.constant(1 / fanIn(parameter), parameter.shape);
    return mask ? b.multiply(mask, share) : share;
  });
  const squaredInputs = inputs.map((x) => (x.dtype === 'int32' ? x : square(b, x)));
  const reached = network.apply(replaying(b, gates), squaredInputs, ones, 'evaluate').logits;

  const squares = new Map(Array.from(weights, ([name, node]) => [name, square(b, node)]));
  const factors = squaredFactors(b, network, weights, statistics, epsilonsOf(b, network, inputs, weights));
  const positive = positiveParameters(b, network, ({ name, role }) =>
    role === 'kernel' || masks.has(name) ? squares.get(name) : factors.get(name),
  );
  const unit = onesInput(b, network, new Set(prunable.map((name) => squares.get(name)!)));
  const paths = network.apply(linearizing(unit.b), unit.inputs, positive, 'evaluate').logits;

  const product = b.reduceSum(b.multiply(b.stopGradient(b.reduceSum(reached, [0], true)), paths));
  const wrt = prunable.map((name) => squares.get(name)!);
  return { title: 'path kernel', b, outputs: namedOutputs('', prunable, gradient(b, product, wrt)) };
}

function uploadMasks({ executor, network, prunable }: ScoringContext, masks: Masks): DeviceTensors {
  const shapes = new Map<string, Shape>(network.parameters.map(({ name, shape }) => [name, shape]));
  return Object.fromEntries(
    prunable.map((name) => {
      const shape = shapes.get(name)!;
      const values = new Float32Array(masks.get(name) ?? new Uint8Array(sizeOf(shape)).fill(1));
      return [`mask/${name}`, executor.upload(floatTensor(shape, values))];
    }),
  );
}

/**
 * PX, path exclusion (Iurada et al. 2024, equations 9 and 10): |d(z1 · z2)/dw²| * w², the share of a weight in a bound
 * of the tangent kernel's trace: how strong the paths through it are, and how much of the data passes them. No labels.
 * `iterations` rounds (100), each pruning to the density of an exponential schedule; weights removed in an earlier round
 * have -1. Batch normalization is a factor gamma/sigma on its paths, with the statistics of the batch: its means, which are
 * subtracted, would leave no sum over paths. In z1, weights count as ones divided by the fan-in, which changes the scale
 * only where no branches of different depth meet. A smooth activation other than tanh is taken as it is.
 */
export const px: Criterion = {
  name: 'px',
  title: 'PX',
  description: "Share of a weight in the paths that the data takes, which bound the tangent kernel's trace.",
  needsData: true,
  aimsAtSparsity: true,
  usesStatistics: true,
  options: [iterations, SHARED_OPTIONS.pruningBatches],
  presets,
  score: async (context) => {
    const { options, weights } = context;
    const rounds = optionValue(options, iterations);
    const batches = await freeBatches(context);
    const noises = new Map<number, readonly NoiseInput[]>();
    const extras = (size: number) => {
      const noise = noises.get(size) ?? noiseInputs(context.network, size);
      noises.set(size, noise);
      return uploadNoise(context.executor, noise);
    };
    const program = summedBatchProgram({ ...context, extras }, (size) => pathGraph(context, size), 'sum');
    try {
      let masks: Masks = new Map();
      for (let round = 1; ; round++) {
        const fixed = {
          ...uploadWeights(context.executor, context.network, applyMasks(weights, masks)),
          ...uploadMasks(context, masks),
        };
        const gradients = new Map<string, Float32Array>();
        try {
          await forEachBatch(context, program, batches, async (batch) => {
            accumulate(gradients, await readAll(await batch.run(fixed)), 1 / batches.length);
          });
        } finally {
          disposeAll(fixed);
        }
        const scores = markRemoved(pathScores(context, gradients), masks);
        context.onProgress?.(round, rounds);
        if (round === rounds) return { scores };
        masks = masksAfterRound(context, scores, round, rounds);
      }
    } finally {
      await program.dispose();
    }
  },
};

function pathScores({ prunable, weights }: ScoringContext, gradients: ReadonlyMap<string, Float32Array>): Scores {
  return new Map(
    prunable.map((name) => [name, weights.get(name)!.map((w, i) => Math.abs(gradients.get(name)![i] * w * w))]),
  );
}
