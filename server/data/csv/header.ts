/** The first row of a CSV file, and which columns are chosen by the names in it. */
import { UserError, usageError } from '../../protocol/errors';
import { numberIn, quoted } from './cells';
import type { ColumnChoice } from './choice';

/** Positions of the chosen columns. */
export interface Columns {
  readonly inputs: readonly number[];
  readonly labels: readonly number[];
}

/** Number of insertions, deletions and replacements between two texts. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}

/** The known name that is most like `name`, where one is; long names are compared by their beginnings. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string) => text.slice(0, 64).trim().toLowerCase();
  const distances = known.map((one) => distance(plain(name), plain(one)));
  const least = Math.min(...distances);
  return least <= Math.max(1, name.length / 3) ? known[distances.indexOf(least)] : undefined;
}

const LISTED = 12;

function unknownColumn(name: string, header: readonly string[], path: string): UserError {
  const similar = nearest(name, header);
  const listed = header.slice(0, LISTED).map(quoted).join(', ');
  return usageError(
    `${path} has no column ${quoted(name)}${similar === undefined ? '' : `; there is ${quoted(similar)}`}.`,
    `Its columns are ${listed}${header.length > LISTED ? ` and ${header.length - LISTED} more` : ''}.`,
  );
}

/**
 * The names of the columns, without white space around them.
 * @throws UserError where they are numbers, or one of them is there twice.
 */
export function readHeader(cells: readonly string[], path: string): readonly string[] {
  const header = cells.map((cell) => cell.trim());
  const location = { file: path, line: 1, column: 1 };
  if (header.every((cell) => numberIn(cell) !== undefined)) {
    throw new UserError('The first row holds numbers, but it must hold the names of the columns.', {
      location,
      hint: 'Write a header above the rows, such as a,b,label.',
    });
  }
  const seen = new Map<string, number>();
  header.forEach((name, i) => {
    const first = seen.get(name);
    if (first !== undefined && name !== '') {
      throw new UserError(`The columns ${first + 1} and ${i + 1} are both named ${quoted(name)}.`, { location });
    }
    seen.set(name, i);
  });
  return header;
}

/**
 * Where the chosen columns are.
 * @throws UserError (usage) where a name is not in the header or is chosen twice, or no column is left for inputs.
 */
export function chooseColumns(header: readonly string[], { inputs, labels }: ColumnChoice, path: string): Columns {
  const places = new Map(header.map((name, position) => [name, position]));
  const positions = (names: readonly string[]) =>
    names.map((name) => {
      const position = places.get(name.trim());
      if (position === undefined) throw unknownColumn(name, header, path);
      return position;
    });
  const chosenLabels = labels ? positions(labels) : [header.length - 1];
  const isLabel = new Set(chosenLabels);
  const others = header.map((_, i) => i).filter((i) => !isLabel.has(i));
  const chosenInputs = inputs ? positions(inputs) : others;
  const all = [...chosenInputs, ...chosenLabels];
  const seen = new Set<number>();
  const twice = all.find((position) => {
    const isSeen = seen.has(position);
    seen.add(position);
    return isSeen;
  });
  if (twice !== undefined) {
    const isBoth = chosenInputs.includes(twice) && chosenLabels.includes(twice);
    const what = isBoth ? 'both an input and a label' : 'chosen twice';
    const hint = labels ? undefined : 'The last column is the label; choose another one with --label-columns.';
    throw usageError(`The column ${quoted(header[twice])} of ${path} is ${what}.`, isBoth ? hint : undefined);
  }
  if (chosenInputs.length === 0) {
    throw usageError(`${path} has no column for inputs: its only columns are labels.`);
  }
  const unnamed = all.find((position) => header[position] === '');
  if (unnamed !== undefined) {
    throw new UserError(`Column ${unnamed + 1} has no name.`, {
      location: { file: path, line: 1, column: 1 },
      hint: 'Name it, leave it out (with pandas: to_csv(index=False)), or choose others with --input-columns.',
    });
  }
  return { inputs: chosenInputs, labels: chosenLabels };
}
