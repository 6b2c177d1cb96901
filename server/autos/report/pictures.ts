/** Pictures of one iterative pruning (Figures 1, 4 and 5 of AutoSparse, and survival by layer). */
import type { Executor } from '../../executors/types';
import { pickTestMetrics } from '../../protocol/metricKeys';
import type { DensityPlane, LayerSurvival, PredictorPictures, SurvivalPictures } from '../../protocol/survival';
import { createPredictorNetwork } from '../predictor/architecture';
import { featureCount } from '../predictor/features';
import { rankCorrelation } from '../predictor/metrics';
import { predictScores } from '../predictor/score';
import type { Predictor } from '../predictor/types';
import type { SurvivalLayer, SurvivalRun } from '../types';
import { densityPlane, rankFractions, signedAxis, survivalAxis, unitAxis, wholeAxis } from './plane';
import { samplePositions, valuesAt } from './sample';

/** Scores of a method, tensor by tensor in the order of the run's layers. */
export interface MethodScores {
  readonly title: string;
  readonly scores: readonly Float32Array[];
}

/** A predictor with the file it is from. */
export interface NamedPredictor {
  readonly file: string;
  readonly predictor: Predictor;
}

export interface PicturesRequest {
  readonly name: string;
  readonly run: SurvivalRun;
  /** Besides SNIP, which the data set itself tells: its gradient is the one in SNIP's score. */
  readonly methods: readonly MethodScores[];
  readonly predictors: readonly NamedPredictor[];
  readonly executor: Executor;
  readonly signal?: AbortSignal;
}

/** SNIP's |w g| of each weight. */
export function snipScores({ layers }: Pick<SurvivalRun, 'layers'>): Float32Array[] {
  return layers.map(({ initial, gradient }) => initial.map((weight, i) => Math.abs(weight * gradient[i])));
}

/** Fractions of the layer alive after 0, 1, …, `iterations` prunings. */
function aliveAfter({ survived }: SurvivalLayer, iterations: number): number[] {
  const fell = new Float64Array(iterations + 1);
  for (let i = 0; i < survived.length; i++) fell[survived[i]]++;
  let alive = survived.length;
  return Array.from({ length: iterations + 1 }, (_, iteration) => {
    if (iteration > 0) alive -= fell[iteration - 1];
    return alive / survived.length;
  });
}

/** The predictor as it was before its training. */
function untrained({ calibration: _, table: __, ...predictor }: Predictor): Predictor {
  const { parameters } = createPredictorNetwork(predictor.architecture, featureCount(predictor.features));
  const { seed } = predictor.card.settings;
  return { ...predictor, weights: new Map(parameters.map((one) => [one.name, one.initialize(seed)])) };
}

/** What a predictor sees, for the reader. */
function titleOf({ features }: Predictor): string {
  const seen = { both: 'weight and gradient', weight: 'weight only', gradient: 'gradient only' }[features.inputs];
  return features.layerStatistics ? `${seen}, with statistics of the layer` : seen;
}

/** Whether the predictor has learned from runs of this network. */
export function hasSeen({ card }: Predictor, modelHash: string): boolean {
  return card.trainedOn.some((run) => run.modelHash === modelHash);
}

async function picturesOfPredictor(
  { run, executor, signal }: PicturesRequest,
  { file, predictor }: NamedPredictor,
  positions: Int32Array,
  survived: Float32Array,
): Promise<PredictorPictures> {
  const { calibration, ...plain } = predictor;
  const stages: (readonly [string, Predictor])[] = [
    ['before training', untrained(predictor)],
    ['after training', plain],
    ...(calibration ? [['as AutoS ranks', predictor] as const] : []),
  ];
  const x = survivalAxis(run.settings.iterations);
  const planes: DensityPlane[] = [];
  for (const [title, stage] of stages) {
    const scores = await predictScores(executor, stage, run.layers, { exact: false, ...(signal && { signal }) });
    const drawn = valuesAt(positions, scores);
    // Before training predictions can be anything.
    const axis =
      title === 'before training'
        ? wholeAxis('prediction', drawn)
        : unitAxis(stage === predictor ? 'score' : 'prediction', drawn);
    planes.push(densityPlane(title, [x, survived], [axis, drawn]));
  }
  return { title: titleOf(predictor), file, isSeen: hasSeen(predictor, run.modelHash), planes };
}

/** All pictures of a run. */
export async function picturesOf(request: PicturesRequest): Promise<SurvivalPictures> {
  const { name, run, methods, predictors } = request;
  const { iterations, criterion, schedule, finalSparsity, seed } = run.settings;
  const weights = run.layers.reduce((sum, { initial }) => sum + initial.length, 0);
  const positions = samplePositions(weights);
  const initial = valuesAt(
    positions,
    run.layers.map((layer) => layer.initial),
  );
  const survived = valuesAt(
    positions,
    run.layers.map((layer) => layer.survived),
  );
  const y = [survivalAxis(iterations), survived] as const;
  const known = [{ title: 'SNIP', scores: snipScores(run) }, ...methods];
  const planes = [
    {
      ...densityPlane('initial weight', [signedAxis('initial weight', initial), initial], y),
      // Positive and negative weights survive alike.
      rankCorrelation: rankCorrelation(initial.map(Math.abs), survived),
      isOfSize: true,
    },
    ...known.map(({ title, scores }) => {
      const places = rankFractions(valuesAt(positions, scores));
      return densityPlane(title, [unitAxis(`rank by ${title} (1: highest)`, places), places], y);
    }),
  ];
  const pictures: PredictorPictures[] = [];
  for (const predictor of predictors) {
    request.signal?.throwIfAborted();
    pictures.push(await picturesOfPredictor(request, predictor, positions, survived));
  }
  return {
    name,
    label: run.label,
    data: run.data,
    seed,
    criterion,
    schedule,
    iterations,
    finalSparsity,
    weights,
    drawn: positions.length,
    accuracies: run.iterations.flatMap((iteration) => {
      const measured = pickTestMetrics(iteration);
      return Object.keys(measured).length === 0 ? [] : [{ sparsity: iteration.sparsity, ...measured }];
    }),
    planes,
    layers: run.layers.map(
      (layer): LayerSurvival => ({
        weight: layer.weight,
        size: layer.initial.length,
        alive: aliveAfter(layer, iterations),
      }),
    ),
    predictors: pictures,
  };
}
