/** Flags, settings and a network to one request: the only place that merges them. */
import type { Network } from '../models/types';
import {
  ADAPTATION_OPTIONS,
  CHANNEL_OPTIONS,
  CONVERGENCE_OPTIONS,
  MODEL_OPTIONS,
  SELECTION_OPTIONS,
} from '../protocol/catalogue/options';
import { usageError } from '../protocol/errors';
import { defaultScoringOptions } from '../pruning';
import type { InterpreterChoice } from '../python/find';
import { matchesName } from '../settings/patterns';
import type { Settings } from '../settings/types';
import { scoringBatchSize, scoringOptions, trainingConfig } from './options';
import type { DataChoice, ModelRequest, RequestFlags, TrainingRequest, TrainingRequestFlags } from './types';

/** What a request is resolved from. */
export interface Asked<Flags extends RequestFlags = RequestFlags> {
  readonly specifier: string;
  readonly flags: Flags;
  readonly settings: Settings;
  readonly network: Network;
}

const NOISE = 'noise';

/** Name or number of the output that is asked for. */
export function wantedOutput(
  flags: Pick<RequestFlags, 'output'>,
  settings: Pick<Settings, 'output'>,
): string | undefined {
  return flags.output ?? (settings.output === undefined ? undefined : String(settings.output));
}

function checkUse(patterns: readonly string[], layers: readonly string[], option: string): void {
  const unused = patterns.find((pattern) => !layers.some((layer) => matchesName(pattern, layer)));
  if (unused === undefined) return;
  throw usageError(`${option} ${unused} matches no layer.`, `The layers that can be pruned are ${layers.join(', ')}.`);
}

/**
 * Kernels whose layers the patterns of flags or settings leave in, and tables of embeddings that patterns ask for; a pattern given
 * as a flag must match something.
 */
function prunableWeights({ network, flags, settings }: Asked): string[] {
  const isAsked = (flags.include ?? settings.prunable?.include) !== undefined;
  const candidates = network.parameters.filter(
    ({ prunable, trainable, role }) => prunable || (isAsked && trainable && role === 'embedding'),
  );
  const layers = [...new Set(candidates.map(({ layer }) => layer))];
  checkUse(flags.include ?? [], layers, '--include');
  checkUse(flags.exclude ?? [], layers, '--exclude');
  const include = flags.include ?? settings.prunable?.include;
  const exclude = flags.exclude ?? settings.prunable?.exclude ?? [];
  const matches = (patterns: readonly string[], layer: string) => patterns.some((one) => matchesName(one, layer));
  const chosen = candidates.filter(
    ({ layer }) => (include === undefined || matches(include, layer)) && !matches(exclude, layer),
  );
  if (chosen.length > 0) return chosen.map(({ name }) => name);
  if (layers.length === 0) throw usageError(`${network.name} has no dense or convolution layer that could be pruned.`);
  throw usageError(
    `No layer of ${network.name} is left to prune.`,
    `Check --include and --exclude, or "prunable" in the settings; the layers are ${layers.join(', ')}.`,
  );
}

/** `noise` alone is noise as the network takes it, with its classes: of pixels, or of tokens, where it is for those. */
function spelledOut(name: string, { inputs, classes, labelShape }: Network): string {
  if (name !== NOISE) return name;
  const parts = inputs.map(
    ({ shape, vocabulary }) => `${shape.join('x')}${vocabulary === undefined ? '' : `@${vocabulary}`}`,
  );
  const labels = labelShape.length === 0 ? '' : labelShape.length === 1 ? `:tokens${labelShape[0]}` : ':pixels';
  return `noise:${parts.join('+')}:${classes}${labels}`;
}

function dataChoice({ flags, settings, network }: Asked): DataChoice | undefined {
  const given = flags.data ?? settings.data?.name;
  if (given === undefined) return undefined;
  const name = spelledOut(given, network);
  return flags.data === undefined ? { given, name, baseFolder: settings.data!.baseFolder } : { given, name };
}

