import type { PresetDefinition } from '../../protocol/catalogue/types';
import { usageError } from '../../protocol/errors';
import { sizeOf } from '../../protocol/tensor';
import { createRandom, type Random } from '../../random';
import { DPAI_OPTIONS } from '../dpai';
import { optionValue } from '../options';
import { countPlaces, followPaths } from '../paths';
import { layerRatios } from '../ratios';
import { countKept } from '../selection';
import type { Criterion, ScoringContext } from '../types';
import type { WeightLink } from '../unitGraph';
import { type Block, inputCounts, type LayerProblem, spread } from './layer';

const nodeShare = { ...DPAI_OPTIONS.nodeShare, default: 0.01 };
const kernelShare = { ...DPAI_OPTIONS.kernelShare, default: 1 };

const presets: readonly PresetDefinition[] = [
  {
    name: 'released',
    text:
      "The authors' command for ResNet-20. Their code solves large layers in parts of 32 outputs, which changes what is optimal, and moves weights that " +
      'no path goes through afterwards; here each layer is solved whole, and inputs that no path reaches get nothing.',
    options: { nodeShare: 0.01, kernelShare: 1 },
  },
];

/** Kernels of a link by their inputs: `index` of the kernel's first place by [block, input, output]. */
interface Layout {
  readonly blocks: readonly Block[];
  readonly kernels: readonly (readonly (readonly number[])[])[];
}

/**
 * Inputs and outputs of a link in blocks: inputs that lead to the same outputs are in one.
 * @param into paths that reach each unit.
 */
function layoutOf({ period, source, target }: WeightLink, into: ArrayLike<number>): Layout {
  const rows = new Map<number, number[]>();
  for (let kernel = 0; kernel < period; kernel++) {
    const row = rows.get(source(kernel));
    if (row) row.push(kernel);
    else rows.set(source(kernel), [kernel]);
  }
  const blocks = new Map<number, { readonly paths: number[]; readonly kernels: number[][] }>();
  for (const [input, row] of rows) {
    row.sort((a, b) => target(a) - target(b));
    const first = target(row[0]);
    const block = blocks.get(first) ?? { paths: [], kernels: [] };
    block.paths.push(into[input]);
    block.kernels.push(row);
    blocks.set(first, block);
  }
  const found = [...blocks.values()];
  return {
    blocks: found.map(({ paths, kernels }) => ({ paths, outputs: kernels[0].length })),
    kernels: found.map(({ kernels }) => kernels),
  };
}

/** Writes the mask of a link's part of a weight. */
function choose(link: WeightLink, into: ArrayLike<number>, mask: Uint8Array, shares: Shares, random: Random): void {
  const { size, period, places: own } = link;
  const { blocks, kernels } = layoutOf(link, into);
  const places = size / period;
  const counts = inputCounts({ blocks, places, ...shares });
  counts.forEach((sums, block) => {
    const { outputs } = blocks[block];
    const spreadOut = spread(sums, outputs, random.permutation(sums.length), () => random.permutation(outputs));
    for (const [input, row] of spreadOut.entries()) {
      for (const [output, count] of row.entries()) {
        if (count === 0) continue;
        const kernel = kernels[block][input][output];
        for (const place of random.permutation(places).subarray(0, count)) {
          const index = kernel + place * period;
          mask[own?.[index] ?? index] = 1;
        }
      }
    }
  });
}

type Shares = Pick<LayerProblem, 'kept' | 'nodeShare' | 'kernelShare'>;

/** What is chosen of a weight. */
interface Choice {
  readonly mask: Uint8Array;
  /** How many it keeps in the end, and which of its places are decided. */
  readonly kept: number;
  readonly decided: Uint8Array;
  readonly random: Random;
}

/** Decides the places of a link, its share of what the weight keeps; those that an earlier use of the weight decided stay. */
function decide(link: WeightLink, into: ArrayLike<number>, choice: Choice, shares: Omit<Shares, 'kept'>): void {
  const { mask, kept, decided, random } = choice;
  const { places, size } = link;
  if (decided[places?.[0] ?? 0] === 1) return;
  const before = countKept(decided);
  const share = (count: number) => Math.round((kept * count) / decided.length);
  const own = share(before + size) - share(before);
  for (let i = 0; i < size; i++) decided[places?.[i] ?? i] = 1;
  choose(link, into, mask, { ...shares, kept: own }, random);
}

/** What no path leads through keeps its share, by chance. */
function decideRest({ mask, kept, decided, random }: Choice): void {
  let missing = kept - countKept(mask);
  if (missing === 0) return;
  for (const place of random.permutation(mask.length)) {
    if (missing === 0) return;
    if (decided[place] === 1) continue;
    mask[place] = 1;
    missing--;
  }
}

/** The masks: each layer's is chosen for the paths that the masks before it leave. */
function balancedMasks(context: ScoringContext, kept: ReadonlyMap<string, number>): ReadonlyMap<string, Choice> {
  const { network, prunable, options, seed } = context;
  const shares = { nodeShare: optionValue(options, nodeShare), kernelShare: optionValue(options, kernelShare) };
  const choices = new Map(
    network.parameters
      .filter(({ name }) => prunable.includes(name))
      .map(({ name, shape }): [string, Choice] => {
        const size = sizeOf(shape);
        return [
          name,
          {
            mask: new Uint8Array(size),
            kept: kept.get(name)!,
            decided: new Uint8Array(size),
            random: createRandom(seed, 'pruning', 'npb', name),
          },
        ];
      }),
  );
  let done = 0;
  followPaths(network, (link, into) => {
    const choice = choices.get(link.weight);
    if (choice) {
      decide(link, into, choice, shares);
      context.onProgress?.(Math.min(++done, choices.size), choices.size);
    }
    return countPlaces(link, choice?.mask);
  });
  for (const choice of choices.values()) decideRest(choice);
  return choices;
}

/**
 * NPB (Pham et al. 2023, section 4): masks that balance how many nodes, paths and kernels are left, layer after layer by an optimum of the
 * paper's problem (`layer.ts`), with as many weights in each as ERK gives it. Which place of a kernel stays, and which of equal inputs and
 * outputs, is chance. Needs neither data nor weights.
 */
export const npb: Criterion = {
  name: 'npb',
  title: 'NPB',
  description: 'Masks that balance the numbers of nodes, paths and kernels layer by layer, without data or weights.',
  needsData: false,
  aimsAtSparsity: true,
  decidesCounts: true,
  options: [nodeShare, kernelShare],
  presets,
  score: async (context) => {
    const { network, prunable, options, seed, weights } = context;
    if (optionValue(options, nodeShare) > 1) throw usageError('--node-share is a fraction.', 'It goes from 0 to 1.');
    const tensors = network.parameters.filter(({ name }) => prunable.includes(name));
    const { kept } = layerRatios('erk', tensors, weights)!(options.sparsity, 0);
    const scores = Array.from(balancedMasks(context, kept), ([name, { mask }]) => {
      const random = createRandom(seed, 'pruning', 'npb', name, 'order');
      return [name, Float32Array.from(mask, (bit) => bit + random.uniform() / 2)] as const;
    });
    return { scores: new Map(scores), kept };
  },
};
