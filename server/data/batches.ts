/** Examples put together to batches: shuffled for training, in order for evaluation, class-balanced for pruning. */
import { checkMemory } from '../files/memory';
import {
  type Batch,
  type Dataset,
  formatsOf,
  type InputFormat,
  type InputValues,
  type ReadingChance,
  type Split,
} from '../protocol/data';
import { usageError } from '../protocol/errors';
import { sizeOf } from '../protocol/tensor';
import { createRandom } from '../random';

/** A batch that knows where it came from. */
export interface IndexedBatch extends Batch {
  /** The examples' numbers in their split. */
  readonly indices: Int32Array;
  /** Number of the batch in its epoch, from 0. */
  readonly position: number;
}

/** The examples `indices` of `split`, in the given form, as one batch `[n, …shape]`, with their labels. */
export function assembleBatch(split: Split, inputs: readonly InputFormat[], indices: ArrayLike<number>): Batch {
  const [x, ...further] = inputs.map((input, part) => readInput(split, input, indices, part));
  return { x, ...(further.length > 0 && { further }), y: labelsOf(split, indices), size: indices.length };
}

function readInput(split: Split, { shape, dtype }: InputFormat, indices: ArrayLike<number>, part: number): InputValues {
  const count = indices.length * sizeOf(shape);
  const values = dtype === 'int32' ? new Int32Array(count) : new Float32Array(count);
  split.read(indices, values, part);
  return values;
}

/** The labels of some examples, one after the other: a class each, a class a pixel, or float values. */
export function labelsOf(
  { labels, size }: Pick<Split, 'labels' | 'size'>,
  indices: ArrayLike<number>,
): Int32Array | Float32Array {
  const isFloat = labels instanceof Float32Array;
  if (labels.length === size) {
    const label = (index: number) => labels[index];
    return isFloat ? Float32Array.from(indices, label) : Int32Array.from(indices, label);
  }
  const each = labels.length / size;
  const y = isFloat ? new Float32Array(indices.length * each) : new Int32Array(indices.length * each);
  for (let i = 0; i < indices.length; i++) y.set(labels.subarray(indices[i] * each, (indices[i] + 1) * each), i * each);
  return y;
}

/** Batches that are asked for before they are wanted, where another process reads them and does not say how many. */
const READ_AHEAD = 4;

function checkFetched(values: InputValues, { dtype, vocabulary }: InputFormat): InputValues {
  if (dtype !== 'int32') return values instanceof Float32Array ? values : Float32Array.from(values);
  const limit = vocabulary ?? Number.POSITIVE_INFINITY;
  const wrong = values.findIndex((id) => id < 0 || id >= limit);
  if (wrong < 0) return values;
  throw usageError(`The data gives the token id ${values[wrong]}; the model's are 0 to ${limit - 1}.`);
}

/** Batches of examples that another process reads, some of them ahead. */
async function* fetchBatches(
  split: Split,
  [input]: readonly InputFormat[],
  lists: readonly Int32Array[],
  chance: ReadingChance,
): AsyncGenerator<Batch> {
  const ask = (list: Int32Array) => {
    const asked = split.fetch!(list, chance);
    // Whoever gives up in between does not wait for it.
    asked.catch(() => {});
    return asked;
  };
  const { readAhead = READ_AHEAD } = split;
  const ahead = lists.slice(0, readAhead).map(ask);
  for (const [position, { length: size }] of lists.entries()) {
    const { x, y } = await ahead.shift()!;
    const further = lists[position + readAhead];
    if (further) ahead.push(ask(further));
    yield { x: checkFetched(x, input), y, size };
  }
}

/** The examples of each list as a batch, in the given form: at once, or as another process reads them. */
export function readBatches(
  split: Split,
  inputs: readonly InputFormat[],
  lists: readonly Int32Array[],
  chance: ReadingChance,
): Iterable<Batch> | AsyncIterable<Batch> {
  if (split.fetch) return fetchBatches(split, inputs, lists, chance);
  return assembleBatches(split, inputs, lists);
}

