/** Comparisons on disk: folders with a `results.json`, as `prunelens compare` and the editor write them. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readText } from '../../files/regular';
import type { Comparison } from '../../protocol/comparison';
import { type ComparisonSummary, comparisonRow } from '../../protocol/results';
import { RESULTS_FILE } from '../../runs/folders';

async function readComparison(folder: string): Promise<ComparisonSummary | undefined> {
  try {
    const results = JSON.parse(await readText(join(folder, RESULTS_FILE), 'log')) as Comparison;
    if (results.format !== 'prunelens-comparison-1') return undefined;
    return { folder, methods: results.methods, rows: results.runs.map(comparisonRow) };
  } catch {
    // A folder without results, or with somebody else's, is no comparison.
    return undefined;
  }
}

/** The comparisons in a runs folder, by name. */
export async function listComparisons(folder: string): Promise<ComparisonSummary[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
  return (await Promise.all(folders.sort().map(readComparison))).filter((found) => found !== undefined);
}
