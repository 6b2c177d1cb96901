/**
 * The layer problem of node-path balancing (Pham et al. 2023, section 4): how many weights each input of a layer keeps.
 *
 * M_ij is how many places the kernel from input i to output j keeps, at most c. With n = sum M_ij given, P_i paths that reach input i,
 * and C_in and C_out inputs and outputs,
 *
 *     alpha (nodes used) / (C_in + C_out) + (1 - alpha) (sum P_i M_ij) / (their scale) + beta (kernels used) / n
 *
 * is maximized, where a node or a kernel is used that keeps a weight. The authors give this integer program to a general solver. All of it is
 * concave and separable over the edges, inputs and outputs of a flow from inputs to outputs, and such a flow has a greedy optimum:
 *
 * 1. Row sums s_i decide everything. The most kernels that input i can use is min(s_i, C_out), by giving each output one place before any
 *    gets a second, and all inputs can do so at once, going on with the outputs that have least. Outputs in use are then min(C_out, n): where
 *    some s_i >= C_out, that input reaches all of them; else all n weights are in kernels of their own, and outputs are taken in turn.
 *    Both are the most there can be, so spreading loses nothing.
 * 2. What is left is sum f_i(s_i), where the first weight of an input gains alpha / (C_in + C_out) + beta / n + p_i, the next
 *    C_out - 1 gain beta / n + p_i, and the others p_i, with p_i = (1 - alpha) P_i / scale. Gains never rise, so the n largest of all
 *    inputs are an optimum.
 *
 * A grouped convolution has blocks of inputs and outputs that know nothing of each other. In each the first C_out gains are larger by
 * alpha / (C_in + C_out), by 1., and still never rise, so the n largest of all blocks are an optimum, too.
 *
 * An input that no path reaches is no node and its kernels are none: it gains nothing. Inputs with equal gains share them out evenly.
 */
import { shareOut } from '../ratios/share';

/** Inputs and outputs that are all connected with each other, and with nothing else of the layer. */
export interface Block {
  /** Paths that reach each input, in any unit. */
  readonly paths: readonly number[];
  readonly outputs: number;
}

export interface LayerProblem {
  readonly blocks: readonly Block[];
  /** Weights between one input and one output. */
  readonly places: number;
  /** Weights that stay, at most as many as there are. */
  readonly kept: number;
  /** The paper's alpha and beta. */
  readonly nodeShare: number;
  readonly kernelShare: number;
}

/** Gains that differ by a smaller part of themselves are equal: they are sums of a few roundings. */
const TOLERANCE = 1e-12;

/** Weights that gain equally much each. */
interface Gains {
  readonly gain: number;
  readonly count: number;
}

/** Weights of one block that gain equally much, before outputs count: how many there are of each input. */
interface Level extends Gains {
  readonly block: number;
  readonly room: ReadonlyMap<number, number>;
}

/**
 * What the sum of P_i M_ij is divided by: its maximum, as in the authors' code, and where fewer weights stay than one input has, that of the
 * whole layer with `kept` more at the best input. So nodes count for more in layers of few weights, which would else be
 * left to few inputs.
 */
export function pathScale({ blocks, places, kept }: Pick<LayerProblem, 'blocks' | 'places' | 'kept'>): number {
  // Blocks of a layer have equally many outputs.
  const room = blocks[0].outputs * places;
  const paths = blocks.flatMap((block) => block.paths).sort((a, b) => b - a);
  const full = Math.floor(kept / room);
  const best = paths.slice(0, full === 0 ? undefined : full).reduce((sum, count) => sum + count, 0);
  return best * room + (kept - full * room) * (paths[full] ?? 0);
}

/** Runs of items with equal gains, in falling order. */
function tied<Item extends { readonly gain: number }>(items: readonly Item[]): Item[][] {
  const runs: Item[][] = [];
  for (const item of items.toSorted((a, b) => b.gain - a.gain)) {
    const run = runs.at(-1);
    if (run && run[0].gain - item.gain <= TOLERANCE * run[0].gain) run.push(item);
    else runs.push([item]);
  }
  return runs;
}

