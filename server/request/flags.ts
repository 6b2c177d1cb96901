/** What a command, or an editor, asks for. Absent values come from the settings, then from the defaults of the catalogue. */
import type { AUTOS_OPTIONS } from '../autos/criterion';
import type {
  BATCHES_OPTIONS,
  CHANNEL_OPTIONS,
  CONTROL_OPTIONS,
  DYNAMIC_OPTIONS,
  MODEL_OPTIONS,
  OBJECTIVE_OPTIONS,
  SELECTION_OPTIONS,
  STABILITY_OPTIONS,
  STRUCTURED_OPTIONS,
  TRAINING_OPTIONS,
} from '../protocol/catalogue/options';
import type { FlagValues, OptionValue } from '../protocol/catalogue/types';
import type { PRESET_OPTIONS, SHARED_OPTIONS } from '../pruning/options';
import type { PROSPR_OPTIONS } from '../pruning/prospr';

/** Which model, with which weights, data and backend. */
export type ModelOptions = FlagValues<typeof MODEL_OPTIONS>;

export type SelectionName = OptionValue<typeof SELECTION_OPTIONS.selection>;

/** How weights are scored and selected. Options of criteria that are not named here travel with them. */
export type CriterionOptions = FlagValues<
  typeof PROSPR_OPTIONS &
    typeof SHARED_OPTIONS &
    typeof PRESET_OPTIONS &
    typeof AUTOS_OPTIONS &
    typeof SELECTION_OPTIONS &
    typeof CONTROL_OPTIONS
>;

/** Pruning of channels instead of weights. */
export type StructuredOptions = FlagValues<typeof STRUCTURED_OPTIONS & typeof CHANNEL_OPTIONS>;

/** How masks change while a network is trained. */
export type DynamicFlags = FlagValues<typeof DYNAMIC_OPTIONS>;

/** Whether and how stability is measured. */
export type StabilityFlags = FlagValues<typeof STABILITY_OPTIONS>;

/** Exact batches instead of drawn ones. */
export type BatchesOption = FlagValues<typeof BATCHES_OPTIONS>;

/** What is minimized. */
export type ObjectiveFlags = FlagValues<typeof OBJECTIVE_OPTIONS>;

/** How a network is trained. */
export type TrainingFlags = FlagValues<typeof TRAINING_OPTIONS> & ObjectiveFlags;
