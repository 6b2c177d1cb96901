import type { Executable } from '../executors/types';
import { gradient } from '../graph/autodiff';
import { createBuilder } from '../graph/builder';
import { createProgram } from '../graph/program';
import type { Program } from '../graph/types';
import { declareParameters } from '../models/parameters';
import { type Network, outputAxisOf, type Parameter } from '../models/types';
import type { OptionDefinition, PresetDefinition } from '../protocol/catalogue/types';
import { usageError } from '../protocol/errors';
import { sizeOf } from '../protocol/tensor';
import { createRandom } from '../random';
import { namedOutputs, nodesOf } from './loss';
import { onesInput } from './ones';
import { optionValue, SHARED_OPTIONS } from './options';
import { layerRatios } from './ratios';
import { createScaledBuilder } from './scaled';
import { keepHighest } from './selection';
import { breathe, disposeAll, runWith, uploadWeights } from './tensors';
import type { Criterion, Masks, ScoringContext, Weights } from './types';

const iterations = { ...SHARED_OPTIONS.iterations, default: 500 };

export const DPAI_OPTIONS = {
  nodeShare: {
    name: 'node-share',
    type: 'number',
    minimum: 0,
    default: 0.99,
    scope: 'scoring',
    setting: 'scoring.nodeShare',
    placeholder: 'alpha',
    text: 'how much nodes (DPaI: nodes and kernels) count beside paths, 0 to 1',
  },
  kernelShare: {
    name: 'kernel-share',
    type: 'number',
    minimum: 0,
    default: 0.5,
    scope: 'scoring',
    setting: 'scoring.kernelShare',
    placeholder: 'beta',
    text: 'how much kernels count: beside nodes, 0 to 1 (NPB: beside both, from 0)',
  },
  scoreLr: {
    name: 'score-lr',
    type: 'number',
    exclusiveMinimum: 0,
    default: 0.005,
    scope: 'scoring',
    setting: 'scoring.scoreLearningRate',
    placeholder: 'rate',
    text: 'learning rate of the scores',
  },
} as const satisfies { readonly [flag: string]: OptionDefinition };

const presets: readonly PresetDefinition[] = [
  {
    name: 'released',
    text: "The authors' script: 3,000 rounds. (Their masks may keep a weight more in each layer.)",
    options: { iterations: 3000, nodeShare: 0.99, kernelShare: 0.5, scoreLearningRate: 0.005 },
  },
];

/** Adam's, as in PyTorch. */
const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** Name of the output that has the sum over paths. */
const FLOW = 'flow';

/** The flow R of ones through a network whose kernels are its masks, and its derivatives by them; all are divided by one number. */
function pathProgram(network: Network, names: readonly string[]): Program {
  const b = createBuilder();
  const scaled = createScaledBuilder(b);
  const parameters = declareParameters(b, network);
  const kernels = nodesOf(parameters, names);
  const ones = onesInput(scaled, network, new Set(kernels));
  const { logits } = network.apply(ones.b, ones.inputs, parameters, 'flow');
  const flow = b.reduceSum(logits);
  return createProgram('paths', { ...namedOutputs('', names, gradient(b, flow, kernels)), [FLOW]: flow });
}

/** Of the network in which paths are counted: kernels are ones, nothing is added, and normalizations do nothing. */
function countingValues({ parameters }: Network, weights: Weights): Map<string, Float32Array> {
  const isOne = ({ role }: Parameter) => ['kernel', 'embedding', 'gamma', 'moving-variance'].includes(role);
  return new Map(
    parameters.map((parameter) => {
      const { name, role, shape } = parameter;
      return [
        name,
        role === 'fixed' ? weights.get(name)! : new Float32Array(sizeOf(shape)).fill(isOne(parameter) ? 1 : 0),
      ];
    }),
  );
}

/** A tensor of scores with what Adam keeps of it. */
interface Learned {
  readonly name: string;
  readonly scores: Float64Array;
  readonly first: Float64Array;
  readonly second: Float64Array;
  readonly kept: number;
  /** Which node a weight leads to, and which kernel (all weights from one channel to another) it is in. */
  readonly nodeOf: (place: number) => number;
  readonly kernelOf: (place: number) => number;
  readonly nodes: number;
  readonly kernels: number;
}

function learned(parameter: Parameter, scores: Float64Array, kept: number): Learned {
  const { name, shape } = parameter;
  const axis = outputAxisOf(parameter);
  const stride = sizeOf(shape.slice(axis + 1));
  const pairs = shape.length > 2 ? shape[shape.length - 1] * shape[shape.length - 2] : sizeOf(shape);
  return {
    name,
    scores,
    first: new Float64Array(scores.length),
    second: new Float64Array(scores.length),
    kept,
    nodeOf: (place) => Math.floor(place / stride) % shape[axis],
    kernelOf: (place) => place % pairs,
    nodes: shape[axis],
    kernels: pairs,
  };
}

function maskOf({ scores, kept }: Learned): Uint8Array {
  return keepHighest([Float32Array.from(scores, Math.abs)], kept)[0];
}

/** How scores are learned. */
export interface BalanceOptions {
  readonly rounds: number;
  /** The paper's α, β, and learning rate. */
  readonly nodeShare: number;
  readonly kernelShare: number;
  readonly learningRate: number;
}

/**
 * One step of Adam that raises log R, and more so where it makes a node or a kernel effective that is not.
 * @param paths dR/dm of each weight over R.
 */
