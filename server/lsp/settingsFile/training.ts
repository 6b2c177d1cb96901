/** What a training of a model is by default. */
import { TRAINING_OPTIONS } from '../../protocol/catalogue/options';
import { settingsFor } from '../../settings/find';

/** How often the model in `file` sees all examples where nobody says otherwise. @throws UserError with the places of mistakes in its settings. */
export async function trainingSettings(file: string): Promise<{ readonly epochs: number }> {
  const { epochs = TRAINING_OPTIONS.epochs.default } = await settingsFor(file);
  return { epochs };
}
