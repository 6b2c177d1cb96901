/** Data sets in CSV files: columns, labels, scaling, the split, and what is wrong with files. */
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { adaptToInput } from '../../../server/data/adapt';
import { type ColumnChoice, formatDataName, parseDataName } from '../../../server/data/csv/choice';
import { chooseColumns } from '../../../server/data/csv/header';
import { openDataset } from '../../../server/data/open';
import { formatError, UserError } from '../../../server/protocol/errors';
import { cpuTime } from '../../support/cpuTime';
import { read, temporaryFolder, writeFiles } from './helpers';

const folder = temporaryFolder();
let files = 0;

function write(text: string | Uint8Array): string {
  const name = `${files++}.csv`;
  writeFiles(folder, { [name]: text });
  return name;
}

const open = (name: string, wantsValues = false) =>
  openDataset(name, { baseFolder: folder, ...(wantsValues && { labels: { shape: [1], dtype: 'float32' } }) });
const openText = (text: string, query = '', wantsValues = false) => open(write(text) + query, wantsValues);

/** Everything that is told, with the file called FILE. */
async function failure(text: string, query = '', wantsValues = false): Promise<string> {
  const name = write(text);
  const error = await open(name + query, wantsValues).then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return formatError(error).replaceAll(join(folder, name), 'FILE');
}

/** Ten rows of three columns. */
const table = (label: (row: number) => string, header = 'a,b,y') =>
  [header, ...Array.from({ length: 10 }, (_, row) => `${row},${(row * row) / 2},${label(row)}`)].join('\n');

/** All rows of a data set, training rows first, ordered by the first column. */
function rows(dataset: Awaited<ReturnType<typeof open>>) {
  const width = dataset.shape[0];
  return [dataset.train, dataset.test]
    .flatMap((split) =>
      Array.from({ length: split.size }, (_, i) => {
        const each = split.labels.length / split.size;
        return { x: read(split, dataset.shape, i), y: Array.from(split.labels.slice(i * each, (i + 1) * each)) };
      }),
    )
    .toSorted((a, b) => a.x[0] - b.x[0])
    .map(({ x, y }) => (x.length === width ? { x, y } : fail()));
}

function fail(): never {
  throw new Error('a row has another number of values');
}

describe('columns', () => {
  it('are inputs, but for the last, which is the label, and it is said', async () => {
    const dataset = await openText(
      table((row) => `${row % 3}`),
      '?scaling=none',
    );
    expect([dataset.shape, dataset.classes, dataset.train.size, dataset.test.size]).toEqual([[2], 3, 7, 3]);
    expect(rows(dataset)).toEqual(
      Array.from({ length: 10 }, (_, row) => ({ x: [row, (row * row) / 2], y: [row % 3] })),
    );
    expect(dataset.notes).toHaveLength(2);
    expect(dataset.notes![0]).toMatch(/The last column of .*, "y", is the label, and the other 2 columns are inputs;/);
    expect(dataset.notes![1]).toMatch(/^3 of the 10 rows of .* are set aside for the test, the same each time\.$/);
  });

  it('are told where a model takes another number', async () => {
    const dataset = await openText(table((row) => `${row % 3}`));
    expect(() => adaptToInput(dataset, { shape: [3], dtype: 'float32' })).toThrow(
      expect.objectContaining({
        hint: 'The input columns are "a", "b"; choose others with --input-columns, or change the model\'s input shape.',
      }),
    );
  });

  it('are chosen by name, in the order of the choice', async () => {
    const dataset = await openText(
      table((row) => `${row / 4}`),
      '?inputs=y,a&labels=b&scaling=none',
    );
    expect(rows(dataset)[3]).toEqual({ x: [0.75, 3], y: [4.5] });
    expect(dataset.notes).toHaveLength(1);
  });

  it('have statistics of the training rows, each its own', async () => {
    const name = write(table((row) => `${row % 2}`));
    const [scaled, plain] = [await open(name), await open(`${name}?scaling=none`)];
    const values = Array.from({ length: 7 }, (_, i) => read(plain.train, [2], i));
    for (const column of [0, 1]) {
      const mean = values.reduce((sum, x) => sum + x[column], 0) / 7;
      const std = Math.sqrt(values.reduce((sum, x) => sum + (x[column] - mean) ** 2, 0) / 7);
      for (const split of ['train', 'test'] as const) {
        const [x] = [read(plain[split], [2], 1)];
        expect(read(scaled[split], [2], 1)[column]).toBeCloseTo((x[column] - mean) / std, 5);
      }
    }
  });

  it('may be separated by semicolons or tabs, quoted, with a byte order mark, empty lines and CRLF', async () => {
    const plain = await openText(
      table((row) => `${row % 2}`),
      '?scaling=none',
    );
    for (const separator of [';', '\t']) {
      const text = `\ufeff${table((row) => `"${row % 2}"`)}\n\n`.replaceAll(',', separator).replaceAll('\n', '\r\n');
      expect(rows(await openText(text, '?scaling=none'))).toEqual(rows(plain));
    }
  });

  it('of train.csv and test.csv in a folder go by their names', async () => {
    writeFiles(folder, { 'both/train.csv': 'a,b,y\n1,2,x\n3,4,z\n', 'both/test.csv': 'y,b,a\nw,6,5\n' });
    const dataset = await open('both?scaling=none');
    expect([dataset.train.size, dataset.test.size, dataset.classNames]).toEqual([2, 1, ['w', 'x', 'z']]);
    expect(read(dataset.test, [2], 0)).toEqual([5, 6]);
    expect([...dataset.train.labels, ...dataset.test.labels]).toEqual([1, 2, 0]);
  });
});

