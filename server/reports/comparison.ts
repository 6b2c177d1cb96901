/** The report of a comparison, a sweep or a search. */

import type { Comparison } from '../protocol/comparison';
import { createPage } from './page';

/** Seconds after which a page whose runs are not all done is read again. */
const REFRESH_SECONDS = 20;

/** The page of a comparison or a sweep; with `isLive` an open one follows the file. */
export function createReport(comparison: Comparison, { isLive = false } = {}): string {
  return createPage({
    title: 'PruneLens: comparison',
    bundle: 'report',
    id: 'comparison',
    value: comparison,
    withoutScript: 'This page draws its charts with JavaScript; results.csv has the numbers.',
    ...(isLive && { refresh: REFRESH_SECONDS }),
  });
}
