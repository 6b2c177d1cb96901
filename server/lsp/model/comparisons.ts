/** Comparisons on disk: folders with a `results.json`, as `prunelens compare` and the editor write them. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isLocked } from '../../files/lock';
import { readText } from '../../files/regular';
import type { Comparison } from '../../protocol/comparison';
import { type ComparisonSummary, comparisonRow, type Unfinished } from '../../protocol/results';
import { RESULTS_FILE } from '../../runs/folders';
import { findJson } from '../../runs/read';

/** What a sweep keeps of itself in its folder. */
const SWEEP_RECORD = 'sweep.json';

async function unfinishedIn(folder: string, results: Comparison): Promise<Unfinished | undefined> {
  const { planned, runs, failures } = results;
  if (typeof planned !== 'number' || runs.length >= planned) return undefined;
  const { file } = ((await findJson(join(folder, SWEEP_RECORD))) ?? {}) as { readonly file?: unknown };
  return {
    planned,
    failed: failures?.length ?? 0,
    isRunning: await isLocked(folder),
    ...(typeof file === 'string' && { sweep: file }),
  };
}

async function readComparison(folder: string): Promise<ComparisonSummary | undefined> {
  try {
    const results = JSON.parse(await readText(join(folder, RESULTS_FILE), 'log')) as Comparison;
    if (results.format !== 'prunelens-comparison-1') return undefined;
    const unfinished = await unfinishedIn(folder, results);
    const rows = results.runs.map(comparisonRow);
    return { folder, methods: results.methods, rows, ...(unfinished && { unfinished }) };
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