/** The backend that is asked for, and what names the user's Python; `auto`, the default, is the fastest backend. */
export function resolveBackend(
  flags: Pick<RequestFlags, 'backend' | 'python' | 'editorPython'>,
  settings: Pick<Settings, 'backend' | 'python'> = {},
): Pick<ModelRequest, 'backend' | 'interpreter'> {
  const interpreter: InterpreterChoice = {
    ...(flags.python !== undefined && { flag: flags.python }),
    ...(flags.editorPython && { editor: flags.editorPython }),
    ...(settings.python !== undefined && { setting: settings.python }),
  };
  return {
    backend: flags.backend ?? settings.backend ?? MODEL_OPTIONS.backend.default,
    ...(Object.keys(interpreter).length > 0 && { interpreter }),
  };
}

/**
 * The request that flags (first), settings and defaults make of a network.
 *
 * @throws UserError (usage) where patterns match nothing or leave nothing to prune.
 */
export function resolveRequest(asked: Asked): ModelRequest {
  const { specifier, flags, settings } = asked;
  const data = dataChoice(asked);
  const output = wantedOutput(flags, settings);
  const scope = flags.selection ?? SELECTION_OPTIONS.selection.default;
  const minPerLayer = flags.minPerLayer ?? settings.prunable?.minPerLayer;
  const batchSize = flags.batchSize ?? settings.batchSize ?? MODEL_OPTIONS.batchSize.default;
  const pruningBatchSize = scoringBatchSize(flags, settings);
  const predictor = flags.predictor ?? settings.predictor;
  const { sparsity: _, ...options } = { ...defaultScoringOptions, ...scoringOptions(flags, settings) };
  return {
    specifier,
    ...(settings.file !== undefined && { settingsFile: settings.file }),
    ...(output !== undefined && { output }),
    ...resolveBackend(flags, settings),
    seed: flags.seed ?? settings.seed ?? MODEL_OPTIONS.seed.default,
    ...(flags.weights !== undefined && { weightsFile: flags.weights }),
    prunable: prunableWeights(asked),
    ...(data && { data }),
    ...(flags.limit !== undefined && { limit: flags.limit }),
    ...(flags.batches !== undefined && { batchesFile: flags.batches }),
    batchSize,
    scoring: {
      options,
      batchSize: pruningBatchSize ?? batchSize,
      ...(predictor !== undefined && { predictor }),
      exactPredictor: flags.exactPredictor ?? false,
    },
    selection: { scope, minPerLayer: minPerLayer ?? SELECTION_OPTIONS.minPerLayer.default },
    // A layer without channels would cut the network in two.
    channels: {
      scope,
      minPerLayer: minPerLayer ?? 1,
      of: flags.sparsityOf ?? CHANNEL_OPTIONS.sparsityOf.default,
      adapt: flags.adapt ?? ADAPTATION_OPTIONS.adapt.default,
    },
    recorded: { ...(pruningBatchSize !== undefined && { pruningBatchSize }) },
  };
}

/**
 * The same with how the network is trained.
 *
 * @throws UserError (usage) also where a value of the training is out of range or does not belong to the chosen optimizer or
 *   schedule.
 */
export function resolveTraining(asked: Asked<TrainingRequestFlags>): TrainingRequest {
  const { flags, settings } = asked;
  const request = resolveRequest(asked);
  const { pruningRate, fineTuneEpochs, rewindEpoch } = flags;
  const training = trainingConfig(flags, settings, request.seed);
  const fineTuning =
    fineTuneEpochs === undefined
      ? undefined
      : trainingConfig({ ...flags, epochs: fineTuneEpochs }, settings, request.seed);
  return {
    ...request,
    training,
    convergence: {
      ...(pruningRate !== undefined && { pruningRate }),
      ...(fineTuning && { fineTuning }),
      rewindEpoch: rewindEpoch ?? CONVERGENCE_OPTIONS.rewindEpoch.default,
    },
    recorded: { ...request.recorded, ...(rewindEpoch !== undefined && { rewindEpoch }) },
  };
}
