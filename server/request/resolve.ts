/** Flags, settings and a network to one request: the only place that merges them. */

import { isArrayFile } from '../data/arrays';
import { isCells } from '../data/cells';
import { formatDataName, isCsvFile, isUnsaid, parseDataName } from '../data/csv/choice';
import { isNoise } from '../data/noise';
import type { Computing } from '../executors/types';
import { firstLine } from '../models/lines';
import { forScoring } from '../models/task';
import type { Network } from '../models/types';
import { DATASET_NAMES } from '../protocol/catalogue/datasets';
import {
  ADAPTATION_OPTIONS,
  CHANNEL_OPTIONS,
  CONVERGENCE_OPTIONS,
  MODEL_OPTIONS,
  SELECTION_OPTIONS,
} from '../protocol/catalogue/options';
import { settingError, usageError } from '../protocol/errors';
import { matchesName } from '../protocol/patterns';
import { defaultScoringOptions, parsePattern, parseRatios, type StabilityChoice } from '../pruning';
import type { InterpreterChoice } from '../python/find';
import type { Settings } from '../settings/types';
import { checkInitialMask } from './dynamic';
import type { SelectionName } from './flags';
import { defined, objectiveChoice, scoringBatchSize, scoringOptions, trainingConfig } from './options';
import { checkDataTrust, isPythonData } from './pythonData';
import type {
  DataChoice,
  LoadingChoice,
  ModelRequest,
  RequestFlags,
  TrainingRequest,
  TrainingRequestFlags,
} from './types';

/** What a request is resolved from. */
export interface Asked<Flags extends RequestFlags = RequestFlags> {
  readonly specifier: string;
  readonly flags: Flags;
  readonly settings: Settings;
  readonly network: Network;
  readonly loading?: LoadingChoice;
  /** Whether code of the workspace may run; where nothing is said, none does. */
  readonly trusted?: boolean;
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
  if (layers.length === 0) {
    const problem = `${network.name} has no dense or convolution layer that could be pruned.`;
    throw usageError(problem, undefined, firstLine(network.layers));
  }
  throw usageError(
    `No layer of ${network.name} is left to prune.`,
    `Check --include and --exclude, or "prunable" in the settings; the layers are ${layers.join(', ')}.`,
  );
}

/** `noise` alone is noise as the network takes it, with labels as its objective has them. */
function spelledOut(
  name: string,
  { inputs, classes, labels: { dtype, shape: labelShape }, objective }: Network,
): string {
  if (name !== NOISE) return name;
  const parts = inputs.map(
    ({ shape, vocabulary }) => `${shape.join('x')}${vocabulary === undefined ? '' : `@${vocabulary}`}`,
  );
  const head = `noise:${parts.join('+')}`;
  if (dtype === 'float32') return `${head}:${labelShape.join('x') || 1}:${objective.noise ?? 'values'}`;
  const labels = labelShape.length === 0 ? '' : labelShape.length === 1 ? `:tokens${labelShape[0]}` : ':pixels';
  return `${head}:${classes}${labels}`;
}

/** Whether a data set cannot be one of columns: it has a name, is generated, or is a file of arrays. */
function hasNoColumns(name: string): boolean {
  return DATASET_NAMES.includes(name) || isNoise(name) || isCells(name) || isArrayFile(name) || isPythonData(name);
}

/** The name with the columns that flags or settings choose; a choice in the name itself is nearer than one in the settings. */
function withColumns(given: string, flags: Asked['flags'], settings: Settings): string {
  const ofFlags = defined({ inputs: flags.inputColumns, labels: flags.labelColumns, scaling: flags.columnScaling });
  if (hasNoColumns(given)) {
    if (isUnsaid(ofFlags)) return given;
    throw usageError(
      `Columns are chosen, but the data set ${given} has none.`,
      'Leave out --input-columns, --label-columns and --column-scaling, or name a CSV file with --data.',
    );
  }
  const { path, columns } = parseDataName(given);
  const chosen = { ...settings.columns, ...columns, ...ofFlags };
  const { scaling = MODEL_OPTIONS.columnScaling.default } = chosen;
  // The scaling of a file is spelled out, so that records say it.
  return formatDataName({ path, columns: isCsvFile(path) ? { ...chosen, scaling } : chosen });
}

/** @throws UserError (usage) for data that is code, where that may not run. */
function dataChoice({ flags, settings, network, trusted = false }: Asked): DataChoice | undefined {
  const given = flags.data ?? settings.data?.name;
  if (given === undefined) return undefined;
  const name = withColumns(spelledOut(given, network), flags, settings);
  checkDataTrust(name, trusted);
  const workers = flags.dataWorkers ?? settings.dataWorkers;
  return {
    given,
    name,
    ...(flags.data === undefined && { baseFolder: settings.data!.baseFolder }),
    ...(workers !== undefined && { workers }),
  };
}

const COMPUTING = ['device', 'devices', 'precision', 'deterministic'] as const satisfies readonly (keyof Computing)[];

