/** What `prunelens.json` can say; `settings.schema.json` describes the same to editors. */
import type { BackendName } from '../../executors/types';
import type { TrainingOptions } from '../../training/config';

/** A data set for the models whose files match a pattern. */
export interface DataRule {
  /** File pattern relative to the settings file; without `/`, a file name in any folder. */
  readonly models: string;
  readonly data: string;
}

export interface PrunableSettings {
  /** Only layers whose names match one of these patterns. */
  readonly include?: readonly string[];
  /** No layers whose names match one of these patterns. */
  readonly exclude?: readonly string[];
  /** Weights that every layer keeps at least. */
  readonly minPerLayer?: number;
}

export interface SettingsValues
  extends Pick<TrainingOptions, 'batchSize' | 'epochs' | 'optimizer' | 'schedule' | 'augmentation' | 'seed'> {
  readonly data?: string | readonly DataRule[];
  readonly prunable?: PrunableSettings;
  readonly backend?: BackendName | 'auto';
}

/** Settings as they hold for one model. */
export interface Settings extends Omit<SettingsValues, 'data'> {
  /** The settings file; absent where there is none. */
  readonly file?: string;
  /** Data set of the model, and the folder that a relative path starts from. */
  readonly data?: { readonly name: string; readonly baseFolder: string };
}
