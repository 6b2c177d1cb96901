/** Data of the user's Python: opened once, read batch after batch by processes that wait for the next one. */
import { resolve } from 'node:path';
import { type Frame, FrameError } from '../../../processes/frames';
import { UserError } from '../../../protocol/errors';
import { sizeOf } from '../../../protocol/tensor';
import { findInterpreter, type InterpreterChoice } from '../../../python/find';
import { probeInterpreter } from '../../../python/probe';
import type { ModelSpecifier } from '../../types';
import { workspaceOf } from '../../workspace';
import { type DataProcess, startDataProcess } from './dataProcess';
import { type DataJob, fieldsOf, readFacts, type SplitFacts, type SplitName } from './messages';
import { createPieces, type Pieces } from './sharedPieces';

export type { SplitFacts, SplitName } from './messages';

/** A data set of torchvision whose files are in a folder (absolute). */
export interface TorchvisionSet {
  readonly set: string;
  readonly folder: string;
  /** Height and width that images of a set are brought to which has them in all sizes; 224 each where it is absent. */
  readonly size?: readonly [number, number];
}

export interface OpenOptions {
  readonly interpreter?: Omit<InterpreterChoice, 'workspaceFolder'>;
  /** Processes that read; one of a stream. */
  readonly workers: number;
  /** Seconds that one item may take; 60 by default. */
  readonly itemSeconds?: number;
  /** Receives each line that the user's code prints. */
  readonly onOutput: (line: string) => void;
}

export interface ReadRequest {
  readonly split: SplitName;
  readonly indices: readonly number[];
  readonly seed: number;
  /** From 0. */
  readonly epoch: number;
  /** Labels of 0 and up are below it, where that is known. */
  readonly classes?: number;
}

/** Raw values of a batch: float32, or int32 where they are ids or classes. Images have their channels last. */
export interface ReadExamples {
  readonly x: Float32Array | Int32Array;
  readonly y: Float32Array | Int32Array;
}

export interface Reading {
  readonly examples: number;
  readonly seconds: number;
}

export interface PythonData {
  readonly splits: { readonly train: SplitFacts; readonly test?: SplitFacts };
  /** Labels of all items of a split, as `ReadExamples` has them. */
  readonly labels: { readonly [Split in SplitName]?: Float32Array | Int32Array };
  /** How many processes read. */
  readonly processes: number;
  /** How long its items were read for their labels. */
  readonly seconds: number;
  /** What has been read since, and how long the processes took for that, together. */
  reading(): Reading;
  /** @throws UserError with file, line and index for what is wrong with an item. */
  read(request: ReadRequest): Promise<ReadExamples>;
}

const BYTES_PER_VALUE = 4;
const ITEM_SECONDS = 60;
const MEMORY = 2 ** 34;

/** Milliseconds after which a process that nobody asks is ended; it is started again when it is needed. */
const PATIENCE = 60_000;

function typed(bytes: Uint8Array, isInteger: boolean): Float32Array | Int32Array {
  const { buffer, byteOffset, byteLength } = bytes;
  const count = Math.floor(byteLength / BYTES_PER_VALUE);
  const aligned =
    byteOffset % BYTES_PER_VALUE === 0 ? { buffer, byteOffset } : { buffer: bytes.slice().buffer, byteOffset: 0 };
  return isInteger
    ? new Int32Array(aligned.buffer, aligned.byteOffset, count)
    : new Float32Array(aligned.buffer, aligned.byteOffset, count);
}

/** Cuts labels of the splits out of one body. @throws FrameError */
function labelsOf(body: Uint8Array, splits: readonly (readonly [SplitName, SplitFacts])[]): PythonData['labels'] {
  let place = 0;
  const labels = splits.map(([name, { size, labelShape, areClasses }]) => {
    const start = place;
    place += BYTES_PER_VALUE * size * sizeOf(labelShape);
    if (place > body.byteLength) throw new FrameError('labels are missing');
    return [name, typed(body.subarray(start, place), areClasses)] as const;
  });
  return Object.fromEntries(labels);
}

interface Reader {
  readonly process: DataProcess;
  readonly opened: Promise<unknown>;
  readonly pieces: Pieces;
}

/** A batch that is asked for, what it is in words, and the bytes that it has to have. */
type Ask = (message: object, what: string, bytes: number) => Promise<Frame>;

/** The processes that read, each started when it is first asked; `first` is open already. */
function createReaders({ job, interpreter, onOutput }: Opening, count: number, first: DataProcess): Ask {
  const readerOf = (process: DataProcess, opened: Promise<unknown>): Reader => ({
    process,
    opened,
    pieces: createPieces(),
  });
  const readers: (Reader | undefined)[] = [readerOf(first, Promise.resolve())];
  let idle: NodeJS.Timeout | undefined;
  let next = 0;
  const start = (): Reader => {
    const process = startDataProcess(job, interpreter, onOutput);
    return readerOf(process, process.ask({ type: 'open', ...job, withLabels: false }));
  };
  const endIdle = (): void => {
    for (const [place, reader] of readers.entries()) {
      if (!reader?.process.isIdle()) continue;
      readers[place] = undefined;
      reader.process.end();
      reader.pieces.end();
    }
  };
  const endLater = (): void => {
    clearTimeout(idle);
    idle = setTimeout(endIdle, PATIENCE).unref();
  };
  endLater();
  const readerAt = (place: number): Reader => {
    const known = readers[place];
    if (known && !known.process.lost()) return known;
    known?.pieces.end();
    const reader = start();
    readers[place] = reader;
    return reader;
  };
  return async (message, what, bytes) => {
    const reader = readerAt(next++ % count);
    try {
      await reader.opened;
      return await reader.pieces.use(bytes, (memory) => reader.process.ask({ ...message, memory }, what));
    } finally {
      endLater();
    }
  };
}

