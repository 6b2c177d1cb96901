/**
 * A predictor as a table. Within a layer its network is a fixed function of two numbers, so its values on a fine grid and
 * interpolation between them stand for it. The grid is even in the logarithmic coordinates that the network itself sees:
 * dense around zero, wide for large values.
 */
import type { Executor } from '../../executors/types';
import type { Network } from '../../models/types';
import type { Weights } from '../../pruning/types';
import { evaluateNetwork } from './evaluate';
import {
  COORDINATE_LIMIT,
  type FeatureSettings,
  type FeatureSource,
  type LayerScaling,
  writeCoordinates,
} from './features';

/** Nodes for each unit of a coordinate, that is for each doubling of a value: in a plane, and on a line. */
const IN_PLANE = 24;
const ON_LINE = 1024;

/** Nodes of a coordinate: `count` of them from `low` on, `density` in each unit. */
interface Axis {
  readonly low: number;
  readonly density: number;
  readonly count: number;
}

/** Scores at the nodes, row by row: [weight, gradient]. A number that is not seen has a single node. */
export interface PredictorTable {
  readonly weight: Axis;
  readonly gradient: Axis;
  readonly values: Float32Array;
}

const SINGLE: Axis = { low: 0, density: 0, count: 1 };

function axisFrom(low: number, density: number): Axis {
  return { low, density, count: (COORDINATE_LIMIT - low) * density + 1 };
}

/** Both axes of a table for these features. */
export function tableAxes({ inputs, symmetric }: FeatureSettings): Pick<PredictorTable, 'weight' | 'gradient'> {
  const low = symmetric ? 0 : -COORDINATE_LIMIT;
  if (inputs === 'weight') return { weight: axisFrom(low, ON_LINE), gradient: SINGLE };
  if (inputs === 'gradient') return { weight: SINGLE, gradient: axisFrom(low, ON_LINE) };
  return { weight: axisFrom(low, IN_PLANE), gradient: axisFrom(-COORDINATE_LIMIT, IN_PLANE) };
}

/** How many nodes a table for these features has. */
export function tableSize(settings: FeatureSettings): number {
  const { weight, gradient } = tableAxes(settings);
  return weight.count * gradient.count;
}

/** Evaluates the network at every node, with a layer's statistics where the network sees them. */
export async function buildTable(
  executor: Executor,
  network: Network,
  weights: Weights,
  settings: FeatureSettings,
  statistics: readonly number[],
  signal?: AbortSignal,
): Promise<PredictorTable> {
  const { weight, gradient } = tableAxes(settings);
  const columns = network.inputs[0].shape[0];
  const rows = new Float32Array(weight.count * gradient.count * columns);
  let next = 0;
  for (let i = 0; i < weight.count; i++) {
    for (let j = 0; j < gradient.count; j++) {
      if (settings.inputs !== 'gradient') rows[next++] = weight.low + i / weight.density;
      if (settings.inputs !== 'weight') rows[next++] = gradient.low + j / gradient.density;
      for (const statistic of statistics) rows[next++] = statistic;
    }
  }
  return { weight, gradient, values: await evaluateNetwork(executor, network, weights, rows, signal) };
}

/** Weights looked up at a time: their coordinates stay in the processor's cache. */
const CHUNK = 4096;

/** Scores of all weights of a layer, bilinear between the four nodes around each. */
export function lookUp(
  { weight, gradient, values }: PredictorTable,
  source: FeatureSource,
  scaling: LayerScaling,
  settings: FeatureSettings,
): Float32Array {
  const size = source.initial.length;
  const out = new Float32Array(size);
  const rows = new Float32Array(CHUNK);
  const columns = new Float32Array(CHUNK);
  // Nodes on the upper edge belong to the last cell; an axis with a single node has no cell.
  const lastRow = Math.max(weight.count - 2, 0);
  const lastColumn = Math.max(gradient.count - 2, 0);
  const down = weight.count > 1 ? gradient.count : 0;
  const right = gradient.count > 1 ? 1 : 0;
  for (let start = 0; start < size; start += CHUNK) {
    const count = Math.min(CHUNK, size - start);
    writeCoordinates(source, start, count, scaling, settings, rows, columns);
    for (let i = 0; i < count; i++) {
      const row = down === 0 ? 0 : (rows[i] - weight.low) * weight.density;
      const column = right === 0 ? 0 : (columns[i] - gradient.low) * gradient.density;
      const top = Math.min(Math.trunc(row), lastRow);
      const left = Math.min(Math.trunc(column), lastColumn);
      const across = column - left;
      const node = top * gradient.count + left;
      const upper = values[node] + across * (values[node + right] - values[node]);
      const lower = values[node + down] + across * (values[node + down + right] - values[node + down]);
      out[start + i] = upper + (row - top) * (lower - upper);
    }
  }
  return out;
}
