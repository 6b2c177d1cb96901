/** Cells of a CSV file: numbers, and what is wrong with those that are none. */

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const MISSING = /^(?:nan|na|n\/a|null|none|\?)$/i;
const INFINITE = /^[+-]?inf(?:inity)?$/i;
const DECIMAL_COMMA = /^[+-]?\d+,\d+$/;
const SHOWN = 40;

/** A text of the file for messages: in quotes, its control characters spelled out, and not too long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
}

/** The number in a cell; undefined where there is none, or one that float32 cannot hold. */
export function numberIn(cell: string): number | undefined {
  const text = cell.trim();
  if (!NUMBER.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(Math.fround(value)) ? value : undefined;
}

/** Whether a cell holds a text that could be a name: no number, and nothing that stands for one. */
export function isText(cell: string): boolean {
  const text = cell.trim();
  return text !== '' && ![NUMBER, MISSING, INFINITE, DECIMAL_COMMA].some((form) => form.test(text));
}

/** What is wrong with a cell. */
export interface Fault {
  /** Ends a sentence that begins with its place. */
  readonly problem: string;
  readonly hint?: string;
}

/** Why a cell is no number. */
export function whyNoNumber(cell: string): Fault {
  const text = cell.trim();
  if (text === '') return { problem: 'the value is missing', hint: FILL };
  if (MISSING.test(text)) return { problem: `${quoted(text)} is a missing value`, hint: FILL };
  if (INFINITE.test(text)) return { problem: `${quoted(text)} is no finite number` };
  if (NUMBER.test(text)) return { problem: `${quoted(text)} is too large for float32` };
  if (DECIMAL_COMMA.test(text)) {
    return { problem: `${quoted(text)} is no number`, hint: 'Decimals are written with a point.' };
  }
  return { problem: `${quoted(text)} is text in a column of numbers`, hint: CHOOSE };
}

const FILL = 'Fill missing values in, or leave the row out.';
const CHOOSE =
  'Turn text into numbers (a column of 0 and 1 for each value), or choose other columns with --input-columns.';
