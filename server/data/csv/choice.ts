/**
 * Which columns of a CSV file are what, written behind its name: `iris.csv?labels=species&inputs=sepal,petal&scaling=none`. A data
 * set is one text so wherever it goes: to other processes, into sweeps, and into the records of runs.
 */
import { MODEL_OPTIONS } from '../../protocol/catalogue/options';
import { usageError } from '../../protocol/errors';

const SCALINGS = MODEL_OPTIONS.columnScaling.choices;

/** How inputs are scaled: to mean 0 and deviation 1 a column over the training examples, or not at all. */
export type ColumnScaling = (typeof SCALINGS)[number];

export interface ColumnChoice {
  /** Names of the columns that are inputs, in their order; absent: all but the labels. */
  readonly inputs?: readonly string[];
  /** Names of the columns that are labels; absent: the last one. */
  readonly labels?: readonly string[];
  /** Absent: the option's default. */
  readonly scaling?: ColumnScaling;
}

/** A path and what is said of its columns. */
export interface DataReference {
  readonly path: string;
  readonly columns: ColumnChoice;
}

const QUERY = /^(.+?)\?([a-z]+=.*)$/is;
const FORM = 'Write data.csv?labels=a,b&inputs=c,d&scaling=none; each part may be left out.';

/** Whether a path is that of a CSV file. */
export function isCsvFile(path: string): boolean {
  return /\.[ct]sv$/i.test(path);
}

/** Whether nothing is said. */
export function isUnsaid(columns: ColumnChoice): boolean {
  return Object.values(columns).every((value) => value === undefined);
}

function decode(text: string, name: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw usageError(`'${name}' has a % that stands for no character.`, 'Write %25 for a percent sign.');
  }
}

function scalingOf(text: string): ColumnScaling {
  const found = SCALINGS.find((one) => one === text);
  if (found) return found;
  throw usageError(`There is no scaling '${text}' of columns; known are ${SCALINGS.join(', ')}.`);
}

/** The parts of a data set's name. @throws UserError (usage) where the choice of columns is not one. */
export function parseDataName(name: string): DataReference {
  const [, path = name, query = ''] = QUERY.exec(name) ?? [];
  const parts = query.split('&').filter((part) => part !== '');
  const columns: { -readonly [Key in keyof ColumnChoice]: ColumnChoice[Key] } = {};
  for (const part of parts) {
    const [key, value = ''] = part.split(/=(.*)/s);
    const names = value.split(',').map((one) => decode(one, name));
    if (key === 'labels' || key === 'inputs') columns[key] = names;
    else if (key === 'scaling') columns.scaling = scalingOf(decode(value, name));
    else throw usageError(`'${name}' says '${key}' of its columns; known are labels, inputs and scaling.`, FORM);
  }
  return { path, columns };
}

/** The name that stands for the reference. */
export function formatDataName({ path, columns: { labels, inputs, scaling } }: DataReference): string {
  const list = (names: readonly string[]) => names.map((one) => encodeURIComponent(one)).join(',');
  const parts = [
    ...(labels ? [`labels=${list(labels)}`] : []),
    ...(inputs ? [`inputs=${list(inputs)}`] : []),
    ...(scaling ? [`scaling=${scaling}`] : []),
  ];
  return parts.length === 0 ? path : `${path}?${parts.join('&')}`;
}