function* assembleBatches(split: Split, inputs: readonly InputFormat[], lists: readonly Int32Array[]) {
  for (const list of lists) yield assembleBatch(split, inputs, list);
}

/** How many batches `size` examples make. */
export function batchCount(size: number, batchSize: number, dropLast = false): number {
  return dropLast ? Math.floor(size / batchSize) : Math.ceil(size / batchSize);
}

export interface EpochOptions {
  readonly split: Split;
  readonly inputs: readonly InputFormat[];
  readonly batchSize: number;
  readonly seed: number;
  /** Number of the epoch, from 0. */
  readonly epoch: number;
  /** Leaves out the last batch where it is not full. */
  readonly dropLast?: boolean;
  /** The first batch to give: an interrupted epoch continues where it was, with the same batches. */
  readonly start?: number;
  /** Names the chance of the order; `shuffle` by default. */
  readonly shuffle?: readonly string[];
  /** Reads inputs when they are asked for only. */
  readonly onDemand?: boolean;
}

/** The batches of one epoch, in an order that depends on seed and epoch only. */
export function epochBatches(options: EpochOptions): Generator<IndexedBatch> {
  return numbered(options, listsOf(options, shuffled(options)));
}

/** All examples in their stored order; the last batch may be smaller. */
export function evaluationBatches(
  options: Pick<EpochOptions, 'split' | 'inputs' | 'batchSize'>,
): Generator<IndexedBatch> {
  return numbered(options, listsOf(options, ascending(options.split.size)));
}

/** As `epochBatches`, also where another process reads the examples; those that come in an order of their own come in that. */
export function readEpoch(options: EpochOptions): Iterable<IndexedBatch> | AsyncIterable<IndexedBatch> {
  const { split, inputs, seed, epoch } = options;
  if (!split.fetch) return epochBatches(options);
  const lists = listsOf(options, split.isOrdered ? ascending(split.size) : shuffled(options));
  return numberedLater(options, lists, fetchBatches(split, inputs, lists, { seed, epoch }));
}

/** Chance of examples that are evaluated: the same in all epochs and runs. */
export const EVALUATION: ReadingChance = { seed: 0, epoch: 0 };

function ascending(size: number): Int32Array {
  return Int32Array.from({ length: size }, (_, index) => index);
}

function shuffled({ split, seed, epoch, shuffle = ['shuffle'] }: EpochOptions): Int32Array {
  return createRandom(seed, ...shuffle, epoch).permutation(split.size);
}

/** The examples of each batch. */
function listsOf(
  { split, batchSize, dropLast, start = 0 }: Pick<EpochOptions, 'split' | 'batchSize' | 'dropLast' | 'start'>,
  order: Int32Array,
): readonly Int32Array[] {
  if (!Number.isInteger(batchSize) || batchSize < 1) throw new RangeError(`batch size ${batchSize}`);
  const count = batchCount(split.size, batchSize, dropLast);
  return Array.from({ length: Math.max(count - start, 0) }, (_, i) =>
    order.subarray((start + i) * batchSize, (start + i + 1) * batchSize),
  );
}

/** The batches of the lists, read when they come, or `onDemand` each time that their inputs are asked for. */
function* numbered(
  { split, inputs, start = 0, onDemand = false }: Pick<EpochOptions, 'split' | 'inputs' | 'start' | 'onDemand'>,
  lists: readonly Int32Array[],
): Generator<IndexedBatch> {
  const assemble = onDemand ? assembleOnDemand : assembleBatch;
  for (const [place, indices] of lists.entries()) {
    yield Object.assign(assemble(split, inputs, indices), { indices, position: start + place });
  }
}

async function* numberedLater(
  { start = 0 }: Pick<EpochOptions, 'start'>,
  lists: readonly Int32Array[],
  batches: AsyncIterable<Batch>,
): AsyncGenerator<IndexedBatch> {
  let place = 0;
  for await (const batch of batches) {
    yield { ...batch, indices: lists[place], position: start + place };
    place++;
  }
}

/** More batches than this are not all held in memory: hundreds of steps are taken on as many. */
const READ_AT_ONCE = 32;

