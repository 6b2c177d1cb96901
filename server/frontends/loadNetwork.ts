/** Loads a model definition, whatever it is written in. */
import { chooseOutput } from '../models/outputs';
import type { Network } from '../models/types';
import { FRONT_ENDS, frontEndFor } from './registry';
import { checkTrust, parseModelSpecifier } from './specifier';
import type { FrontEnd, LoadOptions, ModelSpecifier } from './types';

/**
 * The network of the model that a specifier names. User's code runs in a process of its own; files that are data are only read.
 *
 * @throws UserError (kind `usage`) when the file or export does not exist, and where code may not run; UserError with file,
 *   line and column for anything that is wrong with the definition or with what it does when it runs.
 */
export async function loadNetwork(
  specifier: string | ModelSpecifier,
  options: LoadOptions,
  frontEnds: readonly FrontEnd[] = FRONT_ENDS,
): Promise<Network> {
  options.signal?.throwIfAborted();
  const model = typeof specifier === 'string' ? parseModelSpecifier(specifier, frontEnds) : specifier;
  checkTrust(model, options.trusted, frontEnds);
  const network = await frontEndFor(model.file, frontEnds)!.load(model, options);
  if (!network.outputs) chooseOutput([network.name], options.output, network.name);
  return network;
}
