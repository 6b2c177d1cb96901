/** Scores as a host would tell them, of a model with the shapes of ResNet-18: 11 million weights, none of them stored. */
import type { HeatmapState } from '../../../server/protocol/editor';
import {
  type Histogram,
  matrixExtents,
  type Overlap,
  type RunSummary,
  type ScoreSummary,
  type Selection,
  type Tile,
  type TileRequest,
} from '../../../server/protocol/results';
import { type Shape, sizeOf } from '../../../server/protocol/tensor';
import type { PageMessage } from '../../../server/protocol/webview';

export const MODEL = '/workspace/models/resnet.ts#resnet18';

const stages = [64, 128, 256, 512];
export const WEIGHTS: { readonly name: string; readonly layer: string; readonly shape: Shape }[] = [
  { name: 'stem/kernel', layer: 'stem', shape: [3, 3, 3, 64] },
  ...stages.flatMap((channels, stage) =>
    Array.from({ length: 4 }, (_, at) => {
      const layer = `stage${stage + 1}_conv${at + 1}`;
      const inputs = at === 0 ? (stages[stage - 1] ?? 64) : channels;
      return { name: `${layer}/kernel`, layer, shape: [3, 3, inputs, channels] };
    }),
  ),
  { name: 'classes/kernel', layer: 'classes', shape: [512, 10] },
];
export const PRUNABLE = WEIGHTS.reduce((sum, { shape }) => sum + sizeOf(shape), 0);

const score = (method: string, title: string): ScoreSummary => ({
  scoreId: `${method}-1`,
  model: MODEL,
  method,
  title,
  seed: 1,
  backend: 'tensorflow',
  device: 'CPU, 8 threads',
  seconds: 12.4,
  data: 'cifar10',
  weights: WEIGHTS,
});
/** As Figure 3 of the paper has them: the gradients of a network that was trained before are small, and 0 in one layer. */
export const GRADIENT_NORMS = WEIGHTS.map(({ name }, at) => ({
  weight: name,
  metaGradient: 0.08 * (1 + Math.sin(at)) + 0.01,
  gradient: at === 3 ? 0 : 2e-4 * (1.5 + Math.cos(1.7 * at)),
}));
const figures = (maskIou: number) => ({
  ...{ maskIou, chanceIou: 0.01, rankCorrelation: 0.99 },
  layers: WEIGHTS.map(({ layer }, at) => ({ layer, maskIou: at === 0 ? 1 : maskIou, rankCorrelation: 0.99 })),
});
/** 98 % of the weights would be chosen again, and 80 % on other batches. */
export const STABILITY = { sparsity: 0.98, weights: figures(0.98 / 1.02), batches: figures(0.8 / 1.2) };
export const SCORES = [
  { ...score('prospr', 'ProsPr'), gradientNorms: GRADIENT_NORMS, stability: STABILITY },
  score('snip', 'SNIP'),
];
export const METHODS = [
  { name: 'prospr', title: 'ProsPr', description: 'Gradients through the first steps of training.' },
  { name: 'snip', title: 'SNIP', description: 'Sensitivity of the loss to each connection.' },
  { name: 'magnitude', title: 'Magnitude', description: 'Absolute initial value; needs no data.' },
];

/** A number in 0 … 1 that looks random and depends on its arguments only. */
function noise(a: number, b: number, seed: number): number {
  const value = Math.sin(a * 12.9898 + b * 78.233 + seed * 37.719) * 43758.5453;
  return value - Math.floor(value);
}

/** Fraction that stays of a tensor: small tensors keep more, and the last stage collapses at the highest sparsities. */
function densityOf(at: number, sparsity: number): number {
  if (at === 16 && sparsity > 0.997) return 0;
  return Math.min(1, (1 - sparsity) * (0.4 + 6 / (1 + 0.6 * at)));
}

export function selectionOf(scoreId: string, sparsity: number, paths: boolean): Selection {
  const layers = WEIGHTS.map(({ name, layer, shape }, at) => {
    const total = sizeOf(shape);
    const kept = Math.round(total * densityOf(at, sparsity));
    const macs = total * (at < 5 ? 1024 : at < 9 ? 256 : at < 13 ? 64 : 16);
    return {
      layer,
      weight: name,
      total,
      kept,
      macs,
      sparseMacs: Math.round((macs * kept) / total),
      ...(paths && { connected: Math.round(kept * 0.93) }),
    };
  });
  return {
    scoreId,
    sparsity,
    threshold: 1e-5 * (1 + 40 * sparsity ** 8),
    prunable: PRUNABLE,
    kept: layers.reduce((sum, { kept }) => sum + kept, 0),
    layers,
    collapsed: layers.filter(({ kept }) => kept === 0).map(({ layer }) => layer),
    disconnected: [],
  };
}

