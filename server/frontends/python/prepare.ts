/** What loading a model of a Python file begins with, whatever its framework: the expression that makes it, the Python, and the job. */
import { basename } from 'node:path';
import { fileFailure } from '../../files/failures';
import { readText } from '../../files/regular';
import { formatError, UserError, usageError } from '../../protocol/errors';
import { findInterpreter } from '../../python/find';
import { withinStack } from '../depth';
import type { LoadOptions, ModelSpecifier } from '../types';
import { unsavedTexts } from '../unsavedTexts';
import { workspaceOf } from '../workspace';
import { findModels } from './discovery/findModels';
import {
  type LoadFacts,
  type LoadFailure,
  loadError,
  type OtherFramework,
  type PythonFramework,
  type PythonJob,
} from './loaderProtocol';

const DEFAULT_TIMEOUT_SECONDS = 60;
const DEFAULT_MEMORY_LIMIT_MIB = 8192;
const BYTES_PER_MIB = 2 ** 20;

const NO_PYTHON = 'No Python was found, in which the model would be run.';

/** The model turned out to be one of another framework than the one that was to load it. */
export class OtherFrameworkError extends Error {
  constructor(readonly framework: PythonFramework) {
    super(`the model is one of ${framework}`);
  }
}

/** The only model of a file that can be made without being told how. @throws UserError (usage) where there is another number. */
function onlyModel(text: string, file: string): string {
  const found = withinStack(file, () => findModels(text, file)).map(({ definition }) => definition);
  const whole = found.filter(({ kind }) => kind !== 'needs-arguments');
  if (whole.length === 1) return whole[0].exportName!;
  const name = basename(file);
  if (found.length === 0) {
    throw new UserError('No nn.Module and no Keras model was found in the file.', {
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

/**
 * The framework that a model seems to be of, without running anything: that of the definition which is named or called, else what the
 * file mentions. Who loads it finds out.
 * @throws UserError (usage) where the file has not one model, and none is named.
 */
export async function likelyFramework(specifier: ModelSpecifier, options: LoadOptions): Promise<PythonFramework> {
  const { file } = specifier;
  const unsaved = unsavedTexts(options.unsaved);
  const text = await textOf(file, unsaved);
  const callee = calleeOf(await constructOf(specifier, options, unsaved));
  const found = withinStack(file, () => findModels(text, file));
  const named = found.find(({ definition }) => definition.exportName === callee);
  if (named) return named.framework;
  if (found.length > 0 && found.every(({ framework }) => framework === found[0].framework)) return found[0].framework;
  return /\b(?:keras|tensorflow)\b/.test(text) && !/\btorch\b/.test(text) ? 'keras' : 'torch';
}

/** A model that is about to be loaded. */
export interface PreparedModel {
  readonly construct: string;
  /** Path of the Python. */
  readonly interpreter: string;
  readonly job: PythonJob;
}

/**
 * Finds the expression and the Python.
 * @param howToInstall What that Python needs, after "Install one with".
 * @throws UserError (kind `usage`) where there is no such model; UserError where there is no Python.
 */
export async function prepareModel(
  specifier: ModelSpecifier,
  options: LoadOptions,
  howToInstall: string,
): Promise<PreparedModel> {
  const { file } = specifier;
  const { setup = {}, signal } = options;
  signal?.throwIfAborted();
  const unsaved = unsavedTexts(options.unsaved);
  const construct = await constructOf(specifier, options, unsaved);
  const workspace = options.workspaceFolder ?? workspaceOf(file);
  const interpreter = findInterpreter({ ...options.interpreter, workspaceFolder: workspace });
  if (!interpreter)
    throw new UserError(NO_PYTHON, { hint: `Install one with ${howToInstall}, or name it with --python.` });
  const fallback = setup.inputs ? undefined : await options.example?.();
  const job: PythonJob = {
    file,
    construct,
    workspace,
    unsaved: Object.fromEntries(unsaved),
    seed: options.seed ?? 0,
    inputs: setup.inputs ?? null,
    fallback: fallback ? [fallback] : null,
    whole: setup.whole ?? false,
    allow: setup.allow ?? [],
    seconds: options.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS,
    memory: (options.memoryLimitMiB ?? DEFAULT_MEMORY_LIMIT_MIB) * BYTES_PER_MIB,
  };
  return { construct, interpreter: interpreter.path, job };
}

/**
 * Runs a job; where something is missing that may have been left out, once more with whole files. Gives the model, and the job that gave it.
 * @throws UserError for a failure; OtherFrameworkError where the model is of another framework.
 */
export async function runTwice<J extends PythonJob, M extends LoadFacts & { readonly type: 'model' }>(
  job: J,
  run: (job: J) => Promise<M | LoadFailure | OtherFramework>,
): Promise<M & { readonly job: J }> {
  const first = await run(job);
  if (first.type === 'other') throw new OtherFrameworkError(first.framework);
  if (first.type === 'model') return { ...first, job };
  if (!first.mayBeCut) throw loadError(first);
  const whole = { ...job, whole: true };
  const second = await run(whole);
  if (second.type === 'other') throw new OtherFrameworkError(second.framework);
  const { message, location } = first;
  if (second.type === 'model') {
    const where = `${location.file}:${location.line}`;
    const note = `${where}: ${message} The whole of the files was run for it; "whole": true in prunelens.json does so at once.`;
    return { ...second, notes: [note, ...second.notes], job: whole };
  }
  const also = `With the whole of the files run: ${formatError(loadError({ ...second, hint: '' })).trim()}`;
  throw loadError({ ...first, hint: first.hint === undefined ? also : `${first.hint} ${also}` });
}
