/** AutoS: scores of 11 million weights from the shipped predictor's table, and from networks. */
import { ARCHITECTURES, createPredictorNetwork } from '../../server/autos/predictor/architecture';
import { evaluateNetwork } from '../../server/autos/predictor/evaluate';
import { type FeatureSource, featureCount, layerFeatures, scaleLayers } from '../../server/autos/predictor/features';
import { readPredictor } from '../../server/autos/predictor/file';
import { predictScores } from '../../server/autos/predictor/score';
import { buildTable, lookUp } from '../../server/autos/predictor/table';
import { shippedPredictor } from '../../server/autos/shipped/locate';
import type { Executor } from '../../server/executors/types';
import { createRandom } from '../../server/random';

/** Seconds for 11 million weights in eleven layers. */
export interface PredictorTimes {
  /** Building the table once. */
  readonly building: number;
  /** Looking predictions up in it, on one core. */
  readonly lookingUp: number;
  /** The criterion without its gradient: the table, looking up, calibration. */
  readonly scoring: number;
  /** Running the shipped network for every weight, from a part of them. */
  readonly network: number;
  /** The same for the paper's network. */
  readonly paperNetwork: number;
}

const LAYERS = 11;

function layer(seed: number): FeatureSource {
  const random = createRandom(seed, 'bench');
  const initial = new Float32Array(1_000_000);
  const gradient = new Float32Array(1_000_000);
  random.fillNormal(initial, 0, 0.02);
  random.fillNormal(gradient, 0, 1e-3);
  return { shape: [1000, 1000], initial, gradient };
}

async function seconds(action: () => unknown): Promise<number> {
  const start = performance.now();
  await action();
  return (performance.now() - start) / 1000;
}

export async function predictorTimes(executor: Executor): Promise<PredictorTimes> {
  const predictor = await readPredictor(shippedPredictor());
  const { features, scales, architecture, weights } = predictor;
  const layers = Array.from({ length: LAYERS }, (_, i) => layer(i));
  const scalings = scaleLayers(layers, features, scales);
  const columns = featureCount(features);
  const network = createPredictorNetwork(architecture, columns);
  const { statistics } = scalings[0];
  const table = await buildTable(executor, network, weights, features, statistics);
  const lookAll = () => layers.forEach((one, i) => void lookUp(table, one, scalings[i], features));
  lookAll();

  const paper = createPredictorNetwork(ARCHITECTURES.mlp, columns);
  const paperWeights = new Map(paper.parameters.map((parameter) => [parameter.name, parameter.initialize(0)]));
  const rows = (count: number) => layerFeatures(layers[0], scalings[0], features, 0, count);
  const [part, paperPart] = [1_000_000, 65_536];
  const all = 1_000_000 * LAYERS;
  const networkTime = await seconds(() => evaluateNetwork(executor, network, weights, rows(part)));
  const paperTime = await seconds(() => evaluateNetwork(executor, paper, paperWeights, rows(paperPart)));
  return {
    building: await seconds(() => buildTable(executor, network, weights, features, statistics)),
    lookingUp: await seconds(lookAll),
    scoring: await seconds(() => predictScores(executor, predictor, layers, { exact: false })),
    network: (networkTime * all) / part,
    paperNetwork: (paperTime * all) / paperPart,
  };
}