describe('labels', () => {
  it('of text are classes in the order of the alphabet', async () => {
    const dataset = await openText(table((row) => ['virginica', 'setosa', 'versicolor'][row % 3]));
    expect(dataset.classNames).toEqual(['setosa', 'versicolor', 'virginica']);
    expect(
      rows(dataset)
        .map(({ y }) => y[0])
        .slice(0, 3),
    ).toEqual([2, 0, 1]);
  });

  it('of whole numbers are classes in their order, unless the model takes values', async () => {
    const text = table((row) => `${[10, 2, 7][row % 3]}`);
    const classes = await openText(text);
    expect([classes.classes, classes.classNames]).toEqual([3, ['2', '7', '10']]);
    expect(classes.train.labels).toBeInstanceOf(Int32Array);
    const values = await openText(text, '', true);
    expect([values.labelShape, values.classNames]).toEqual([[1], undefined]);
    expect(
      rows(values)
        .map(({ y }) => y[0])
        .slice(0, 3),
    ).toEqual([10, 2, 7]);
    expect(values.train.labels).toBeInstanceOf(Float32Array);
  });

  it('of other numbers are values', async () => {
    const dataset = await openText(table((row) => `${row + 0.5}`));
    expect(dataset.labelShape).toEqual([1]);
    expect(rows(dataset)[2].y).toEqual([2.5]);
  });

  it('in several columns are values, or classes where the rows are one-hot', async () => {
    const text = (second: (row: number) => string) =>
      ['a,no,yes', ...Array.from({ length: 10 }, (_, row) => `${row},${row % 2},${second(row)}`)].join('\n');
    const several = await openText(
      text((row) => `${row / 2}`),
      '?labels=yes,no',
    );
    expect([several.labelShape, rows(several)[3].y]).toEqual([[2], [1.5, 1]]);
    const oneHot = text((row) => `${1 - (row % 2)}`);
    const classes = await openText(oneHot, '?labels=no,yes');
    expect([classes.labelShape, classes.classNames, rows(classes)[3].y]).toEqual([undefined, ['no', 'yes'], [0]]);
    const values = await openText(oneHot, '?labels=no,yes', true);
    expect([values.labelShape, rows(values)[3].y]).toEqual([[2], [1, 0]]);
  });

  it('know their row and column in the file', async () => {
    const name = write(table((row) => `${row + 0.5}`));
    const { train, test } = await open(name);
    const split = [train, test].find(({ labels }) => labels.includes(4.5))!;
    expect(split.labelPlace!(split.labels.indexOf(4.5))).toBe(`${join(folder, name)}, row 5, column "y"`);
  });
});

