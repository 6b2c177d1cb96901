/** Loads what a PyTorch model's code describes: runs the job in the user's Python, and once more where it was cut too far. */
import { printToStandardError } from '../../processes/modelOutput';
import { probeInterpreter } from '../../python/probe';
import { askAnew, runJob } from '../python/loaderRunner';
import { prepareModel, runTwice } from '../python/prepare';
import { createReadyLoader } from '../python/ready';
import type { LoadOptions, ModelSpecifier } from '../types';
import { LOADER, type LoadAnswer, type LoadedModel, type LoadJob, readAnswer } from './loaderProtocol';

/** Examples to export with: with one, PyTorch takes it that there is always one. */
const BATCH = 2;

/** Key of the process that is kept ready. */
const READY = 'torch ready';

/** What a Python lacks that has started, and ended without an answer. */
async function explain(interpreter: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  const probe = await probeInterpreter(interpreter, { trusted: true, ...(signal && { signal }) });
  return 'reason' in probe ? probe.reason : undefined;
}

/** A model, and what gave it. */
type Loaded = LoadedModel & { readonly job: LoadJob; readonly construct: string; readonly interpreter: string };

/**
 * The model of a Python file, run in the user's Python; with the expression and the job that made it, and the path of the Python.
 *
 * @throws UserError (kind `usage`) where there is no such model, or its inputs are not known; UserError with file and line for
 *   anything that is wrong with what it does when it runs, and for a Python that does not serve; OtherFrameworkError where the model
 *   is none of PyTorch.
 */
export async function loadExported(specifier: ModelSpecifier, options: LoadOptions): Promise<Loaded> {
  const { signal, onOutput = printToStandardError } = options;
  const { construct, interpreter, job } = await prepareModel(specifier, options, 'torch');
  const torchJob: LoadJob = {
    ...job,
    output: options.output ?? null,
    batch: BATCH,
    usedBatch: options.batchSize ?? BATCH,
  };
  const ready = options.keeper?.keep(READY, () => createReadyLoader({ program: LOADER, read: readAnswer }));
  const loaded = await runTwice(torchJob, (one) =>
    runJob<LoadAnswer>(one, {
      interpreter,
      onOutput,
      ask: ready?.ask ?? askAnew(LOADER, readAnswer),
      explain,
      ...(signal && { signal }),
    }),
  );
  for (const note of loaded.notes) onOutput(note);
  return { ...loaded, construct, interpreter };
}
