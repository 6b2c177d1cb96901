/** Keras's layers: TensorFlow.js models in TypeScript and JavaScript, and Keras and tfjs models as JSON. */

import { OBJECTIVES } from '../../objectives';
import { usageError } from '../../protocol/errors';
import { LONGEST_MODULE } from '../neighbours';
import type { FrontEnd } from '../types';
import { findInArchive } from './archive/find';
import { ARCHIVE_EXTENSIONS, isArchive, isKerasJson, KERAS_EXTENSION, MODULE_EXTENSIONS } from './extensions';
import { explain, findFurther, findInText } from './findInText';
import { loadDescription } from './loadDescription';
import { createNetwork, KERAS } from './network/createNetwork';
import { pytorchTensor } from './pytorch';
import { kerasWriter } from './writeFolder';

/** No topology is longer; what is longer is data. */
const LONGEST_JSON = 2 ** 22;

const SAVED_MODEL = 'Load the Keras model that it was made from, and write its layers with model.to_json().';

/** Whether a file is read, and no code of it run. */
const isData = (file: string) => isKerasJson(file) || isArchive(file);

export const keras: FrontEnd = {
  name: KERAS,
  files: `a TypeScript or JavaScript module (${MODULE_EXTENSIONS.join(', ')}) or a Keras model (${[KERAS_EXTENSION, ...ARCHIVE_EXTENSIONS].join(', ')})`,
  definition: 'export that is a TensorFlow.js model or builds one',
  extensions: [...MODULE_EXTENSIONS, KERAS_EXTENSION, ...ARCHIVE_EXTENSIONS],
  languages: ['typescript', 'typescriptreact', 'javascript', 'javascriptreact', 'json', 'jsonc'],
  relatives: {
    '.pb': { what: 'a graph of TensorFlow, which has operations instead of layers', hint: SAVED_MODEL },
    '.onnx': { what: 'a graph of ONNX, which has operations instead of layers', hint: SAVED_MODEL },
    '.tflite': { what: 'a graph of TensorFlow Lite, which has operations instead of layers', hint: SAVED_MODEL },
    '.bin': { what: 'a file of weights', hint: 'Name the model.json beside it.' },
  },
  largestSearched: (extension) => (extension === KERAS_EXTENSION ? LONGEST_JSON : LONGEST_MODULE),
  runsCode: (file) => !isData(file),
  findInData: (file) => (isArchive(file) ? findInArchive(file) : undefined),
  findInText,
  findFurther,
  explain,
  checkExport(file, exportName) {
    if (!isData(file)) return;
    throw usageError(`${file} is a Keras model and has no export "${exportName}".`, 'Leave out the part from "#" on.');
  },
  load: async (specifier, options) =>
    createNetwork(await loadDescription(specifier, options), OBJECTIVES, options.output),
  writer: kerasWriter,
  pytorch: pytorchTensor,
};
