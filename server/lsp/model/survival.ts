/** Predictors that were learned in the workspace, and the pictures beside them. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readText } from '../../files/regular';
import { usageError } from '../../protocol/errors';
import type { SurvivalEntry } from '../../protocol/results';
import type { SurvivalReport } from '../../protocol/survival';

/** Where the predictors of a workspace folder are kept. */
export function predictorsFolder(workspaceFolder: string): string {
  return join(workspaceFolder, '.prunelens', 'predictors');
}

/** Pictures in the workspace folders, those of predictors that are there. */
export async function listSurvivalReports(workspaceFolders: readonly string[]): Promise<readonly SurvivalEntry[]> {
  const found = await Promise.all(
    workspaceFolders.map(predictorsFolder).map(async (folder) => {
      const files = await readdir(folder).catch((): string[] => []);
      const names = files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length));
      return names
        .filter((name) => files.includes(`${name}.safetensors`))
        .map((name) => ({ name, report: join(folder, `${name}.json`) }));
    }),
  );
  return found.flat();
}

/** @throws a usage error where `report` is none of the workspace's, or damaged. */
export async function readSurvivalReport(workspaceFolders: readonly string[], report: string): Promise<SurvivalReport> {
  const known = await listSurvivalReports(workspaceFolders);
  if (!known.some((entry) => entry.report === report)) {
    throw usageError(`There are no pictures in ${report}.`, 'Learn the criterion again.');
  }
  try {
    const contents = JSON.parse(await readText(report)) as SurvivalReport;
    if (contents.format === 'prunelens-survival-report-1') return contents;
  } catch {
    // Reported below, as for JSON that is something else.
  }
  throw usageError(`The pictures in ${report} cannot be read.`, 'Learn the criterion again.');
}
