/** Keras models of Python files: run in the user's Python, and read as Keras's JSON is. */

import type { Network } from '../../models/types';
import { OBJECTIVES } from '../../objectives';
import { printToStandardError } from '../../processes/modelOutput';
import { UserError } from '../../protocol/errors';
import type { ModelInput } from '../../protocol/modelSetup';
import { drawingFor } from '../python/drawing';
import type { PythonJob } from '../python/loaderProtocol';
import { askAnew, runJob } from '../python/loaderRunner';
import { type PreparedModel, prepareModel, runTwice } from '../python/prepare';
import { createReadyLoader } from '../python/ready';
import type { LoadOptions, ModelSpecifier } from '../types';
import { createNetwork } from './network/createNetwork';
import { describeLoaded } from './pythonModel';
import {
  environmentWanted,
  KERAS_LOADER,
  type KerasAnswer,
  type KerasModelAnswer,
  readKerasAnswer,
} from './pythonProtocol';

/** Key of the process that is kept ready. */
const READY = 'keras ready';

/** Images of data sets are told channels first; Keras has channels last. */
function channelsLast({ shape, ...input }: ModelInput): ModelInput {
  return { ...input, shape: shape.length === 3 ? [...shape.slice(1), shape[0]] : shape };
}

function jobOf({ job }: PreparedModel) {
  return { ...job, fallback: job.fallback?.map(channelsLast) ?? null };
}

/** Runs a job in a process that has Keras ready where one is kept, else in a new one. */
async function answerTo(
  job: PythonJob,
  interpreter: string,
  { signal, onOutput = printToStandardError, keeper }: LoadOptions,
): Promise<KerasModelAnswer> {
  const ready = keeper?.keep(READY, () =>
    createReadyLoader({ program: KERAS_LOADER, read: readKerasAnswer, wanted: environmentWanted }),
  );
  const answer = await runJob<KerasAnswer>(job, {
    interpreter,
    onOutput,
    ask: ready?.ask ?? askAnew(KERAS_LOADER, readKerasAnswer),
    ...(signal && { signal }),
  });
  if (answer.type !== 'environment') return answer;
  throw new UserError(
    'The process of the model code asks for another environment, which only one that is ready does.',
    {
      location: { file: job.file, line: 1, column: 1 },
    },
  );
}

/**
 * The network of a Keras model, with the initial values that Keras draws from the seed.
 * @throws as `FrontEnd.load`; OtherFrameworkError where the model is none of Keras.
 */
export async function loadKerasPython(specifier: ModelSpecifier, options: LoadOptions): Promise<Network> {
  const { onOutput = printToStandardError, seed: own = 0 } = options;
  const { file } = specifier;
  const prepared = await prepareModel(specifier, options, 'keras');
  const { interpreter, construct } = prepared;
  const loaded = await runTwice(jobOf(prepared), (job) => answerTo(job, interpreter, options));
  for (const note of loaded.notes) onOutput(note);
  const { read, leftOut } = loaded;
  const description = {
    ...describeLoaded(loaded, file, loaded.job.inputs ?? loaded.job.fallback ?? []),
    exportName: construct,
    reads: read.filter((path) => path !== file),
  };
  const draw = drawingFor(
    own,
    () => network,
    (seed) => loadKerasPython(specifier, { ...options, seed }),
  );
  const network: Network = createNetwork(description, OBJECTIVES, options.output, {
    draw,
    ...(leftOut.length > 0 && { leftOut }),
  });
  return network;
}
