/** PyTorch: modules in Python files, which are run in the user's Python. */
import { resolve } from 'node:path';
import { storedAs } from '../../models/stored';
import type { Network } from '../../models/types';
import { printToStandardError } from '../../processes/modelOutput';
import { drawingFor } from '../python/drawing';
import type { Framework, LoadOptions, ModelSpecifier } from '../types';
import { loadExported } from './loadExported';
import { createTorchNetwork, TORCH } from './network/createNetwork';
import { readWeightsFile } from './readWeightsFile';
import { exportCut, type LoadedOriginal, proveCut, tryCut } from './shrinking/proveCut';
import { SHRUNK_FILES } from './shrinking/shrinkModule';

/**
 * The network of a PyTorch model, with the initial values that the model's own code draws from the seed.
 * @throws as `FrontEnd.load`; OtherFrameworkError where the model is none of PyTorch.
 */
export async function loadTorch(specifier: ModelSpecifier, options: LoadOptions): Promise<Network> {
  const { seed: own = 0 } = options;
  const { model, job, construct, interpreter, inputs, leftToDefault, read, leftOut } = await loadExported(
    specifier,
    options,
  );
  const draw = drawingFor(
    own,
    () => network,
    (seed) => loadTorch(specifier, { ...options, seed }),
  );
  const source = {
    file: specifier.file,
    exportName: construct,
    reads: read.filter((path) => path !== specifier.file),
    ...(leftOut.length > 0 && { leftOut }),
    given: inputs,
    leftToDefault,
    readWeightsFile: (path: string) => readWeightsFile(resolve(path), interpreter),
  };
  const original = (): LoadedOriginal => ({
    job,
    interpreter,
    inputs,
    network,
    onOutput: options.onOutput ?? printToStandardError,
  });
  const network = createTorchNetwork(model, {
    ...source,
    draw,
    shrinkOriginal: (request) => proveCut(original(), request),
    tryCut: (kept, signal) => tryCut(original(), kept, signal),
    remake: async (kept, signal) => createTorchNetwork((await exportCut(original(), kept, signal)).model, source),
  });
  return network;
}

export const torch: Framework = {
  name: TORCH,
  pytorch: (_, parameter) => storedAs(parameter),
  originalFiles: SHRUNK_FILES,
};
