/** PyTorch: modules in Python files, which are run in the user's Python. */
import { resolve } from 'node:path';
import { storedAs } from '../../models/stored';
import type { Network } from '../../models/types';
import { printToStandardError } from '../../processes/modelOutput';
import { PYTHON_EXTENSION } from '../../protocol/modelNames';
import type { FrontEnd, LoadOptions, ModelSpecifier } from '../types';
import { findModules, LONGEST_TEXT } from './discovery/findModules';
import { loadExported } from './loadExported';
import { createTorchNetwork, TORCH } from './network/createNetwork';
import { readWeightsFile } from './readWeightsFile';
import { exportCut, type LoadedOriginal, proveCut } from './shrinking/proveCut';
import { SHRUNK_FILES } from './shrinking/shrinkModule';

/** With the initial values that the model's own code draws from the seed. */
async function load(specifier: ModelSpecifier, options: LoadOptions): Promise<Network> {
  const { seed: own = 0 } = options;
  const { model, job, construct, interpreter, inputs, leftToDefault, read, leftOut } = await loadExported(
    specifier,
    options,
  );
  let drawn: { readonly seed: number; readonly values: ReadonlyMap<string, Float32Array> } | undefined;
  const draw = async (seed: number): Promise<ReadonlyMap<string, Float32Array>> => {
    if (drawn?.seed === seed) return drawn.values;
    const { parameters } = seed === own ? network : await load(specifier, { ...options, seed });
    drawn = { seed, values: new Map(parameters.map(({ name, initialize }) => [name, initialize(seed)])) };
    return drawn.values;
  };
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
    remake: async (kept, signal) => createTorchNetwork((await exportCut(original(), kept, signal)).model, source),
  });
  return network;
}

export const torch: FrontEnd = {
  name: TORCH,
  files: `a Python file with PyTorch modules (${PYTHON_EXTENSION})`,
  definition: 'class that derives from nn.Module, or function that returns one',
  extensions: [PYTHON_EXTENSION],
  languages: ['python'],
  relatives: {
    '.ipynb': {
      what: 'a notebook',
      hint: 'Write the cells that define the model into a Python file beside it, and name that.',
    },
  },
  largestSearched: () => LONGEST_TEXT,
  runsCode: () => true,
  findInText: findModules,
  // Any expression may make a model: what it gives is seen when it is run.
  checkExport: () => {},
  load,
  pytorch: (_, parameter) => storedAs(parameter),
  originalFiles: SHRUNK_FILES,
};
