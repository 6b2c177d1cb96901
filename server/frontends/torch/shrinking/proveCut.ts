/** Making a PyTorch model smaller: its `shrink.py`, the proof in the user's Python that it computes the same, and what it is then. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withTemporaryFolder } from '../../../files/temporaryFolder';
import type { CutProof, CutRequest, Network, ShrunkOriginal, WholeModules } from '../../../models/types';
import { type Frame, FrameError } from '../../../processes/frames';
import type { ModelInput } from '../../../protocol/modelSetup';
import { fieldsOf, type LoadFailure, loadError, readFailure, textsOf } from '../../python/loaderProtocol';
import { askAnew, runJob } from '../../python/loaderRunner';
import { LOADER, type LoadAnswer, type LoadedModel, type LoadJob, readAnswer as readModel } from '../loaderProtocol';
import { type Kept, type ModuleNumbers, type ShrinkFacts, shrinkModule, tensorCuts } from './shrinkModule';

/** The model that is cut, as it was loaded. */
export interface LoadedOriginal {
  readonly job: LoadJob;
  readonly interpreter: string;
  readonly network: Pick<Network, 'name' | 'parameters'>;
  readonly inputs: readonly ModelInput[];
  readonly onOutput: (line: string) => void;
}

interface Proved {
  readonly type: 'shrunk';
  readonly proof: CutProof;
  /** What modules say of their width and heads, which had to follow. */
  readonly numbers: ModuleNumbers;
  readonly onnx?: Uint8Array;
}

type Answer = Proved | LoadFailure;

type Fields = { readonly [key: string]: unknown };

function numberOf(value: unknown, what: string): number {
  if (typeof value !== 'number') throw new FrameError(`its ${what} is missing or of another kind`);
  return value;
}

function pairOf(value: unknown, what: string): { readonly before: number; readonly after: number } {
  const [before, after] = Array.isArray(value) ? value : [];
  return { before: numberOf(before, what), after: numberOf(after, what) };
}

function readNumbers(value: unknown): ModuleNumbers {
  return Object.fromEntries(
    Object.entries((value ?? {}) as Fields).map(([path, own]) => [
      path,
      Object.fromEntries(Object.entries((own ?? {}) as Fields).map(([name, one]) => [name, numberOf(one, 'number')])),
    ]),
  );
}

function readAnswer({ header, body }: Frame): Answer {
  const fields = (header ?? {}) as Fields;
  if (fields.type === 'failure') return readFailure(fields);
  if (fields.type !== 'shrunk') throw new FrameError('its type is missing or of another kind');
  const seconds = fields.seconds as Fields | undefined;
  return {
    type: 'shrunk',
    proof: {
      difference: numberOf(fields.difference, 'difference'),
      differenceFloat32: numberOf(fields.differenceFloat32, 'difference'),
      bytes: pairOf(fields.bytes, 'size'),
      ...(seconds && {
        seconds: { step: pairOf(seconds.step, 'time'), evaluation: pairOf(seconds.evaluation, 'time') },
      }),
      ...(typeof fields.torch === 'string' && { torch: fields.torch }),
      ...(typeof fields.noOnnx === 'string' && { noOnnx: fields.noOnnx }),
    },
    numbers: readNumbers(fields.numbers),
    ...(body.byteLength > 0 && { onnx: body }),
  };
}

function factsOf({ job, network, inputs }: LoadedOriginal, kept: ReadonlyMap<string, Kept>): ShrinkFacts {
  return {
    made: job.construct,
    cuts: tensorCuts(network.parameters, kept),
    numbers: {},
    inputs,
    output: job.output ?? undefined,
  };
}

/** Gives `use` the path of a shrink.py while it lasts. */
async function withScript<T>(facts: ShrinkFacts, use: (path: string) => Promise<T>): Promise<T> {
  const script = await shrinkModule(facts);
  return withTemporaryFolder(async (folder) => {
    const path = join(folder, 'shrink.py');
    await writeFile(path, script);
    return use(path);
  });
}

/** See `Network.shrinkOriginal`. */
export async function proveCut(
  original: LoadedOriginal,
  { kept, before, after, measured, signal }: CutRequest,
): Promise<ShrunkOriginal> {
  const { job, interpreter, onOutput } = original;
  const facts = factsOf(original, kept);
  const answer = await withScript(facts, (script) => {
    const proved: LoadJob = { ...job, shrink: { wants: 'proof', script, before, after, measured: measured ?? 0 } };
    return runJob(proved, { interpreter, onOutput, ask: askAnew(LOADER, readAnswer), ...(signal && { signal }) });
  });
  if (answer.type === 'failure') throw loadError(answer);
  const { numbers, proof, onnx } = answer;
  return { script: await shrinkModule({ ...facts, numbers }), proof, ...(onnx && { onnx }) };
}

interface Tried {
  readonly type: 'tried';
  readonly whole?: WholeModules;
}

function readTried({ header }: Frame): Tried | LoadFailure {
  const fields = fieldsOf(header);
  if (fields.type === 'failure') return readFailure(fields);
  if (fields.type !== 'tried') throw new FrameError('its type is missing or of another kind');
  if (fields.failure === null) return { type: 'tried' };
  const error = loadError(readFailure(fieldsOf(fields.failure)));
  return { type: 'tried', whole: { modules: textsOf(fields.modules), className: String(fields.className), error } };
}

/** See `Network.tryCut`. */
export async function tryCut(
  original: LoadedOriginal,
  kept: ReadonlyMap<string, Kept>,
  signal?: AbortSignal,
): Promise<WholeModules | undefined> {
  const { job, interpreter, onOutput } = original;
  const answer = await withScript(factsOf(original, kept), (script) => {
    const tried: LoadJob = { ...job, shrink: { wants: 'modules', script } };
    return runJob(tried, { interpreter, onOutput, ask: askAnew(LOADER, readTried), ...(signal && { signal }) });
  });
  if (answer.type === 'failure') throw loadError(answer);
  return answer.whole;
}

/** The smaller model as it is exported, after PyTorch has proved that it computes the same. See `Network.remake`. */
export async function exportCut(
  original: LoadedOriginal,
  kept: ReadonlyMap<string, Kept>,
  signal?: AbortSignal,
): Promise<LoadedModel> {
  const { job, interpreter, onOutput } = original;
  const answer = await withScript(factsOf(original, kept), (script) => {
    const cut: LoadJob = { ...job, shrink: { wants: 'model', script } };
    const ask = askAnew(LOADER, readModel);
    return runJob<LoadAnswer>(cut, { interpreter, onOutput, ask, ...(signal && { signal }) });
  });
  if (answer.type === 'failure') throw loadError(answer);
  if (answer.type === 'other') throw new Error(`${original.network.name} was a module of PyTorch, and is none now`);
  return answer;
}
