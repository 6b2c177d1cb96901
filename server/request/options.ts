/** What holds: flags first, then the settings file, then the defaults. */
import type { ObjectiveChoice } from '../objectives';
import { criterionOptions, flagName, scoringKey } from '../protocol/catalogue/derive';
import type { Catalogue } from '../protocol/catalogue/types';
import { usageError } from '../protocol/errors';
import type { ScoringOptions } from '../pruning';
import type { Settings } from '../settings/types';
import { completeChoice, completeConfig, type TrainingConfig, type TrainingOptions } from '../training/config';
import { CATALOGUE } from './catalogue';
import type { CriterionOptions, ModelOptions, ObjectiveFlags, TrainingFlags } from './flags';

/** Without the keys whose value is undefined. */
export function defined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** Settings of one kind under flags. Those of another kind than the flags' would not fit it and are left out. */
function merge<T extends { readonly kind?: string }>(settings: T | undefined, flags: T, defaultKind: T['kind']): T {
  const isOther = flags.kind !== undefined && flags.kind !== (settings?.kind ?? defaultKind);
  return { ...(isOther ? {} : settings), ...defined(flags) } as T;
}

/**
 * What is minimized, as far as flags (first) and settings say it. A name given as a flag wins over both names of the settings.
 *
 * @throws UserError (usage) where a name or a value is none, or the flags give two names.
 */
export function objectiveChoice(flags: ObjectiveFlags, settings: Settings): ObjectiveChoice {
  if (flags.objective !== undefined && flags.loss !== undefined && flags.objective !== flags.loss) {
    throw usageError(
      `--objective is ${flags.objective}, but --loss, its older name, is ${flags.loss}.`,
      'Leave out --loss.',
    );
  }
  const named = [flags, settings].find(({ objective, loss }) => objective !== undefined || loss !== undefined);
  const { objective, loss } = named ?? {};
  return completeChoice({
    ...(objective === undefined ? defined({ loss }) : { objective }),
    huberDelta: flags.huberDelta ?? settings.huberDelta,
    labelSmoothing: flags.labelSmoothing ?? settings.labelSmoothing,
  });
}

/**
 * Settings of a training run.
 *
 * @throws UserError (usage) where a value is out of range or does not belong to the chosen optimizer or schedule.
 */
export function trainingConfig(flags: ModelOptions & TrainingFlags, settings: Settings, seed: number): TrainingConfig {
  const optimizer: TrainingOptions['optimizer'] = {
    kind: flags.optimizer,
    learningRate: flags.lr,
    momentum: flags.momentum,
    nesterov: flags.nesterov,
    weightDecay: flags.weightDecay,
    decayExclude: flags.decayExclude,
    clipGradient: flags.clipGradient,
  };
  const schedule: TrainingOptions['schedule'] = {
    kind: flags.schedule,
    warmupEpochs: flags.warmup,
    milestones: flags.milestones,
  };
  return completeConfig({
    ...defined({ epochs: flags.epochs ?? settings.epochs, batchSize: flags.batchSize ?? settings.batchSize }),
    optimizer: merge(settings.optimizer, optimizer, 'sgd'),
    schedule: merge(settings.schedule, schedule, 'cosine'),
    ...objectiveChoice(flags, settings),
    augmentation: { ...settings.augmentation, ...defined({ crop: flags.crop, flip: flags.flip }) },
    ...batchParts(flags, settings),
    seed,
  });
}

/** Into how many parts devices split a batch for batch normalization, where it takes the statistics of each. */
function batchParts(flags: TrainingFlags, settings: Settings): Pick<TrainingOptions, 'batchParts'> {
  const devices = flags.devices ?? settings.devices;
  if ((flags.batchNorm ?? settings.batchNorm) !== 'by-device') return {};
  if (devices) return { batchParts: devices.length };
  if (flags.batchNorm === undefined) return {};
  throw usageError('--batch-norm by-device is for several devices.', 'Name them with --devices.');
}

/**
 * What flags say of the options that criteria declare, under the names by which criteria find them, those that are not given
 * as undefined.
 */
export function scoringValues(flags: CriterionOptions, catalogue: Catalogue = CATALOGUE): Partial<ScoringOptions> {
  const values = flags as { readonly [flag: string]: unknown };
  const options = criterionOptions(catalogue).filter(({ scope }) => scope === 'scoring');
  return Object.fromEntries(options.map((option) => [scoringKey(option), values[flagName(option.name)]]));
}

/** Options of the criteria as far as flags or settings give them; the others are the criteria's own. */
export function scoringOptions(flags: CriterionOptions, settings: Settings): Partial<ScoringOptions> {
  const { batchSize: _, ...scoring } = settings.scoring ?? {};
  const given = defined(scoringValues(flags));
  return { ...scoring, ...given };
}

/** Examples in a batch to score on, where they are not as many as in training. */
export function scoringBatchSize(flags: CriterionOptions, settings: Settings): number | undefined {
  return flags.pruningBatchSize ?? settings.scoring?.batchSize;
}
