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

/** Key of the frameworks that models were of when they were loaded last. */
const KNOWN = 'python frameworks';

function createKnown() {
  const frameworks = new Map<string, PythonFramework>();
  return { frameworks, end: () => frameworks.clear() };
}

/** The text tells the framework as a rule; where it does not, what its code gives does. A model that is edited stays of its framework, as a rule. */
async function load(specifier: ModelSpecifier, options: LoadOptions): Promise<Network> {
  const name = `${specifier.file}#${specifier.exportName ?? ''}`;
  const known = options.keeper?.keep(KNOWN, createKnown).frameworks;
  const loadAs = async (framework: PythonFramework): Promise<Network> => {
    const network = await LOADERS[framework](specifier, options);
    known?.set(name, framework);
    return network;
  };
  try {
    return await loadAs(known?.get(name) ?? (await likelyFramework(specifier, options)));
  } catch (error) {
    if (!(error instanceof OtherFrameworkError)) throw error;
    return loadAs(error.framework);
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
