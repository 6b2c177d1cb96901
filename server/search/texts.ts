/** What a search tells, in words. */
import { formatMetric, formatPercent } from '../format';
import { findMetric } from './metrics';
import type { SearchMetric, SearchResult } from './types';

/** `test mean IoU`. */
export const titleOf = (metric: SearchMetric) => `test ${findMetric(metric).title}`;

export const formatValue = (value: number, metric: SearchMetric) => formatMetric(value, findMetric(metric));

/** 0.98765 as `98.765 %`: as many digits as tell close sparsities apart. */
export function formatSparsity(sparsity: number): string {
  const digits = Math.max(1, Math.ceil(-Math.log10(1 - sparsity)) + 1);
  return formatPercent(sparsity, Math.min(digits, 6));
}

/** The answer in one sentence. */
export function conclusion(result: SearchResult): string {
  const { found, lost, method, metric, tolerance, dense } = result;
  const limit = `${titleOf(metric)} within ${formatValue(tolerance, metric)} of the dense ${formatValue(dense.value, metric)}`;
  if (!found) {
    const tried = lost ? `; the lowest sparsity tried, ${formatSparsity(lost.sparsity)}, does not` : '';
    return `No sparsity tried keeps the ${limit}${tried}.`;
  }
  const above = lost
    ? `${formatSparsity(lost.sparsity)} does not`
    : `no sparsity above it was tried, see --rounds and --max-sparsity`;
  return `${method} keeps the ${limit} up to ${formatSparsity(found.sparsity)} sparsity; ${above}.`;
}