export function tileOf(request: TileRequest): Tile {
  const { height, width, sparsity, row, column, rows, columns } = request;
  const at = WEIGHTS.findIndex(({ name }) => name === request.weight);
  const { rows: allRows, columns: allColumns } = matrixExtents(WEIGHTS[at].shape);
  if (
    row < 0 ||
    column < 0 ||
    row + rows > allRows ||
    column + columns > allColumns ||
    height > rows ||
    width > columns
  ) {
    throw new Error(`A tile outside of ${request.weight}: ${JSON.stringify(request)}`);
  }
  const mean = densityOf(at, sparsity);
  const size = (rows / height) * (columns / width);
  const bytes = (seed: number, share: number) => {
    const cells = Buffer.alloc(height * width);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [r, c] = [row + Math.floor((y * rows) / height), column + Math.floor((x * columns) / width)];
        const local = mean * (0.3 + 1.4 * noise(r, 0, seed)) * (0.4 + 1.2 * noise(0, c, seed));
        const value = size < 2 ? Number(noise(r, c, seed) < local) : local * (0.6 + 0.8 * noise(r, c, seed));
        cells[y * width + x] = Math.round(255 * share * Math.min(1, value));
      }
    }
    return cells;
  };
  const density = bytes(1, 1);
  const { otherScoreId, otherSparsity, otherRun } = request;
  if ((otherScoreId ?? otherSparsity ?? otherRun) === undefined)
    return { height, width, density: density.toString('base64') };
  const other = bytes(2, 1);
  const both = Buffer.from(density.map((value, cell) => Math.min(value, other[cell]) * (size < 2 ? 1 : 0.6)));
  return {
    height,
    width,
    density: density.toString('base64'),
    other: other.toString('base64'),
    both: both.toString('base64'),
  };
}

export function histogramOf(bins: number): Histogram {
  const counts = Array.from({ length: bins }, (_, bin) =>
    Math.round(4e5 * Math.exp(-(((bin - 0.6 * bins) / (0.14 * bins)) ** 2))),
  );
  const removed = counts.map((count, bin) => (bin < 0.8 * bins ? count : 0));
  const kept = counts.map((count, bin) => count - removed[bin]);
  const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
  return {
    axis: 'logarithmic',
    unit: 1,
    low: -9,
    high: -2,
    removed,
    kept,
    total: { removed: sum(removed) + 1200, kept: sum(kept) },
    zeros: { removed: 1200, kept: 0 },
    removedEarlier: 0,
    threshold: 10 ** -3.4,
  };
}

const overlapOf = (): Overlap => ({
  iou: 0.312,
  otherKept: 1234,
  weights: WEIGHTS.map(({ name }, at) => ({ weight: name, iou: 0.2 + 0.03 * at, otherKept: 100 + at })),
});

export function heatmapState(changes: Partial<HeatmapState> = {}): HeatmapState {
  return {
    summary: {
      model: MODEL,
      name: 'resnet18',
      inputShape: [32, 32, 3],
      classes: 10,
      layers: WEIGHTS.map(({ name, layer, shape }, at) => ({
        name: layer,
        className: shape.length === 4 ? 'Conv2D' : 'Dense',
        source: [{ file: '/workspace/models/resnet.ts', line: 10 + at, column: 7 }],
        outputShape: [32, 32, 64],
        parameters: [{ name, shape, size: sizeOf(shape), prunable: true }],
        macs: 1,
      })),
    },
    scores: SCORES,
    shown: 'prospr',
    sparsity: 0.98,
    selection: selectionOf('prospr-1', 0.98, true),
    stale: false,
    ...changes,
  };
}

/** Runs of the model: one with masks, one without, and one with masks that training changes; and one of another model. */
export const MODEL_RUNS: readonly RunSummary[] = ['seed-2', 'dense', 'other', 'changing'].map((name) => ({
  run: `/workspace/.prunelens/runs/${name}`,
  label: name,
  state: 'finished',
  model: name === 'other' ? '/workspace/other.ts' : MODEL,
  epochs: 2,
  finishedEpochs: 2,
  ...(name !== 'dense' && { masked: true }),
  ...(name === 'changing' && { masksChange: true }),
}));

/** Answers the heatmap's questions about the model in `state`. */
export function answerHeatmap(message: PageMessage, state: () => HeatmapState): unknown {
  if (message.kind === 'action') {
    return message.action === 'ready' ? { model: MODEL, methods: METHODS, theme: 'dark' } : null;
  }
  switch (message.request) {
    case 'prunelens/models':
      return [];
    case 'prunelens/runs':
      return MODEL_RUNS;
    case 'prunelens/heatmap':
      return state();
    case 'prunelens/select': {
      const { sparsity, method = 'prospr', paths } = message.params;
      return selectionOf(`${method}-1`, sparsity, paths);
    }
    case 'prunelens/tile':
      return tileOf(message.params);
    case 'prunelens/weight':
      return { at: [0, 0, 1, 2], score: 0.000321, initial: -0.0456, kept: true };
    case 'prunelens/histogram':
      return histogramOf(message.params.bins);
    case 'prunelens/overlap':
      return overlapOf();
    default:
      throw new Error(`${message.request} is not expected of the heatmap`);
  }
}
