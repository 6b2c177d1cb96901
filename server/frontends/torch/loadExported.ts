/** Loads what a PyTorch model's code describes: finds the expression and the Python, runs the job, and once more where it was cut too far. */
import { basename } from 'node:path';
import { fileFailure } from '../../files/failures';
import { readText } from '../../files/regular';
import { printToStandardError } from '../../processes/modelOutput';
import { formatError, UserError, usageError } from '../../protocol/errors';
import { findInterpreter } from '../../python/find';
import { withinStack } from '../depth';
import type { LoadOptions, ModelSpecifier } from '../types';
import { unsavedTexts } from '../unsavedTexts';
import { workspaceOf } from '../workspace';
import { findModules } from './discovery/findModules';
import { type LoadAnswer, type LoadedModel, type LoadJob, loadError } from './loaderProtocol';
import { runLoader } from './loaderRunner';
import { createReadyLoader } from './ready';

const DEFAULT_TIMEOUT_SECONDS = 60;
const DEFAULT_MEMORY_LIMIT_MIB = 8192;
const BYTES_PER_MIB = 2 ** 20;

/** Examples to export with: with one, PyTorch takes it that there is always one. */
const BATCH = 2;

/** Key of the process that is kept ready. */
const READY = 'torch ready';

const NO_PYTHON = 'No Python was found, in which the model would be run.';

/** The only model of a file that can be made without being told how. @throws UserError (usage) where there is another number. */
function onlyModel(text: string, file: string): string {
  const found = withinStack(file, () => findModules(text, file));
  const whole = found.filter(({ kind }) => kind !== 'needs-arguments');
  if (whole.length === 1) return whole[0].exportName!;
  const name = basename(file);
  if (found.length === 0) {
    throw new UserError('No nn.Module was found in the file.', {
      kind: 'usage',
      location: { file, line: 1, column: 1 },
      hint: `If it makes one all the same, name the expression: ${name}#EXPRESSION.`,
    });
  }
  const names = (whole.length > 0 ? whole : found).map(({ exportName }) => `${name}#${exportName}`);
  if (whole.length > 1) throw usageError(`${file} has several models.`, `Name one: ${names.join(', ')}.`);
  throw usageError(`The models of ${file} need arguments.`, `Name the whole call of one: ${names.join('(…), ')}(…).`);
}

async function textOf(file: string, unsaved: ReadonlyMap<string, string>): Promise<string> {
  return (
    unsaved.get(file) ??
    (await readText(file).catch((error) => {
      throw fileFailure(error, 'read', file);
    }))
  );
}

/** Name that an expression calls, or is: `ResNet` of `ResNet(Block, [2, 2])`. */
function calleeOf(expression: string): string {
  return expression.replace(/\(.*$/s, '').trim();
}

/** The expression to construct: a name that the settings tell how to call is called so. */
async function constructOf(
  { file, exportName }: ModelSpecifier,
  { setup }: LoadOptions,
  unsaved: ReadonlyMap<string, string>,
): Promise<string> {
  const told = setup?.construct;
  if (told !== undefined && (exportName === undefined || exportName === calleeOf(told))) return told;
  return exportName ?? onlyModel(await textOf(file, unsaved), file);
}

/** A model, and the job that gave it. */
type Loaded = LoadedModel & { readonly job: LoadJob };

/** Runs the job; where something is missing that may have been left out, once more with whole files. */
async function runTwice(job: LoadJob, run: (job: LoadJob) => Promise<LoadAnswer>): Promise<Loaded> {
  const first = await run(job);
  if (first.type === 'model') return { ...first, job };
  if (!first.mayBeCut) throw loadError(first);
  const whole = { ...job, whole: true };
  const second = await run(whole);
  const { message, location } = first;
  if (second.type === 'model') {
    const where = `${location.file}:${location.line}`;
    const note = `${where}: ${message} The whole of the files was run for it; "whole": true in prunelens.json does so at once.`;
    return { ...second, notes: [note, ...second.notes], job: whole };
  }
  const also = `With the whole of the files run: ${formatError(loadError({ ...second, hint: '' })).trim()}`;
  throw loadError({ ...first, hint: first.hint === undefined ? also : `${first.hint} ${also}` });
}

/**
 * The model of a Python file, run in the user's Python; with the expression and the job that made it, and the path of the Python.
 *
 * @throws UserError (kind `usage`) where there is no such model, or its inputs are not known; UserError with file and line for
 *   anything that is wrong with what it does when it runs, and for a Python that does not serve.
 */
export async function loadExported(
  specifier: ModelSpecifier,
  options: LoadOptions,
): Promise<Loaded & { readonly construct: string; readonly interpreter: string }> {
  const { file } = specifier;
  const { setup = {}, signal, onOutput = printToStandardError } = options;
  signal?.throwIfAborted();
  const unsaved = unsavedTexts(options.unsaved);
  const construct = await constructOf(specifier, options, unsaved);
  const workspace = options.workspaceFolder ?? workspaceOf(file);
  const interpreter = findInterpreter({ ...options.interpreter, workspaceFolder: workspace });
  if (!interpreter) throw new UserError(NO_PYTHON, { hint: 'Install one with torch, or name it with --python.' });
  const fallback = setup.inputs ? undefined : await options.example?.();
  const job: LoadJob = {
    file,
    construct,
    workspace,
    unsaved: Object.fromEntries(unsaved),
    seed: options.seed ?? 0,
    inputs: setup.inputs ?? null,
    fallback: fallback ? [fallback] : null,
    output: options.output ?? null,
    batch: BATCH,
    usedBatch: options.batchSize ?? BATCH,
    whole: setup.whole ?? false,
    allow: setup.allow ?? [],
    seconds: options.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS,
    memory: (options.memoryLimitMiB ?? DEFAULT_MEMORY_LIMIT_MIB) * BYTES_PER_MIB,
  };
  const ready = options.keeper?.keep(READY, createReadyLoader);
  const loaded = await runTwice(job, (one) =>
    runLoader(one, {
      interpreter: interpreter.path,
      onOutput,
      ...(ready && { ask: ready.ask }),
      ...(signal && { signal }),
    }),
  );
  for (const note of loaded.notes) onOutput(note);
  return { ...loaded, construct, interpreter: interpreter.path };
}
