/** Keras's layers: TensorFlow.js models in TypeScript and JavaScript, and Keras and tfjs models as JSON. */

import { OBJECTIVES } from '../../objectives';
import { usageError } from '../../protocol/errors';
import { LONGEST_MODULE } from '../neighbours';
import type { FrontEnd } from '../types';
import { isKerasJson, KERAS_EXTENSION, MODULE_EXTENSIONS } from './extensions';
import { explain, findFurther, findInText } from './findInText';
import { loadDescription } from './loadDescription';
import { createNetwork, KERAS } from './network/createNetwork';
import { pytorchTensor } from './pytorch';
import { kerasWriter } from './writeFolder';

/** No topology is longer; what is longer is data. */
const LONGEST_JSON = 2 ** 22;

const TO_JSON =
  'Write its layers as JSON in Keras: open("model.json", "w").write(keras.saving.load_model(FILE).to_json()).';
const SAVED_MODEL = 'Load the Keras model that it was made from, and write its layers with model.to_json().';

export const keras: FrontEnd = {
  name: KERAS,
  files: `a TypeScript or JavaScript module (${MODULE_EXTENSIONS.join(', ')}) or a Keras model (${KERAS_EXTENSION})`,
  definition: 'export that is a TensorFlow.js model or builds one',
  extensions: [...MODULE_EXTENSIONS, KERAS_EXTENSION],
  languages: ['typescript', 'typescriptreact', 'javascript', 'javascriptreact', 'json', 'jsonc'],
  relatives: {
    '.keras': { what: 'a Keras archive', hint: TO_JSON },
    '.h5': { what: 'a model or weights as HDF5', hint: TO_JSON },
    '.hdf5': { what: 'a model or weights as HDF5', hint: TO_JSON },
    '.pb': { what: 'a graph of TensorFlow, which has operations instead of layers', hint: SAVED_MODEL },
    '.tflite': { what: 'a graph of TensorFlow Lite, which has operations instead of layers', hint: SAVED_MODEL },
    '.bin': { what: 'a file of weights', hint: 'Name the model.json beside it.' },
  },
  largestSearched: (extension) => (extension === KERAS_EXTENSION ? LONGEST_JSON : LONGEST_MODULE),
  runsCode: (file) => !isKerasJson(file),
  findInText,
  findFurther,
  explain,
  checkExport(file, exportName) {
    if (!isKerasJson(file)) return;
    throw usageError(`${file} is a Keras model and has no export "${exportName}".`, 'Leave out the part from "#" on.');
  },
  load: async (specifier, options) =>
    createNetwork(await loadDescription(specifier, options), OBJECTIVES, options.output),
  writer: kerasWriter,
  pytorch: pytorchTensor,
};
