/** Sparsities as people type them: what they mean, or one sentence that says what is wrong with them. */
import { HIGHEST_SPARSITY, LOWEST_SPARSITY } from './sparsityRange';

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
  return { value: [...new Set(values)].sort((a, b) => a - b) };
}