describe('what is wrong is told with line, row and column:', () => {
  const good = table((row) => `${row % 2}`);
  it.each([
    ['text', '3,4.5,1', '3,four,1', /^FILE:5:1: row 4, column "b": "four" is text in a column of numbers\.\nTurn text/],
    ['a missing value', '3,4.5,1', '3,,1', /^FILE:5:1: row 4, column "b": the value is missing\.\nFill/],
    ['NaN', '3,4.5,1', '3,NaN,1', /^FILE:5:1: row 4, column "b": "NaN" is a missing value\./],
    ['infinity', '3,4.5,1', '3,-Infinity,1', /^FILE:5:1: row 4, column "b": "-Infinity" is no finite number\.$/],
    [
      'more than float32',
      '3,4.5,1',
      '3,4.5e39,1',
      /^FILE:5:1: row 4, column "b": "4.5e39" is too large for float32\.$/,
    ],
    ['hexadecimal', '3,4.5,1', '3,0x10,1', /row 4, column "b": "0x10" is text/],
    ['a decimal comma', '3,4.5,1', '3,"4,5",1', /"4,5" is no number\.\nDecimals are written with a point\.$/],
    ['control characters', '3,4.5,1', '3,\u001b[31m,1', /row 4, column "b": "\\u001b\[31m" is text/],
    ['a missing label', '3,4.5,1', '3,4.5,', /^FILE:5:1: row 4, column "y": the value is missing\./],
    ['a label of NaN', '3,4.5,1', '3,4.5,nan', /^FILE:5:1: row 4, column "y": "nan" is a missing value\./],
    [
      'text among labels',
      '3,4.5,1',
      '3,4.5,one',
      /row 4, column "y": "one" is text, but the labels before it are numb/,
    ],
    ['a short row', '3,4.5,1', '3,4.5', /^FILE:5:1: Row 4 has 2 values, but the header names 3 columns\.$/],
    ['a long row', '3,4.5,1', '3,4.5,1,7', /^FILE:5:1: Row 4 has 4 values, but the header names 3 columns\.$/],
    ['an open quote', '3,4.5,1', '3,4.5,"1', /^FILE:\d+:1: A quote is opened and not closed\.$/],
    ['no header', 'a,b,y\n', '', /^FILE:1:1: The first row holds numbers, but it must hold the names of the columns\./],
    ['a name twice', 'a,b,y', 'a,a,y', /^FILE:1:1: The columns 1 and 2 are both named "a"\.$/],
    [
      'a column without a name',
      'a,b,y',
      ',b,y',
      /^FILE:1:1: Column 1 has no name\.\nName it, leave it out \(with pandas/,
    ],
  ])('%s', async (_title, from, to, expected) => {
    expect(good).toContain(from);
    expect(await failure(good.replace(from, to))).toMatch(expected);
  });

  it.each([
    ['an unknown column', '?labels=species', /^FILE has no column "species"\.\nIts columns are "a", "b", "y"\.$/],
    ['nearly a column', '?labels=Y%20', /^FILE has no column "Y "; there is "y"\./],
    ['a column that is both', '?inputs=a,y&labels=y', /^The column "y" of FILE is both an input and a label\.$/],
    [
      'the last one among inputs',
      '?inputs=a,y',
      /is both an input and a label\.\nThe last column is the label; choose/,
    ],
    ['a column twice', '?inputs=a,a', /^The column "a" of FILE is chosen twice\.$/],
    ['only labels', '?labels=a,b,y', /^FILE has no column for inputs: its only columns are labels\.$/],
    [
      'another part',
      '?label=y',
      /says 'label' of its columns; known are labels, inputs and scaling\.\nWrite data\.csv\?/,
    ],
    ['another scaling', '?scaling=log', /^There is no scaling 'log' of columns; known are standard, none\.$/],
  ])('%s', async (_title, query, expected) => {
    expect(await failure(good, query)).toMatch(expected);
  });

  it('text in one of several label columns', async () => {
    expect(await failure(good.replace('3,4.5,1', '3,4.5,one'), '?labels=b,y')).toMatch(
      /row 4, column "y": "one" is text in/,
    );
  });

  it.each([
    ['nothing', '', /^FILE is empty\.$/],
    ['only a header', 'a,b\n', /^FILE holds no rows, only a header\.$/],
    [
      'a single row',
      'a,b\n1,2\n',
      /^FILE has 1 row, too few to set some aside for the test\.\nPut training and test rows/,
    ],
  ])('%s', async (_title, text, expected) => {
    expect(await failure(text)).toMatch(expected);
  });

  it('columns of what has none', async () => {
    writeFiles(folder, { 'arrays.npz': 'no archive' });
    await expect(open('arrays.npz?labels=y')).rejects.toThrow(/Columns are chosen, but .*arrays\.npz has none/);
  });
});

describe('names with columns', () => {
  const text = fc.string({ minLength: 1, unit: 'grapheme' });
  const names = fc.uniqueArray(text, { minLength: 1, maxLength: 3 });
  it('are read back as they were written', () => {
    fc.assert(
      fc.property(
        fc.record({ inputs: names, labels: names, scaling: fc.constantFrom('standard', 'none') }, { requiredKeys: [] }),
        (columns) => {
          const reference = { path: 'some data/a=b.csv', columns: columns as ColumnChoice };
          expect(parseDataName(formatDataName(reference))).toEqual(reference);
        },
      ),
    );
  });

  it('need none', () => {
    expect(parseDataName('C:\\data\\what?.csv')).toEqual({ path: 'C:\\data\\what?.csv', columns: {} });
  });
});

describe('a line without an end', () => {
  it.each([
    ['the first', '', 1],
    ['a later one', 'a,b,y\n1,2,3\r\n1,2,3\n', 4],
  ])('is refused by its length: %s', async (_title, before, line) => {
    vi.stubEnv('PRUNELENS_FILE_MEMORY', '1');
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(await failure(`${before}${'1'.repeat(3 << 20)}`)).toBe(
      `FILE:${line}:1: The line is longer than 1 MiB.\nThe rows of a CSV file are lines. If it is what it should be, raise the limit with PRUNELENS_FILE_MEMORY=MIB in the environment.`,
    );
  });

  it('is one with an open quote, which goes on over lines', async () => {
    vi.stubEnv('PRUNELENS_FILE_MEMORY', '1');
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(await failure(`a,b,y\n1,2,"${'3\n'.repeat(1 << 20)}`)).toMatch(
      /^FILE:\d+:1: A quote is opened and not closed\.$/,
    );
  });
});

it('columns are chosen in a time that grows with their number', () => {
  const header = Array.from({ length: 300_000 }, (_, i) => `c${i}`);
  const start = cpuTime();
  expect(chooseColumns(header, { inputs: header.slice(0, -1) }, 'a.csv').inputs).toHaveLength(299_999);
  expect(chooseColumns(header, {}, 'a.csv').labels).toEqual([299_999]);
  // Comparing each column with all others takes more than a minute.
  expect(cpuTime() - start).toBeLessThan(10_000);
});

it('a large file is read without its text in memory', async () => {
  const count = 60_000;
  const lines = Array.from({ length: count }, (_, row) => `${row},${row % 17},${'0'.repeat(40)}${row % 5}`);
  const dataset = await openText(['a,b,y', ...lines].join('\n'), '?scaling=none');
  expect([dataset.train.size + dataset.test.size, dataset.classes]).toEqual([count, 5]);
  expect(rows(dataset)[count - 1].x).toEqual([count - 1, (count - 1) % 17]);
});