export interface PruningBatchOptions {
  /** How many batches. */
  readonly count: number;
  /** Examples a batch. */
  readonly size: number;
  readonly seed: number;
  /**
   * Whether the batches hold as many examples of every class, as the labels of the model's objective say; else examples are drawn
   * without regard to their labels.
   */
  readonly balanced: boolean;
}

/** The batches of `pruningBatches`, also where another process reads the examples. */
export async function readPruningBatches(
  dataset: Pick<Dataset, 'train' | 'shape' | 'inputs' | 'classes'>,
  options: PruningBatchOptions,
): Promise<readonly IndexedBatch[]> {
  const { train } = dataset;
  if (!train.fetch) return pruningBatches(dataset, options);
  checkBatch(dataset, options);
  const lists = chosenIndices(dataset, options);
  const found: IndexedBatch[] = [];
  for await (const batch of readBatches(train, formatsOf(dataset), lists, { seed: options.seed, epoch: 0 })) {
    found.push({ ...batch, indices: lists[found.length], position: found.length });
  }
  return found;
}

/** @throws UserError where the inputs of one batch take more memory than there may be. */
function checkBatch({ shape }: Pick<Dataset, 'shape'>, { size }: Pick<PruningBatchOptions, 'size'>): void {
  const bytes = size * sizeOf(shape) * Float32Array.BYTES_PER_ELEMENT;
  checkMemory(`A batch of ${size.toLocaleString('en')} examples`, bytes, 'folder');
}

function chosenIndices(
  { train, classes }: Pick<Dataset, 'train' | 'classes'>,
  { balanced, ...options }: PruningBatchOptions,
): Int32Array[] {
  return balanced
    ? pruningIndices(train.labels, classes, options)
    : pruningIndices(new Uint8Array(train.size), 1, options);
}

/**
 * Training batches to score on. Where they are balanced, in each the numbers of examples of any two classes that occur in the data differ by at
 * most one, and over all batches too. No example comes again before all others of its class have been used.
 */
export function pruningBatches(
  dataset: Pick<Dataset, 'train' | 'shape' | 'inputs' | 'classes'>,
  options: PruningBatchOptions,
): IndexedBatch[] {
  const { train } = dataset;
  checkBatch(dataset, options);
  const inputs = formatsOf(dataset);
  const assemble = options.count > READ_AT_ONCE ? assembleOnDemand : assembleBatch;
  return chosenIndices(dataset, options).map((indices, position) =>
    Object.assign(assemble(train, inputs, indices), { indices, position }),
  );
}

/** A batch whose examples are read each time they are asked for, and not kept. */
function assembleOnDemand(split: Split, inputs: readonly InputFormat[], indices: ArrayLike<number>): Batch {
  return {
    get x() {
      return readInput(split, inputs[0], indices, 0);
    },
    ...(inputs.length > 1 && {
      get further() {
        return inputs.slice(1).map((input, i) => readInput(split, input, indices, i + 1));
      },
    }),
    y: labelsOf(split, indices),
    size: indices.length,
  };
}

/** The example numbers of `pruningBatches`. */
export function pruningIndices(
  labels: ArrayLike<number>,
  classes: number,
  { count, size, seed }: Omit<PruningBatchOptions, 'balanced'>,
): Int32Array[] {
  const members: number[][] = Array.from({ length: classes }, () => []);
  // Going through one shuffle of all examples leaves each class shuffled.
  for (const index of createRandom(seed, 'pruning', 'examples').permutation(labels.length)) {
    members[Math.round(labels[index])].push(index);
  }
  // Classes are taken in turn, across batches: whole rounds hold each class once.
  const turn = Array.from(createRandom(seed, 'pruning', 'classes').permutation(classes)).filter(
    (label) => members[label].length > 0,
  );
  const draw = (number: number) => {
    const ofClass = members[turn[number % turn.length]];
    return ofClass[Math.floor(number / turn.length) % ofClass.length];
  };
  return Array.from({ length: count }, (_, batch) =>
    Int32Array.from({ length: size }, (_, i) => draw(batch * size + i)),
  );
}
