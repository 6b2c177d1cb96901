/**
 * Entry of the loader process: runs the user's module in a process of its own, where it can do no harm to the engine,
 * and answers with the description of its model. Bundled to `loader.js`.
 */
// First, so that the process is watched before anything else is loaded.
import '../../processes/watched';

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { watch } from '../../processes/watched';
import { UserError } from '../../protocol/errors';
import { writeAnswer } from './loader/answering';
import { chooseModel, type Exports, moduleExports } from './loader/chooseExport';
import { describeModel } from './loader/describeModel';
import { watchReads } from './loader/filesRead';
import { guardHabits } from './loader/guard';
import { watchLayerConstruction } from './loader/layerSources';
import { watchWeights } from './loader/layerWeights';
import { modelFile, readModelsFromFiles } from './loader/modelFiles';
import { printAtOnce } from './loader/printing';
import { installStackReader, type StackReader } from './loader/stackFrames';
import type { Layer, Tensorflow } from './loader/tensorflowShapes';
import { type LoadAnswer, type LoadJob, TENSORFLOW_GLOBAL } from './loaderProtocol';

const exitProcess = process.exit.bind(process);

/** Ends the process with its answer. */
function answer(message: LoadAnswer): never {
  writeAnswer(message);
  return exitProcess(0);
}

function failure(error: unknown, stack: StackReader, file: string): LoadAnswer {
  if (error instanceof UserError) {
    const { kind, message, hint, location } = error;
    return { type: 'failure', kind, message, ...(hint && { hint }), ...(location && { location }) };
  }
  const location = stack.errorFrames(error)[0]?.location ?? { file, line: 1, column: 1 };
  const text = error instanceof Error ? `${error.name}: ${error.message}` : `${String(error)} (thrown, but no Error)`;
  const hint = hintFor(error);
  return { type: 'failure', kind: 'failed', message: text, location, ...(hint !== undefined && { hint }) };
}

/** Names that a page has and Node does not. */
const OF_A_PAGE =
  /^(?:window|document|navigator|location|self|localStorage|HTML\w*Element|Image|alert|requestAnimationFrame) is not defined$/;

function hintFor(error: unknown): string | undefined {
  if (!(error instanceof ReferenceError) || !OF_A_PAGE.test(error.message)) return undefined;
  return 'Model files run in Node, where there is no page. Move the model into a file without what is for a page.';
}

/** How a module asks whether it is the program (`require.main === module`, `module.parent`): it is not. */
function standInForModule(file: string): object {
  return { id: file, filename: file, exports: {}, children: [], loaded: false, parent: { id: 'prunelens' } };
}

/** One namespace for all TensorFlow.js imports; without the mark of a transpiled module, `import tf from` gives it too. */
async function loadTensorflow(file: string): Promise<Tensorflow> {
  const module = createRequire(file)(file) as Tensorflow;
  await module.setBackend('cpu');
  // The backend greets with an advertisement for another package at its first use.
  module.backend().firstUse = false;
  const namespace = {
    ...Object.fromEntries(Object.entries(module).filter(([name]) => name !== '__esModule')),
    io: { ...module.io, fileSystem: modelFile },
  };
  Object.assign(globalThis, { [TENSORFLOW_GLOBAL]: namespace });
  return module;
}

/** Ends of the process that the user's code brings about are reported with their place. */
function reportEarlyEnds(stack: StackReader, file: string): void {
  process.on('uncaughtException', (error) => answer(failure(error, stack, file)));
  process.on('unhandledRejection', (error) => answer(failure(error, stack, file)));
  process.once('beforeExit', () => {
    const location = { file, line: 1, column: 1 };
    const hint = 'It awaits a promise that nothing settles.';
    answer({ type: 'failure', kind: 'failed', message: 'The model code never finished.', hint, location });
  });
  process.exit = (code) => {
    const location = stack.currentFrames()[0]?.location;
    writeAnswer({
      type: 'failure',
      kind: 'failed',
      message: `The model code ended its process (process.exit(${code ?? ''})).`,
      hint: 'Take the call out, or guard it so that it does not run when the file is imported.',
      ...(location && { location }),
    });
    return exitProcess(code ?? 0);
  };
}

async function run(job: LoadJob): Promise<void> {
  printAtOnce();
  const tf = await loadTensorflow(job.tensorflowFile);
  const stack = installStackReader(job);
  const sourceOf = watchLayerConstruction(tf, stack);
  const weights = watchWeights(tf);
  Object.assign(globalThis, { require: createRequire(job.file), module: standInForModule(job.file) });
  readModelsFromFiles(tf);
  reportEarlyEnds(stack, job.file);
  const filesRead = watchReads(dirname(job.bundleFile));
  guardHabits({ workspace: job.workspace, allowed: job.allow, place: () => stack.currentFrames()[0]?.location });
  try {
    const namespace = (await import(pathToFileURL(job.bundleFile).href)) as Exports;
    const exports = moduleExports(namespace, job.commonJs, tf);
    const { model, exportName } = await chooseModel(exports, job, tf);
    const exportLocation = job.exportLocations[exportName] ?? { file: job.file, line: 1, column: 1 };
    // Layers that TensorFlow.js makes from a stored topology have no frame of the user's; the export stands for them.
    const sourceOrExport = (layer: Layer) => (sourceOf(layer).length > 0 ? sourceOf(layer) : [exportLocation]);
    const description = describeModel(model, job.file, exportName, { tf, sourceOf: sourceOrExport, weights });
    answer({ type: 'model', description: { ...description, reads: filesRead() } });
  } catch (error) {
    answer(failure(error, stack, job.file));
  }
}

if (!watch) throw new Error('the loader process must be started by the runner of loaders');
// Read to its end, so that the user's code finds nothing there.
void run(JSON.parse(readFileSync(0, 'utf8')) as LoadJob);
