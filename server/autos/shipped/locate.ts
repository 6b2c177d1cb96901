/** The predictor that ships with PruneLens. It lies beside this file, and beside the bundles that this file is part of. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../protocol/errors';

/**
 * Path of the shipped predictor.
 *
 * @throws UserError where this build has none.
 */
export function shippedPredictor(): string {
  const path = join(__dirname, 'autos.safetensors');
  if (existsSync(path)) return path;
  throw new UserError('This build of PruneLens ships no predictor for AutoS.', {
    hint: 'Name one with --predictor, made with: prunelens autos learn MODEL --out predictor.safetensors',
  });
}