/** Bytes of so many examples, and of their labels. */
function bytesOf(count: number, { shape, labelShape }: SplitFacts): { readonly x: number; readonly y: number } {
  return { x: count * sizeOf(shape) * BYTES_PER_VALUE, y: count * sizeOf(labelShape) * BYTES_PER_VALUE };
}

function examplesOf({ body }: Frame, count: number, facts: SplitFacts): ReadExamples {
  const { x, y } = bytesOf(count, facts);
  if (body.byteLength !== x + y)
    throw new UserError(`A batch of ${facts.name} has ${body.byteLength} bytes, not ${x + y}.`);
  return { x: typed(body.subarray(0, x), facts.holdsIds), y: typed(body.subarray(x), facts.areClasses) };
}

/** So many items of a batch are named. */
const NAMED = 16;

function itemsInWords({ name }: SplitFacts, indices: readonly number[]): string {
  if (indices.length === 1) return `${name}[${indices[0]}]`;
  const others = indices.length > NAMED ? ` and ${indices.length - NAMED} others` : '';
  return `items ${indices.slice(0, NAMED).join(', ')}${others} of ${name}`;
}

/** How data is opened. */
interface Opening {
  readonly job: DataJob;
  readonly interpreter: string;
  readonly onOutput: (line: string) => void;
}

/** Opens the data, once more with whole files where something was left out. */
async function openFirst(opening: Opening): Promise<{ opening: Opening; process: DataProcess; frame: Frame }> {
  const { job, interpreter, onOutput } = opening;
  const process = startDataProcess(job, interpreter, onOutput);
  try {
    return { opening, process, frame: await process.ask({ type: 'open', ...job }) };
  } catch (error) {
    process.end();
    if (job.whole || !(error as { mayBeCut?: boolean }).mayBeCut) throw error;
    return openFirst({ ...opening, job: { ...job, whole: true } });
  }
}

/**
 * Opens what an expression of a Python file gives: a data set, a DataLoader or an iterable, a function that returns one, or a
 * (train, test) pair; or a set of torchvision. Code of the user runs: who asks has seen to it that it may.
 *
 * @throws UserError with file and line for anything that is wrong with it, and for a Python that does not serve.
 */
export async function openPythonData(
  source: Pick<ModelSpecifier, 'file' | 'exportName'> | TorchvisionSet,
  options: OpenOptions,
): Promise<PythonData> {
  const { workers, onOutput, itemSeconds = ITEM_SECONDS } = options;
  const what =
    'set' in source
      ? { file: source.folder, construct: '', set: source.set, ...(source.size && { size: source.size }) }
      : { file: resolve(source.file), construct: source.exportName ?? '' };
  const workspace = workspaceOf(what.file);
  const interpreter = findInterpreter({ ...options.interpreter, workspaceFolder: workspace });
  if (!interpreter) throw new UserError('No Python was found, in which the data would be read.');
  const probe = await probeInterpreter(interpreter.path, { trusted: true });
  if ('reason' in probe) throw new UserError(probe.reason);
  const asked: DataJob = {
    ...what,
    workspace,
    unsaved: {},
    whole: false,
    allow: [],
    withLabels: true,
    itemSeconds,
    memory: MEMORY,
  };
  const { opening, process, frame } = await openFirst({ job: asked, interpreter: interpreter.path, onOutput });
  const { splits, seconds } = fieldsOf(frame.header);
  const { train, test } = fieldsOf(splits);
  const facts = { train: readFacts(train), ...(test !== undefined && { test: readFacts(test) }) };
  const isStream = Object.values(facts).some((one) => one.isStream);
  const processes = isStream ? 1 : workers;
  const read = createReaders(opening, processes, process);
  let reading: Reading = { examples: 0, seconds: 0 };
  return {
    splits: facts,
    processes,
    reading: () => reading,
    labels: labelsOf(frame.body, Object.entries(facts) as [SplitName, SplitFacts][]),
    seconds: Number(seconds) || 0,
    async read({ split, indices, seed, epoch, classes }) {
      const message = { type: 'read', split, indices: Array.from(indices), seed, epoch, classes: classes ?? null };
      const one = facts[split]!;
      const { x, y } = bytesOf(indices.length, one);
      const answer = await read(message, itemsInWords(one, indices), x + y);
      const took = Number(fieldsOf(answer.header).seconds) || 0;
      reading = { examples: reading.examples + indices.length, seconds: reading.seconds + took };
      return examplesOf(answer, indices.length, one);
    },
  };
}
