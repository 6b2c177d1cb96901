/** Keras models of Python files: run in the user's Python, and read as Keras's JSON is. */

import type { Network } from '../../models/types';
import { OBJECTIVES } from '../../objectives';
import { printToStandardError } from '../../processes/modelOutput';
import type { ModelInput } from '../../protocol/modelSetup';
import { drawingFor } from '../python/drawing';
import { askAnew, runJob } from '../python/loaderRunner';
import { type PreparedModel, prepareModel, runTwice } from '../python/prepare';
import type { LoadOptions, ModelSpecifier } from '../types';
import { createNetwork } from './network/createNetwork';
import { describeLoaded } from './pythonModel';
import { KERAS_LOADER, type KerasAnswer, readKerasAnswer } from './pythonProtocol';

/** Images of data sets are told channels first; Keras has channels last. */
function channelsLast({ shape, ...input }: ModelInput): ModelInput {
  return { ...input, shape: shape.length === 3 ? [...shape.slice(1), shape[0]] : shape };
}

function jobOf({ job }: PreparedModel) {
  return { ...job, fallback: job.fallback?.map(channelsLast) ?? null };
}

/**
 * The network of a Keras model, with the initial values that Keras draws from the seed.
 * @throws as `FrontEnd.load`; OtherFrameworkError where the model is none of Keras.
 */
export async function loadKerasPython(specifier: ModelSpecifier, options: LoadOptions): Promise<Network> {
  const { signal, onOutput = printToStandardError, seed: own = 0 } = options;
  const { file } = specifier;
  const prepared = await prepareModel(specifier, options, 'keras');
  const { interpreter, construct } = prepared;
  const loaded = await runTwice(jobOf(prepared), (job) =>
    runJob<KerasAnswer>(job, {
      interpreter,
      onOutput,
      ask: askAnew(KERAS_LOADER, readKerasAnswer),
      ...(signal && { signal }),
    }),
  );
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
