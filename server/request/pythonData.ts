/** Data sets of the user's Python: `train.py#train_set`, and torchvision's: `torchvision:CIFAR10`. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { testExamples } from '../data/split';
import { formatCount } from '../format';
import {
  openPythonData,
  type PythonData,
  type SplitFacts,
  type SplitName,
  type TorchvisionSet,
} from '../frontends/torch/data/openData';
import { printToStandardError } from '../processes/modelOutput';
import { isTorchvision } from '../protocol/catalogue/dataNames';
import { MODEL_OPTIONS } from '../protocol/catalogue/options';
import type { Dataset, Split } from '../protocol/data';
import { usageError } from '../protocol/errors';
import { PYTHON_EXTENSION, splitModelName } from '../protocol/modelNames';
import type { Shape } from '../protocol/tensor';
import { sizeOf } from '../protocol/tensor';
import type { InterpreterChoice } from '../python/find';

export interface PythonChoice {
  readonly interpreter?: InterpreterChoice;
  /** Processes that read. */
  readonly workers?: number;
  /** Shape of an example of the model that the data is for; images of all sizes are brought to it. */
  readonly example?: Shape;
}

/** Sets whose images have all sizes. */
const OPEN_SIZES: readonly string[] = ['ImageFolder'];

/** Folder of torchvision's files where none is named, as in its examples. */
const TORCHVISION_FOLDER = 'data';

/** Whether a data set is read by the user's Python: an expression of a file, or a set of torchvision. */
export function isPythonData(name: string): boolean {
  return isTorchvision(name) || name.includes(`${PYTHON_EXTENSION}#`) || name.endsWith(PYTHON_EXTENSION);
}

/** The set of torchvision that a name means, `torchvision:NAME` or `torchvision:NAME@FOLDER`; undefined where it means none. */
function torchvisionSet(name: string, baseFolder: string, example: Shape = []): TorchvisionSet | undefined {
  if (!isTorchvision(name)) return undefined;
  const [, set, folder = TORCHVISION_FOLDER] = /^[^:]*:([^@]*)(?:@(.+))?$/.exec(name)!;
  const [height, width] = example;
  const size = OPEN_SIZES.includes(set) && example.length === 3 && ([height, width] as const);
  return { set, folder: resolve(baseFolder, folder), ...(size && { size }) };
}

/** @throws UserError (usage) for data that is code, where that may not run. */
export function checkDataTrust(name: string | undefined, trusted: boolean): void {
  if (trusted || name === undefined || !isPythonData(name)) return;
  throw usageError(
    'This workspace is not trusted, so PruneLens does not run the code of its data.',
    'Trust the workspace, or choose data that is no code.',
  );
}

/** Images have their channels last. */
function inside(shape: Shape): Shape {
  if (shape.length !== 3) return shape;
  const [channels, height, width] = shape;
  return [height, width, channels];
}

/** Batches that each process has before it, so that none waits for the next one. */
const BATCHES_EACH = 2;
/** The fewest of all processes. */
const LEAST_AHEAD = 4;

/** Examples of one of Python's splits as a split here; `chosen` are their numbers there, all where it is absent. */
function splitOf(data: PythonData, name: SplitName, classes: number | undefined, chosen?: Int32Array): Split {
  const facts = data.splits[name]!;
  const all = data.labels[name]!;
  const each = sizeOf(facts.labelShape);
  const numberOf = (index: number) => chosen?.[index] ?? index;
  const size = chosen?.length ?? facts.size;
  const labels = chosen ? (new (all.constructor as typeof Int32Array)(size * each) as typeof all) : all;
  chosen?.forEach((from, to) => void labels.set(all.subarray(from * each, (from + 1) * each), to * each));
  return {
    size,
    labels,
    ...(facts.isStream && { isOrdered: true }),
    readAhead: Math.max(data.processes * BATCHES_EACH, LEAST_AHEAD),
    labelPlace: (index) => {
      const place = facts.place ? `${facts.place.file}:${facts.place.line}: ` : '';
      return `${place}${facts.name}[${numberOf(Math.floor(index / each))}]`;
    },
    read() {
      throw new Error(`${facts.name} is read by another process`);
    },
    fetch: (indices, { seed, epoch }) =>
      data.read({
        split: name,
        indices: Array.from(indices, numberOf),
        seed,
        epoch,
        ...(classes !== undefined && { classes }),
      }),
  };
}

