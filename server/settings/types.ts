/** What `prunelens.json` can say; `settings.schema.json` describes the same to editors. */
import type { ObjectiveChoice } from '../objectives';
import type { MODEL_OPTIONS, Precision } from '../protocol/catalogue/options';
import type { OptionValue } from '../protocol/catalogue/types';
import type { ModelSetup } from '../protocol/modelSetup';
import type { ScoringOptions } from '../pruning/types';
import type { TrainingOptions } from '../training/config';

/** A data set for the models whose files match a pattern. */
export interface DataRule {
  /** File pattern relative to the settings file; without `/`, a file name in any folder. */
  readonly models: string;
  readonly data: string;
}

/** Which columns of CSV data are what. */
export interface ColumnSettings {
  readonly inputs?: readonly string[];
  readonly labels?: readonly string[];
  readonly scaling?: OptionValue<typeof MODEL_OPTIONS.columnScaling>;
}

export interface PrunableSettings {
  /** Only layers whose names match one of these patterns. */
  readonly include?: readonly string[];
  /** No layers whose names match one of these patterns. */
  readonly exclude?: readonly string[];
  /** Weights that every layer keeps at least. */
  readonly minPerLayer?: number;
}

/** Options of the criteria; those that are absent are the criterion's own. */
export interface ScoringSettings extends Partial<Omit<ScoringOptions, 'sparsity' | 'gradientNorms' | 'pattern'>> {
  /** Examples in a batch to score on; that of training where absent. */
  readonly batchSize?: number;
}

/** Settings that a model can have of its own. */
export interface ModelSettings
  extends Pick<TrainingOptions, 'batchSize' | 'epochs' | 'optimizer' | 'schedule' | 'augmentation'>,
    ObjectiveChoice {
  readonly columns?: ColumnSettings;
  /** Name or number of the model's output that is used. */
  readonly output?: string | number;
  readonly prunable?: PrunableSettings;
  readonly scoring?: ScoringSettings;
}

/** Values for the models whose files match a pattern, in place of the general ones. */
export interface Override extends ModelSettings {
  readonly models: string;
}

/** What is said of the models in a file, or of the one that `construct` makes. */
export interface ModelRule extends ModelSetup {
  /** File pattern relative to the settings file; without `/`, a file name in any folder. */
  readonly file: string;
  /** The Python that it is run in. */
  readonly python?: string;
}

export interface SettingsValues extends ModelSettings {
  readonly models?: readonly ModelRule[];
  readonly data?: string | readonly DataRule[];
  /** Where several match, the later one counts. */
  readonly overrides?: readonly Override[];
  readonly backend?: string;
  /** Of the backend torch, as PyTorch names it. */
  readonly device?: string;
  /** In place of it, those that share the batches of a training. */
  readonly devices?: readonly string[];
  /** What batch normalization takes the statistics of, where devices share a batch. */
  readonly batchNorm?: 'synchronized' | 'by-device';
  readonly precision?: Precision;
  /** Whether training uses only operations that give the same bits again. */
  readonly deterministic?: boolean;
  /** The user's Python: a command, or a path relative to the settings file. */
  readonly python?: string;
  /** Processes that read data of Python. */
  readonly dataWorkers?: number;
  readonly seed?: number;
  /** AutoS's predictor, relative to the settings file. */
  readonly predictor?: string;
  /** Further folders whose runs are listed, relative to the settings file. */
  readonly runs?: readonly string[];
}

/** Settings as they hold for one model; of `models` those for its file. */
export interface Settings extends Omit<SettingsValues, 'data' | 'overrides'> {
  /** The settings file; absent where there is none. */
  readonly file?: string;
  /** AutoS's predictor, absolute. */
  readonly predictor?: string;
  /** Further folders whose runs are listed, absolute. */
  readonly runs?: readonly string[];
  /** Data set of the model, and the folder that a relative path starts from. */
  readonly data?: { readonly name: string; readonly baseFolder: string };
}