function step(
  tensor: Learned,
  mask: Uint8Array,
  paths: ArrayLike<number>,
  round: number,
  options: BalanceOptions,
): void {
  const { nodeShare, kernelShare, learningRate } = options;
  const { scores, first, second, nodeOf, kernelOf } = tensor;
  const nodes = new Uint8Array(tensor.nodes);
  const kernels = new Uint8Array(tensor.kernels);
  for (let i = 0; i < scores.length; i++) {
    if (mask[i] === 0 || paths[i] === 0) continue;
    nodes[nodeOf(i)] = 1;
    kernels[kernelOf(i)] = 1;
  }
  const size = learningRate / (1 - BETA1 ** round);
  const correction = Math.sqrt(1 - BETA2 ** round);
  for (let i = 0; i < scores.length; i++) {
    const path = paths[i] * Math.sign(scores[i]);
    const node = nodes[nodeOf(i)] === 1 ? 0 : path;
    const kernel = kernels[kernelOf(i)] === 1 ? 0 : path;
    const slope = -((1 - nodeShare) * path + nodeShare * ((1 - kernelShare) * node + kernelShare * kernel));
    first[i] = BETA1 * first[i] + (1 - BETA1) * slope;
    second[i] = BETA2 * second[i] + (1 - BETA2) * slope * slope;
    scores[i] -= (size * first[i]) / (Math.sqrt(second[i]) / correction + EPSILON);
  }
}

type Counting = Pick<ScoringContext, 'network' | 'weights' | 'executor' | 'signal' | 'onProgress'>;

/** dR/dm over R for each tensor; undefined where no path is left. */
async function pathShares(
  { network, executor }: Counting,
  executable: Executable,
  values: Weights,
): Promise<ReadonlyMap<string, ArrayLike<number>> | undefined> {
  const inputs = uploadWeights(executor, network, values);
  try {
    const results = await runWith(executable, inputs);
    try {
      const read = new Map<string, ArrayLike<number>>();
      for (const [name, tensor] of Object.entries(results)) read.set(name, (await tensor.read()).data);
      const flow = read.get(FLOW)![0];
      if (!(flow > 0)) return undefined;
      return new Map(Array.from(read, ([name, data]) => [name, Float64Array.from(data, (value) => value / flow)]));
    } finally {
      disposeAll(results);
    }
  } finally {
    disposeAll(inputs);
  }
}

/**
 * Scores learned from those given, which are changed.
 *
 * @returns whether there was a path from input to output in every round; where there is none, learning ends.
 */
export async function balanceScores(
  context: Counting,
  scores: ReadonlyMap<string, Float64Array>,
  kept: ReadonlyMap<string, number>,
  options: BalanceOptions,
): Promise<boolean> {
  const { network, executor, signal } = context;
  const names = [...scores.keys()];
  const parameters = new Map(network.parameters.map((parameter) => [parameter.name, parameter]));
  const tensors = names.map((name) => learned(parameters.get(name)!, scores.get(name)!, kept.get(name)!));
  const ones = countingValues(network, context.weights);
  const executable = await executor.compile(pathProgram(network, names));
  try {
    for (let round = 1; round <= options.rounds; round++) {
      await breathe(signal);
      const masks: Masks = new Map(tensors.map((tensor) => [tensor.name, maskOf(tensor)]));
      const values = new Map([
        ...ones,
        ...Array.from(masks, ([name, mask]) => [name, Float32Array.from(mask)] as const),
      ]);
      const paths = await pathShares(context, executable, values);
      if (!paths) return false;
      for (const tensor of tensors) step(tensor, masks.get(tensor.name)!, paths.get(tensor.name)!, round, options);
      context.onProgress?.(round, options.rounds);
    }
    return true;
  } finally {
    await executable.dispose();
  }
}

/**
 * DPaI (Xiang et al. 2025): scores that are learned so that the network whose kernels are the masks has many paths, effective nodes and
 * effective kernels. Masks keep the largest |s| of each layer, as many as ERK gives it; derivatives go through to the scores
 * as if the choice was none. Needs neither data nor weights.
 */
export const dpai: Criterion = {
  name: 'dpai',
  title: 'DPaI',
  description: 'Learned scores that balance the numbers of paths, nodes and kernels which are left, without data.',
  needsData: false,
  aimsAtSparsity: true,
  decidesCounts: true,
  options: [iterations, ...Object.values(DPAI_OPTIONS)],
  presets,
  score: async (context) => {
    const { network, prunable, options, seed, weights } = context;
    const balance: BalanceOptions = {
      rounds: optionValue(options, iterations),
      nodeShare: optionValue(options, DPAI_OPTIONS.nodeShare),
      kernelShare: optionValue(options, DPAI_OPTIONS.kernelShare),
      learningRate: optionValue(options, DPAI_OPTIONS.scoreLr),
    };
    if (balance.nodeShare > 1 || balance.kernelShare > 1) {
      throw usageError('--node-share and --kernel-share are fractions.', 'They go from 0 to 1.');
    }
    const tensors = network.parameters.filter(({ name }) => prunable.includes(name));
    const { kept } = layerRatios('erk', tensors, weights)!(options.sparsity, 0);
    const learnedScores = new Map(
      tensors.map(({ name, shape }) => {
        const values = new Float64Array(sizeOf(shape));
        createRandom(seed, 'pruning', 'dpai', name).fillNormal(values, 0, 1);
        return [name, values] as const;
      }),
    );
    const hasPaths = await balanceScores(context, learnedScores, kept, balance);
    return {
      scores: new Map(Array.from(learnedScores, ([name, values]) => [name, Float32Array.from(values, Math.abs)])),
      kept,
      ...(!hasPaths && { diagnostics: { warnings: ['No path from input to output was left to learn by.'] } }),
    };
  },
};
