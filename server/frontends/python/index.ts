/** Python files: modules of PyTorch and models of Keras, which are run in the user's Python. */
import type { Network } from '../../models/types';
import { PYTHON_EXTENSION } from '../../protocol/modelNames';
import { keras } from '../keras';
import { loadKerasPython } from '../keras/loadPython';
import { loadTorch, torch } from '../torch';
import type { FrontEnd, LoadOptions, ModelSpecifier } from '../types';
import { findDefinitions, LONGEST_TEXT } from './discovery/findModels';
import type { PythonFramework } from './loaderProtocol';
import { likelyFramework, OtherFrameworkError } from './prepare';

const LOADERS: { readonly [name in PythonFramework]: typeof loadTorch } = { torch: loadTorch, keras: loadKerasPython };

/** The text tells the framework as a rule; where it does not, what its code gives does. */
async function load(specifier: ModelSpecifier, options: LoadOptions): Promise<Network> {
  try {
    return await LOADERS[await likelyFramework(specifier, options)](specifier, options);
  } catch (error) {
    if (!(error instanceof OtherFrameworkError)) throw error;
    return LOADERS[error.framework](specifier, options);
  }
}

export const python: FrontEnd = {
  name: 'python',
  files: `a Python file with PyTorch modules or Keras models (${PYTHON_EXTENSION})`,
  definition: 'class that derives from nn.Module, Keras model, or function that returns one',
  frameworks: [torch, keras],
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
  findInText: findDefinitions,
  // Any expression may make a model: what it gives is seen when it is run.
  checkExport: () => {},
  load,
};