/** The numbers of the examples that are, or are not, set aside for the test. */
function numbersOf(marks: Uint8Array, wanted: 0 | 1): Int32Array {
  return Int32Array.from(marks.keys()).filter((index) => marks[index] === wanted);
}

function splitsOf(data: PythonData, classes: number | undefined): Pick<Dataset, 'train' | 'test'> {
  const { train, test } = data.splits;
  if (test) return { train: splitOf(data, 'train', classes), test: splitOf(data, 'test', classes) };
  const marks = train.isStream ? undefined : testExamples(train.size);
  if (!marks)
    return { train: splitOf(data, 'train', classes), test: splitOf(data, 'train', classes, new Int32Array()) };
  return {
    train: splitOf(data, 'train', classes, numbersOf(marks, 0)),
    test: splitOf(data, 'train', classes, numbersOf(marks, 1)),
  };
}

function checkAlike(train: SplitFacts, test: SplitFacts | undefined): void {
  if (!test || (`${train.shape}` === `${test.shape}` && `${train.labelShape}` === `${test.labelShape}`)) return;
  throw usageError(
    `The examples of ${train.name} are [${train.shape}] with labels [${train.labelShape}], those of ${test.name} [${test.shape}] with labels [${test.labelShape}].`,
    'Both splits need one form.',
  );
}

/** How many classes there are: those that have names, or one more than the highest label. */
function classesOf({ splits: { train }, labels }: PythonData): number {
  if (!train.areClasses) return sizeOf(train.labelShape);
  if (train.classNames) return train.classNames.length;
  let highest = -1;
  for (const one of Object.values(labels)) for (const label of one) highest = Math.max(highest, label);
  return highest + 1;
}

function notesOf({ splits: { train, test }, seconds }: PythonData): readonly string[] {
  const count = train.size + (test?.size ?? 0);
  const rate = seconds > 0 ? ` (${formatCount(Math.round(count / seconds))} a second)` : '';
  const notes = [`${train.name}: ${formatCount(count)} examples, opened in ${seconds.toFixed(1)} s${rate}.`];
  if (!test && !train.isStream) notes.push(`It has no test examples: three tenths are set aside for that.`);
  return notes;
}

function datasetOf(name: string, data: PythonData): Dataset {
  const { train, test } = data.splits;
  checkAlike(train, test);
  const classes = classesOf(data);
  return {
    name,
    shape: inside(train.shape),
    classes,
    ...(train.holdsIds && { holdsIds: true }),
    ...(train.labelShape.length > 0 && { labelShape: inside(train.labelShape) }),
    ...(!train.areClasses && { labelShape: inside(train.labelShape) }),
    ...(train.areClasses && train.labelShape.length === 0 && { storedLabels: 'numbers' }),
    ...(train.classNames && { classNames: train.classNames }),
    notes: notesOf(data),
    reading: data.reading,
    ...splitsOf(data, train.areClasses ? classes : undefined),
  };
}

/** Data that is open, by file, expression and Python: opening it again would start other processes. */
const opened = new Map<string, Promise<Dataset>>();

/** The file and the expression of a name, with what tells one state of the file from another. @throws UserError (usage) */
function expressionOf(name: string, baseFolder: string) {
  const { file: path, exportName = '' } = splitModelName(name);
  const file = resolve(baseFolder, path);
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found?.isFile()) throw usageError(`The file ${file} of the data does not exist.`);
  if (exportName === '') throw usageError(`"${name}" does not say which data.`, `Write ${path}#NAME.`);
  return { source: { file, exportName }, state: [found.mtimeMs, found.size] };
}

/**
 * The data set that an expression of a Python file gives, or torchvision. Code of the user runs: `checkDataTrust` has been asked.
 * @throws UserError with file and line for anything that is wrong with it.
 */
export function openPythonDataset(
  name: string,
  baseFolder: string,
  { interpreter, workers = MODEL_OPTIONS.dataWorkers.default, example }: PythonChoice,
): Promise<Dataset> {
  const set = torchvisionSet(name, baseFolder, example);
  const { source, state } = set ? { source: set, state: [] } : expressionOf(name, baseFolder);
  const key = JSON.stringify([source, state, interpreter, workers]);
  const known = opened.get(key);
  if (known) return known;
  const options = {
    ...(interpreter && { interpreter }),
    workers,
    onOutput: printToStandardError,
  };
  const opening = openPythonData(source, options).then((data) => datasetOf(name, data));
  opened.set(key, opening);
  // What has failed is tried again: files that it reads may be there then.
  opening.catch(() => opened.delete(key));
  return opening;
}
