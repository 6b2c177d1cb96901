/** Two scorings of one network held against each other: how much their masks share, and how alike they rank the weights. */
import type { Network } from '../models/types';
import type { LayerStability, StabilityFigures } from '../protocol/stability';
import { joined, rankCorrelation } from './ranks';
import { countKept, type SelectionOptions, selectMasks } from './selection';
import type { Saliency } from './types';

/** Sizes of what two masks keep, of one layer or of all. */
interface Shared {
  readonly both: number;
  readonly either: number;
}

function sharedOf(a: Uint8Array, b: Uint8Array): Shared {
  const both = a.reduce((sum, bit, i) => sum + (bit & b[i]), 0);
  return { both, either: countKept(a) + countKept(b) - both };
}

/** 1 where both are empty: nothing differs. */
const ratio = (part: number, whole: number): number => (whole === 0 ? 1 : part / whole);

function sumOf(shared: readonly Shared[]): Shared {
  return shared.reduce((sum, one) => ({ both: sum.both + one.both, either: sum.either + one.either }), {
    both: 0,
    either: 0,
  });
}

/** What two random masks would share that keep as many weights of a tensor. */
function expected(a: Uint8Array, b: Uint8Array): Shared {
  const [keptA, keptB] = [countKept(a), countKept(b)];
  const both = a.length === 0 ? 0 : (keptA * keptB) / a.length;
  return { both, either: keptA + keptB - both };
}

const isEqual = (a: Float32Array, b: Float32Array) => a.every((value, i) => value === b[i]);

/** Spearman's over the scores of some tensors together; 1 where they are the same. */
function correlationOf(a: Saliency, b: Saliency, names: readonly string[]): number {
  const [before, after] = [a, b].map(({ scores }) => joined(names.map((name) => scores.get(name)!)));
  return isEqual(before, after) ? 1 : rankCorrelation(before, after);
}

/** The scored tensors of each layer, in the order of the scores. */
function tensorsByLayer({ parameters }: Pick<Network, 'parameters'>, { scores }: Saliency): Map<string, string[]> {
  const layers = new Map<string, string[]>();
  for (const name of scores.keys()) {
    const { layer } = parameters.find((parameter) => parameter.name === name)!;
    layers.set(layer, [...(layers.get(layer) ?? []), name]);
  }
  return layers;
}

/** How alike two scorings of `network` are, their masks being those at the sparsity of `selection`. */
export function compareScorings(
  network: Pick<Network, 'parameters'>,
  [before, after]: readonly [Saliency, Saliency],
  selection: SelectionOptions,
): StabilityFigures {
  const [masksBefore, masksAfter] = [selectMasks(before, selection), selectMasks(after, selection)];
  const names = [...before.scores.keys()];
  const pairs = new Map(names.map((name) => [name, [masksBefore.get(name)!, masksAfter.get(name)!] as const]));
  const shared = new Map([...pairs].map(([name, [a, b]]) => [name, sharedOf(a, b)]));
  const chance = sumOf([...pairs.values()].map(([a, b]) => expected(a, b)));
  const all = sumOf([...shared.values()]);
  const layers = Array.from(tensorsByLayer(network, before), ([layer, tensors]): LayerStability => {
    const { both, either } = sumOf(tensors.map((name) => shared.get(name)!));
    return { layer, maskIou: ratio(both, either), rankCorrelation: correlationOf(before, after, tensors) };
  });
  return {
    maskIou: ratio(all.both, all.either),
    chanceIou: ratio(chance.both, chance.either),
    rankCorrelation: correlationOf(before, after, names),
    layers,
  };
}

/** Means of figures of the same network. */
export function meanFigures(all: readonly StabilityFigures[]): StabilityFigures {
  const mean = (value: (figures: StabilityFigures) => number) =>
    all.reduce((sum, figures) => sum + value(figures), 0) / all.length;
  return {
    maskIou: mean(({ maskIou }) => maskIou),
    chanceIou: mean(({ chanceIou }) => chanceIou),
    rankCorrelation: mean((figures) => figures.rankCorrelation),
    layers: all[0].layers.map(({ layer }, i) => ({
      layer,
      maskIou: mean(({ layers }) => layers[i].maskIou),
      rankCorrelation: mean(({ layers }) => layers[i].rankCorrelation),
    })),
  };
}