/** How the backend is to compute. A flag for another backend is a mistake; settings are for all models. */
function resolveComputing(
  backend: string,
  flags: Pick<RequestFlags, keyof Computing>,
  settings: Pick<Settings, keyof Computing>,
): Computing {
  if (backend === 'reference' && flags.precision === 'float64') {
    return resolveComputing(backend, { ...flags, precision: undefined }, settings);
  }
  if (backend !== 'torch' && flags.precision === 'float64') {
    throw settingError(
      'precision',
      `--precision float64 is for the backends torch and reference: ${backend} computes in float32.`,
      'Add --backend torch or --backend reference.',
    );
  }
  const unheeded = COMPUTING.find((flag) => flags[flag] !== undefined);
  if (unheeded !== undefined && backend !== 'torch') {
    const problem = `--${unheeded} is for the backend torch, and the backend is ${backend}.`;
    throw settingError(unheeded, problem, 'Add --backend torch.');
  }
  if (flags.device !== undefined && flags.devices !== undefined) {
    throw usageError('--device and --devices both say what computes.', 'Leave out one of them.');
  }
  // One of the two as a flag stands against both of the settings.
  const isSaid = flags.device !== undefined || flags.devices !== undefined;
  const chosen = isSaid ? { ...settings, device: undefined, devices: undefined } : settings;
  const values = COMPUTING.map((name) => [name, flags[name] ?? chosen[name]] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

/**
 * The backend that is asked for, what names the user's Python, and how to compute; `auto`, the default, is the fastest backend.
 *
 * @throws UserError (usage) where a flag is given that the backend does not heed.
 */
export function resolveBackend(
  flags: Pick<RequestFlags, 'backend' | 'python' | 'editorPython' | keyof Computing>,
  settings: Pick<Settings, 'backend' | 'python' | keyof Computing> = {},
): Pick<ModelRequest, 'backend' | 'interpreter' | 'computing'> {
  const backend = flags.backend ?? settings.backend ?? MODEL_OPTIONS.backend.default;
  const computing = resolveComputing(backend, flags, settings);
  const interpreter: InterpreterChoice = {
    ...(flags.python !== undefined && { flag: flags.python }),
    ...(flags.editorPython && { editor: flags.editorPython }),
    ...(settings.python !== undefined && { setting: settings.python }),
  };
  return {
    backend,
    ...(Object.keys(interpreter).length > 0 && { interpreter }),
    ...(Object.keys(computing).length > 0 && { computing }),
  };
}

/** How stability is measured; undefined where no flag asks for it. */
function stabilityChoice({ stability, stabilityChange }: RequestFlags): StabilityChoice | undefined {
  if (stability === undefined && stabilityChange === undefined) return undefined;
  return defined({ repeats: stability, change: stabilityChange });
}

/** Ratios are read at once, so that a wrong one is told before anything is computed. */
function checkRatios(ratios: string | undefined, scope: SelectionName): void {
  if (ratios === undefined || parseRatios(ratios).kind === 'global' || scope === 'global') return;
  throw usageError(
    `--selection ${scope} and layer ratios (${ratios}) both say what layers keep.`,
    'Leave one of them out: the ratio "uniform" is the selection per layer.',
  );
}

/** Examples in a batch of training, and in one to score on. */
export function batchSizes(
  flags: Pick<RequestFlags, 'batchSize' | 'pruningBatchSize'>,
  settings: Settings,
): { readonly training: number; readonly scoring: number } {
  const training = flags.batchSize ?? settings.batchSize ?? MODEL_OPTIONS.batchSize.default;
  return { training, scoring: scoringBatchSize(flags, settings) ?? training };
}

/**
 * The request that flags (first), settings and defaults make of a network.
 *
 * @throws UserError (usage) where patterns match nothing or leave nothing to prune.
 */
export function resolveRequest(asked: Asked): ModelRequest {
  const { specifier, flags, settings } = asked;
  const objective = objectiveChoice(flags, settings);
  const data = dataChoice({ ...asked, network: forScoring(asked.network, objective) });
  const output = wantedOutput(flags, settings);
  const scope = flags.selection ?? SELECTION_OPTIONS.selection.default;
  const minPerLayer = flags.minPerLayer ?? settings.prunable?.minPerLayer;
  const sizes = batchSizes(flags, settings);
  const pruningBatchSize = scoringBatchSize(flags, settings);
  const predictor = flags.predictor ?? settings.predictor;
  const stability = stabilityChoice(flags);
  const given = scoringOptions(flags, settings);
  const { sparsity: _, ...options } = { ...defaultScoringOptions, ...given };
  const preset = flags.preset === undefined ? undefined : { name: flags.preset, given: Object.keys(given) };
  checkRatios(options.ratios, scope);
  if (options.pattern !== undefined) parsePattern(options.pattern);
  return {
    specifier,
    ...(settings.file !== undefined && { settingsFile: settings.file }),
    ...(asked.loading && { loading: asked.loading }),
    ...(output !== undefined && { output }),
    ...resolveBackend(flags, settings),
    seed: flags.seed ?? settings.seed ?? MODEL_OPTIONS.seed.default,
    ...(flags.weights !== undefined && { weightsFile: flags.weights }),
    prunable: prunableWeights(asked),
    ...(data && { data }),
    ...(flags.limit !== undefined && { limit: flags.limit }),
    ...(flags.batches !== undefined && { batchesFile: flags.batches }),
    objective,
    batchSize: sizes.training,
    scoring: {
      options,
      batchSize: sizes.scoring,
      ...(preset && { preset }),
      ...(stability && { stability }),
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
  const { initialMask, initialSparsity, updateEvery, dropFraction, updateEnd } = flags;
  const dynamic = defined({ initialMask, initialSparsity, updateEvery, dropFraction, updateEnd });
  checkInitialMask(dynamic);
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
    dynamic,
    recorded: { ...request.recorded, ...(rewindEpoch !== undefined && { rewindEpoch }) },
  };
}
