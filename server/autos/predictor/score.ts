/** Scores of every weight of a model by a predictor. */
import type { Executor } from '../../executors/types';
import { createPredictorNetwork } from './architecture';
import { calibrateLayer, spreadSurvivals } from './calibration';
import { layerDistributions } from './densities';
import { evaluateNetwork } from './evaluate';
import { type FeatureSource, featureCount, layerFeatures, scaleLayers } from './features';
import { buildTable, lookUp, type PredictorTable, tableSize } from './table';
import type { Predictor } from './types';

export interface ScoringChoice {
  /** Runs the network for every weight instead of looking scores up in its table. */
  readonly exact: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Scores of the weights of each layer, layers in the order of the network. Layers whose statistics the predictor does not
 * see share one table, the others have one each. Where fewer weights share a table than it has nodes, running the network
 * for them is less work than making the table, and is done.
 */
export async function predictScores(
  executor: Executor,
  predictor: Predictor,
  layers: readonly FeatureSource[],
  choice: ScoringChoice,
): Promise<Float32Array[]> {
  const { calibration, densities, features, card } = predictor;
  const predictions = await predictSurvival(executor, predictor, layers, choice);
  const distributions = densities && layerDistributions(densities, layers);
  if (!calibration && !distributions) return predictions;
  // A predictor that sees weights alone is given no gradients here either.
  const exponent = features.inputs === 'weight' ? 0 : card.settings.unitExponent;
  return predictions.map((values, i) => {
    const isHiddenDense = layers[i].shape.length === 2 && i < layers.length - 1;
    const ofUnits = isHiddenDense ? exponent : 0;
    return distributions
      ? spreadSurvivals(distributions[i], layers[i], values, ofUnits)
      : calibrateLayer(calibration!, layers[i], values, ofUnits);
  });
}

/** The network's predictions, which are means: not yet comparable between layers. */
async function predictSurvival(
  executor: Executor,
  predictor: Predictor,
  layers: readonly FeatureSource[],
  { exact, signal }: ScoringChoice,
): Promise<Float32Array[]> {
  const { features, scales, architecture, weights } = predictor;
  const network = createPredictorNetwork(architecture, featureCount(features));
  const scalings = scaleLayers(layers, features, scales);
  const total = layers.reduce((sum, { initial }) => sum + initial.length, 0);
  const nodes = tableSize(features);
  let shared: PredictorTable | undefined = predictor.table;
  const scores: Float32Array[] = [];
  for (const [i, layer] of layers.entries()) {
    const sharing = features.layerStatistics ? layer.initial.length : total;
    if (exact || (!shared && sharing <= nodes)) {
      const rows = layerFeatures(layer, scalings[i], features);
      scores.push(await evaluateNetwork(executor, network, weights, rows, signal));
      continue;
    }
    const table = shared ?? (await buildTable(executor, network, weights, features, scalings[i].statistics, signal));
    if (!features.layerStatistics) shared = table;
    scores.push(lookUp(table, layer, scalings[i], features));
  }
  return scores;
}
