/** Settings of a training run: their defaults, and what is wrong with them where something is. */
import type { ObjectiveChoice } from '../objectives';
import { OBJECTIVES, type Objective, objectiveNames } from '../objectives';
import { FORMER_OBJECTIVE } from '../protocol/catalogue/objectives';
import { type DecayGroup, MODEL_OPTIONS, TRAINING_OPTIONS, TRAINING_SETTINGS } from '../protocol/catalogue/options';
import { settingError } from '../protocol/errors';
import type { DynamicConfig } from './dynamic/plan';

/** What all optimizers have; see `optimizers.ts` for the equations. */
interface CommonConfig {
  readonly learningRate: number;
  /** Factor of the L2 term that is added to the gradient; of adamw, how much of a weight a step takes away at learning rate 1. */
  readonly weightDecay: number;
  /** Parameters that weight decay leaves alone, by what they are; absent: none. */
  readonly decayExclude?: readonly DecayGroup[];
  /** L2 norm of all gradients together to which they are scaled down; absent: they are taken as they are. */
  readonly clipGradient?: number;
}

/** Stochastic gradient descent. */
export interface SgdConfig extends CommonConfig {
  readonly kind: 'sgd';
  /** 0 … 1, 0 for none. */
  readonly momentum: number;
  readonly nesterov: boolean;
}

