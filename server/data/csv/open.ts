/** Data sets in CSV files: one that is divided, or `train.csv` and `test.csv` in a folder. */
import { join } from 'node:path';
import { MODEL_OPTIONS } from '../../protocol/catalogue/options';
import type { LabelFormat, LabelValues } from '../../protocol/data';
import { UserError } from '../../protocol/errors';
import type { RawDataset, RawSplit } from '../examples';
import { testExamples } from '../split';
import { quoted } from './cells';
import { type ColumnChoice, formatDataName } from './choice';
import { labelsOf, type TableLabels } from './labels';
import { placeOf, readTable, type Table } from './table';

const FILES = { train: 'train.csv', test: 'test.csv' } as const;

/** Whether a folder holds a training and a test file. */
export function isCsvFolder(entries: readonly string[]): boolean {
  return entries.includes(FILES.train) && entries.includes(FILES.test);
}

/** What reading a CSV file needs to know. */
export interface CsvOptions {
  readonly columns: ColumnChoice;
  /** Labels as the model has them: one that takes float values has no classes, which whole numbers are otherwise. */
  readonly labels?: LabelFormat;
}

/** The rows `rows` of a table as a split; their numbers are those in the file, from 0. */
function splitOf(path: string, table: Table, labels: LabelValues, rows: Int32Array): RawSplit {
  const width = table.inputNames.length;
  const each = labels.length / table.rows;
  const chosen = new (labels.constructor as Float32ArrayConstructor)(rows.length * each);
  const values = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    chosen.set(labels.subarray(row * each, (row + 1) * each), i * each);
    values.set(table.inputs.subarray(row * width, (row + 1) * width), i * width);
  });
  return {
    labels: chosen,
    load: () => ({ kind: 'floats', values }),
    labelPlace: (index) => `${path}, ${placeOf(rows[Math.floor(index / each)] + 1, table.labels[index % each].name)}`,
  };
}

/** What both ways to a data set have in common. */
function datasetOf(
  name: string,
  { inputNames }: Table,
  { values: _, ...labels }: TableLabels,
  { columns }: CsvOptions,
  splits: Pick<RawDataset, 'train' | 'test' | 'notes'>,
): RawDataset {
  const { scaling = MODEL_OPTIONS.columnScaling.default } = columns;
  return {
    name: formatDataName({ path: name, columns }),
    shape: [inputNames.length],
    columns: inputNames,
    channels: inputNames.length,
    normalization: scaling === 'standard' ? 'standard' : 'unit',
    kind: 'floats',
    ...labels,
    ...splits,
  };
}

function labelNote({ labels, inputNames }: Table, { columns }: CsvOptions, path: string): readonly string[] {
  if (columns.labels) return [];
  const others = inputNames.length === 1 ? 'column is the input' : `${inputNames.length} columns are inputs`;
  const inputs = columns.inputs ? '' : `, and the other ${others}`;
  const label = quoted(labels[0].name);
  return [`The last column of ${path}, ${label}, is the label${inputs}; --label-columns chooses others.`];
}

/** Said where whole numbers could have been classes, too. */
function valuesNote({ labels: [label, ...others] }: Table, { labels }: CsvOptions): readonly string[] {
  if (labels?.dtype !== 'float32' || others.length > 0 || label.isNamed()) return [];
  const values = label.values();
  if (!values.every(Number.isInteger) || values.every((value) => value === 0 || value === 1)) return [];
  return [
    `The labels ${quoted(label.name)} are whole numbers; they are taken as values, which is what the model gives.`,
  ];
}

/**
 * Opens a CSV file with a header. Three tenths of its rows, the same each time, are the test split.
 * @throws UserError naming file, row and column of what is wrong.
 */
export async function openCsv(name: string, path: string, options: CsvOptions): Promise<RawDataset> {
  const table = await readTable(path, options.columns);
  const labels = labelsOf(table.labels, options.labels?.dtype === 'float32');
  const isTest = testExamples(table.rows);
  if (!isTest) {
    throw new UserError(
      `${path} has ${table.rows === 1 ? '1 row' : `${table.rows} rows`}, too few to set some aside for the test.`,
      {
        hint: `Put training and test rows into a folder, as ${FILES.train} and ${FILES.test}.`,
      },
    );
  }
  const all = Int32Array.from({ length: table.rows }, (_, row) => row);
  const [trainRows, testRows] = [all.filter((row) => isTest[row] === 0), all.filter((row) => isTest[row] === 1)];
  const notes = [
    ...labelNote(table, options, path),
    ...valuesNote(table, options),
    `${testRows.length} of the ${table.rows} rows of ${path} are set aside for the test, the same each time.`,
  ];
  const [train, test] = [trainRows, testRows].map((rows) => splitOf(path, table, labels.values, rows));
  return datasetOf(name, table, labels, options, { train, test, notes });
}

/** Opens a folder with `train.csv` and `test.csv`, whose columns have the same names. */
export async function openCsvFolder(name: string, folder: string, options: CsvOptions): Promise<RawDataset> {
  const [trainPath, testPath] = [join(folder, FILES.train), join(folder, FILES.test)];
  const train = await readTable(trainPath, options.columns);
  const columns = { inputs: train.inputNames, labels: train.labels.map((column) => column.name) };
  const test = await readTable(testPath, columns, train.labels);
  // The labels of both files are in one column each, so that both have the same classes.
  const labels = labelsOf(train.labels, options.labels?.dtype === 'float32');
  const each = labels.values.length / (train.rows + test.rows);
  const cut = train.rows * each;
  const rowsOf = ({ rows }: Table) => Int32Array.from({ length: rows }, (_, row) => row);
  return datasetOf(name, train, labels, options, {
    train: splitOf(trainPath, train, labels.values.subarray(0, cut), rowsOf(train)),
    test: splitOf(testPath, test, labels.values.subarray(cut), rowsOf(test)),
    notes: [...labelNote(train, options, trainPath), ...valuesNote(train, options)],
  });
}