/** How many of each are among the `total` with the highest gains; equal ones share in proportion to their number. */
function takeHighest(items: readonly Gains[], total: number): number[] {
  const taken = items.map(() => 0);
  let left = total;
  for (const run of tied(items.map(({ gain, count }, at) => ({ gain, count, at })))) {
    const counts = run.map(({ count }) => count);
    const all = counts.reduce((sum, count) => sum + count, 0);
    const shares = left < all ? shareOut(left, counts, counts).counts : counts;
    run.forEach(({ at }, i) => {
      taken[at] = shares[i];
    });
    left = Math.max(0, left - all);
  }
  return taken;
}

/** The levels of a block, from the highest. */
function levelsOf(block: number, { paths, outputs }: Block, problem: LayerProblem, gainOf: GainOf): Level[] {
  const segments = paths.flatMap((count, input) => {
    const { path, kernel, node } = gainOf(count);
    return [
      { input, gain: path + kernel + node, length: 1 },
      { input, gain: path + kernel, length: outputs - 1 },
      { input, gain: path, length: outputs * (problem.places - 1) },
    ];
  });
  return tied(segments).map((run) => {
    const room = new Map<number, number>();
    for (const { input, length } of run) room.set(input, (room.get(input) ?? 0) + length);
    return { block, gain: run[0].gain, count: run.reduce((sum, { length }) => sum + length, 0), room };
  });
}

/** What a weight of an input gains by paths, and the first of a kernel and of an input beside that. */
type GainOf = (paths: number) => { readonly path: number; readonly kernel: number; readonly node: number };

/** A part of a level: those of its weights that also bring another output into use, or those that do not. */
interface Piece extends Gains {
  readonly level: Level;
}

function piecesOf(levels: readonly Level[], outputs: number, node: number): Piece[] {
  let unused = outputs;
  return levels.flatMap((level) => {
    const first = Math.min(unused, level.count);
    unused -= first;
    return [
      { level, gain: level.gain + node, count: first },
      { level, gain: level.gain, count: level.count - first },
    ].filter(({ count }) => count > 0);
  });
}

/**
 * How many weights each input of each block keeps.
 *
 * @returns whole numbers that add up to `kept`; where equal inputs cannot have equally many, the first have one more.
 */
export function inputCounts(problem: LayerProblem): number[][] {
  const { blocks, kept, nodeShare, kernelShare } = problem;
  const nodes = blocks.reduce((sum, { paths, outputs }) => sum + paths.length + outputs, 0);
  const node = nodeShare / nodes;
  const kernel = kept > 0 ? kernelShare / kept : 0;
  const scale = pathScale(problem);
  const gainOf: GainOf = (count) =>
    count > 0 ? { path: ((1 - nodeShare) * count) / scale, kernel, node } : { path: 0, kernel: 0, node: 0 };

  const pieces = blocks.flatMap((block, i) => piecesOf(levelsOf(i, block, problem, gainOf), block.outputs, node));
  const totals = new Map<Level, number>();
  takeHighest(pieces, kept).forEach((count, i) => {
    const { level } = pieces[i];
    totals.set(level, (totals.get(level) ?? 0) + count);
  });
  const sums = blocks.map(({ paths }) => paths.map(() => 0));
  for (const [{ block, room }, total] of totals) {
    const rooms = [...room.values()];
    const { counts } = shareOut(
      total,
      rooms.map(() => 1),
      rooms,
    );
    [...room.keys()].forEach((input, i) => {
      sums[block][input] += counts[i];
    });
  }
  return sums;
}

/**
 * Where the weights of a block go: each input in turn gives its outputs equally many, and what does not divide to outputs that have least.
 *
 * @param order of the inputs, and `among` chooses among outputs that have equally many: lower comes first.
 * @returns how many places each kernel keeps, an array of outputs for each input.
 */
export function spread(
  counts: readonly number[],
  outputs: number,
  order: Iterable<number>,
  among: () => ArrayLike<number>,
): number[][] {
  const loads = new Array<number>(outputs).fill(0);
  const kernels: number[][] = counts.map(() => []);
  for (const input of order) {
    const each = Math.floor(counts[input] / outputs);
    const row = new Array<number>(outputs).fill(each);
    const chance = among();
    const rest = counts[input] % outputs;
    const lightest = loads.map((_, output) => output).sort((a, b) => loads[a] - loads[b] || chance[a] - chance[b]);
    for (const output of lightest.slice(0, rest)) row[output]++;
    row.forEach((count, output) => {
      loads[output] += count;
    });
    kernels[input] = row;
  }
  return kernels;
}