/** Adam with L2 weight decay in the gradient, or AdamW, where it is decoupled. */
export interface AdamConfig extends CommonConfig {
  readonly kind: 'adam' | 'adamw';
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

export type OptimizerConfig = SgdConfig | AdamConfig;

/** How the learning rate changes. All kinds may start with epochs in which it rises linearly from zero. */
export type ScheduleConfig =
  | { readonly kind: 'constant'; readonly warmupEpochs: number }
  | {
      readonly kind: 'step';
      readonly warmupEpochs: number;
      /** Numbers of finished epochs after which the learning rate is multiplied by `factor`, ascending. */
      readonly milestones: readonly number[];
      readonly factor: number;
    }
  | { readonly kind: 'cosine'; readonly warmupEpochs: number };

export interface AugmentationConfig {
  /** Zero padding, in pixels, of the image from which a crop of its old size is taken at random; 0 for no crop. */
  readonly crop: number;
  /** Mirror every second image, by chance, left to right. */
  readonly flip: boolean;
}

export interface TrainingConfig extends ObjectiveChoice {
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: OptimizerConfig;
  readonly schedule: ScheduleConfig;
  readonly augmentation: AugmentationConfig;
  readonly seed: number;
  /** Parts of a batch, one for each device, that batch normalization takes the statistics of; absent: it takes those of the whole batch. */
  readonly batchParts?: number;
  /** Stop when the test loss has not fallen below its minimum for `patience` epochs. */
  readonly earlyStop?: { readonly patience: number };
  /** How masks change; absent: they stay as they are. */
  readonly dynamic?: DynamicConfig;
}

/** A part of the settings, as a user gives them; the kinds decide which of the others apply. */
export interface TrainingOptions extends ObjectiveChoice {
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly optimizer?: { readonly kind?: OptimizerConfig['kind'] } & Partial<Omit<SgdConfig, 'kind'>> &
    Partial<Omit<AdamConfig, 'kind'>>;
  readonly schedule?: {
    readonly kind?: ScheduleConfig['kind'];
    readonly warmupEpochs?: number;
    readonly milestones?: readonly number[];
    readonly factor?: number;
  };
  readonly augmentation?: Partial<AugmentationConfig>;
  readonly seed?: number;
  readonly batchParts?: number;
  readonly earlyStop?: { readonly patience: number };
}

const SGD_DEFAULTS: SgdConfig = {
  kind: 'sgd',
  learningRate: 0.05,
  momentum: 0.9,
  nesterov: false,
  weightDecay: 5e-4,
};

const ADAM_DEFAULTS: AdamConfig = {
  kind: 'adam',
  learningRate: 1e-3,
  beta1: TRAINING_SETTINGS.beta1.default,
  beta2: TRAINING_SETTINGS.beta2.default,
  epsilon: TRAINING_SETTINGS.epsilon.default,
  weightDecay: 0,
};

const DEFAULTS: { readonly [kind in OptimizerConfig['kind']]: OptimizerConfig } = {
  sgd: SGD_DEFAULTS,
  adam: ADAM_DEFAULTS,
  adamw: { ...ADAM_DEFAULTS, kind: 'adamw', weightDecay: 0.01 },
};

/**
 * The whole settings that `options` mean: what is absent takes its default (10 epochs, batches of 128, SGD with learning
 * rate 0.05 and momentum 0.9, cosine schedule, no augmentation, seed 0; for a step schedule a tenth at one half and at
 * three quarters of the epochs). Throws a UserError (usage) that names the setting where a value is out of its range or does
 * not belong to the chosen kind.
 */
export function completeConfig(
  options: TrainingOptions = {},
  objectives: readonly Objective[] = OBJECTIVES,
): TrainingConfig {
  const epochs = options.epochs ?? TRAINING_OPTIONS.epochs.default;
  check('epochs', epochs, isWhole(1), 'a whole number from 1');
  const config: TrainingConfig = {
    epochs,
    batchSize: options.batchSize ?? MODEL_OPTIONS.batchSize.default,
    optimizer: completeOptimizer(options.optimizer ?? {}),
    schedule: completeSchedule(options.schedule ?? {}, epochs),
    augmentation: {
      crop: TRAINING_OPTIONS.crop.default,
      flip: TRAINING_OPTIONS.flip.default,
      ...defined(options.augmentation ?? {}),
    },
    ...completeChoice(options, objectives),
    seed: options.seed ?? MODEL_OPTIONS.seed.default,
    ...(options.batchParts !== undefined && { batchParts: options.batchParts }),
    ...(options.earlyStop ? { earlyStop: { patience: options.earlyStop.patience } } : {}),
  };
  check('batchSize', config.batchSize, isWhole(1), 'a whole number from 1');
  check('augmentation.crop', config.augmentation.crop, isWhole(0), 'a whole number of pixels from 0');
  check('augmentation.flip', config.augmentation.flip, isBoolean, 'true or false');
  check('seed', config.seed, Number.isSafeInteger, 'a whole number');
  check('batchParts', config.batchParts ?? 2, isWhole(2), 'a whole number from 2');
  if (config.earlyStop) {
    check('earlyStop.patience', config.earlyStop.patience, isWhole(1), 'a whole number of epochs from 1');
  }
  return config;
}

/**
 * What is minimized, as far as `options` say it. Throws a UserError (usage) where a name or a value is none.
 */
export function completeChoice(
  { objective, loss, huberDelta, labelSmoothing }: ObjectiveChoice,
  objectives: readonly Objective[] = OBJECTIVES,
): ObjectiveChoice {
  const names = objectiveNames(objectives);
  const isName = (name: unknown) => names.includes(name as string);
  // Records call a loss that is the objective, too, by its one name.
  const named = objective === undefined && loss === FORMER_OBJECTIVE ? { objective: loss } : { objective, loss };
  const choice = defined({ ...named, huberDelta, labelSmoothing });
  for (const key of ['objective', 'loss'] as const) {
    if (choice[key] !== undefined) check(key, choice[key], isName, `one of ${names.join(', ')}`);
  }
  if (huberDelta !== undefined) check('huberDelta', huberDelta, isPositive, 'a number greater than 0');
  if (labelSmoothing !== undefined) check('labelSmoothing', labelSmoothing, isFraction, 'a number from 0 to below 1');
  return choice;
}

function completeOptimizer(options: NonNullable<TrainingOptions['optimizer']>): OptimizerConfig {
  const given = defined(options);
  const kind = options.kind ?? TRAINING_OPTIONS.optimizer.default;
  check('optimizer.kind', kind, isOneOf(Object.keys(DEFAULTS)), `one of ${Object.keys(DEFAULTS).join(', ')}`);
  const defaults = DEFAULTS[kind];
  refuseForeign('optimizer', kind, given, { ...defaults, clipGradient: undefined, decayExclude: undefined });
  const { decayExclude = [], ...others } = { ...defaults, ...given } as OptimizerConfig;
  const groups = TRAINING_OPTIONS.decayExclude.choices;
  check('optimizer.decayExclude', decayExclude, isListOf(groups), `a list of ${groups.join(', ')}`);
  // In one order, and left out where it is empty: equal trainings have equal settings.
  const excluded = groups.filter((group) => decayExclude.includes(group));
  const config = { ...others, ...(excluded.length > 0 && { decayExclude: excluded }) } as OptimizerConfig;
  check('optimizer.learningRate', config.learningRate, isPositive, 'a number greater than 0');
  check('optimizer.weightDecay', config.weightDecay, isNumber(0), 'a number from 0');
  check('optimizer.clipGradient', config.clipGradient ?? 1, isPositive, 'a number greater than 0');
  if (config.kind === 'sgd') {
    check('optimizer.momentum', config.momentum, isFraction, 'at least 0 and less than 1');
    check('optimizer.nesterov', config.nesterov, isBoolean, 'true or false');
    if (config.nesterov && config.momentum === 0) {
      throw settingError('optimizer.nesterov', 'optimizer.nesterov needs a momentum greater than 0.');
    }
  } else {
    check('optimizer.beta1', config.beta1, isFraction, 'at least 0 and less than 1');
    check('optimizer.beta2', config.beta2, isFraction, 'at least 0 and less than 1');
    check('optimizer.epsilon', config.epsilon, isPositive, 'a number greater than 0');
  }
  return config;
}

function completeSchedule(options: NonNullable<TrainingOptions['schedule']>, epochs: number): ScheduleConfig {
  const given = defined(options);
  const kind = options.kind ?? TRAINING_OPTIONS.schedule.default;
  const warmupEpochs = options.warmupEpochs ?? TRAINING_OPTIONS.warmup.default;
  check('schedule.warmupEpochs', warmupEpochs, isNumber(0), 'a number from 0');
  if (warmupEpochs > 0 && warmupEpochs >= epochs) {
    throw settingError(
      'schedule.warmupEpochs',
      `schedule.warmupEpochs is ${warmupEpochs}; it must be less than the ${epochs} epochs there are.`,
    );
  }
  switch (kind) {
    case 'constant':
    case 'cosine':
      refuseForeign('schedule', kind, given, { kind, warmupEpochs });
      return { kind, warmupEpochs };
    case 'step': {
      const milestones = options.milestones ?? defaultMilestones(epochs);
      const factor = options.factor ?? TRAINING_SETTINGS.factor.default;
      check('schedule.milestones', milestones, isAscendingList, 'whole numbers of epochs from 1, ascending');
      check('schedule.factor', factor, isPositive, 'a number greater than 0');
      refuseForeign('schedule', kind, given, { kind, warmupEpochs, milestones, factor });
      return { kind, warmupEpochs, milestones: [...milestones], factor };
    }
    default:
      throw settingError(
        'schedule.kind',
        `schedule.kind is ${JSON.stringify(kind)}; it must be constant, step or cosine.`,
      );
  }
}

/** One half and three quarters of the epochs, where they are distinct and within the run. */
function defaultMilestones(epochs: number): number[] {
  const milestones = [Math.round(epochs / 2), Math.round((3 * epochs) / 4)];
  return [...new Set(milestones)].filter((epoch) => epoch >= 1 && epoch < epochs);
}

/** Without the keys whose value is undefined, so that they do not hide defaults. */
function defined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function refuseForeign(section: string, kind: string, given: object, own: object): void {
  for (const key of Object.keys(given)) {
    const name = `${section}.${key}`;
    if (!(key in own)) throw settingError(name, `${name} does not belong to ${section} kind ${kind}.`);
  }
}

function check(name: string, value: unknown, valid: (value: unknown) => boolean, expected: string): void {
  if (!valid(value)) throw settingError(name, `${name} is ${JSON.stringify(value)}; it must be ${expected}.`);
}

const isBoolean = (value: unknown) => typeof value === 'boolean';
const isNumber = (least: number) => (value: unknown) => Number.isFinite(value) && (value as number) >= least;
const isWhole = (least: number) => (value: unknown) => Number.isSafeInteger(value) && (value as number) >= least;
const isPositive = (value: unknown) => Number.isFinite(value) && (value as number) > 0;
const isFraction = (value: unknown) => isNumber(0)(value) && (value as number) < 1;
const isOneOf = (known: readonly string[]) => (value: unknown) => known.includes(value as string);
const isListOf = (known: readonly string[]) => (value: unknown) => Array.isArray(value) && value.every(isOneOf(known));
const isAscendingList = (value: unknown) =>
  Array.isArray(value) && value.every((epoch, i) => isWhole(1)(epoch) && (i === 0 || epoch > value[i - 1]));
