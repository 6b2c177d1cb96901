/** Answers that are typed: what they mean, or one sentence that says what is wrong with them. */

import { HIGHEST_SPARSITY, LOWEST_SPARSITY } from '../server/protocol/sparsityRange';

export type Answer<T> = { readonly value: T } | { readonly problem: string };

const SPARSITY_PROBLEM = `Give the percentage of weights to remove, from ${100 * LOWEST_SPARSITY} to ${100 * HIGHEST_SPARSITY} (98 or 99.5).`;

/** A sparsity as a fraction: `98`, `98 %`, `98,5 %` and `0.98` are understood; numbers below 1 without `%` are fractions. */
export function parseSparsity(text: string): Answer<number> {
  const match = /^\s*(\d+(?:[.,]\d+)?|[.,]\d+)\s*(%)?\s*$/.exec(text);
  if (!match) return { problem: SPARSITY_PROBLEM };
  const number = Number(match[1].replace(',', '.'));
  const fraction = match[2] === undefined && number < 1 ? number : number / 100;
  // 98.3 / 100 is 0.9829999999999999: the rounding error of the division is no wish of the user.
  return fraction <= HIGHEST_SPARSITY ? { value: Number(fraction.toPrecision(12)) } : { problem: SPARSITY_PROBLEM };
}

/** Sparsities with commas (and a space) or semicolons between. */
export function parseSparsities(text: string): Answer<readonly number[]> {
  const answers = text
    .split(/;|,\s*/)
    .filter((part) => part.trim() !== '')
    .map(parseSparsity);
  const wrong = answers.find((answer) => 'problem' in answer);
  if (wrong || answers.length === 0) return { problem: 'Give percentages with commas between, such as 90, 95, 98.' };
  const values = answers.map((answer) => (answer as { readonly value: number }).value);
  return { value: [...new Set(values)].toSorted((a, b) => a - b) };
}

/** A whole number from 1 to `most`. */
export function parseCount(text: string, most: number): Answer<number> {
  const number = /^\s*\d+\s*$/.test(text) ? Number(text) : Number.NaN;
  return number >= 1 && number <= most ? { value: number } : { problem: `Give a whole number from 1 to ${most}.` };
}

/** A name that a predictor's file can have. */
export function parsePredictorName(text: string): Answer<string> {
  const name = text.trim();
  return /^\w[\w.-]*$/.test(name) ? { value: name } : { problem: 'Use letters, digits, dots, dashes and underscores.' };
}

/** A name that is not blank. */
export function parseName(text: string): Answer<string> {
  return text.trim() === '' ? { problem: 'Give a name that is not empty.' } : { value: text.trim() };
}
