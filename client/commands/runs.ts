/** Commands on training runs and comparisons: of the tree, which passes what is selected, and of the palette, which ask. */

import { basename, join } from 'node:path';
import { FileType, Uri, window, workspace } from 'vscode';
import { serverCommands, serverRequests } from '../../server/protocol/editor';
import type { ComparisonSummary, RunSummary } from '../../server/protocol/results';
import { askFormat, askRun, askRuns, askText, offer, pick } from '../ask';
import { comparisonDescription, comparisonTitle } from '../format';
import { parseName } from '../input';
import type { Lens } from '../lens';
import { runWithProgress } from '../progress';
import { folderOf, revealInFiles, tellSaved } from './exportMasks';
import { tellRunEnd, withEnd } from './finished';
import { showModelOfRun } from './showModel';

/** What a tree item passes. */
export interface RunItem {
  readonly run?: RunSummary;
  readonly comparison?: ComparisonSummary;
}

const offerTraining = () => offer('There are no training runs in this workspace yet.', 'Train…', 'prunelens.trainForm');

/** Of runs that a command is about: which they are, and what is said where no run is one of them. */
interface Wanted {
  accept(run: RunSummary): boolean;
  readonly otherwise: string;
}

async function oneRun(
  { server }: Lens,
  title: string,
  item: RunItem | undefined,
  wanted?: Wanted,
): Promise<RunSummary | undefined> {
  if (item?.run) return item.run;
  const runs = await server.request(serverRequests.runs, {});
  const meant = wanted ? runs.filter(wanted.accept) : runs;
  if (meant.length > 0) return askRun(title, meant);
  if (runs.length === 0 || !wanted) void offerTraining();
  else void window.showInformationMessage(wanted.otherwise);
  return undefined;
}

export async function showCurves(lens: Lens, items: readonly RunItem[]): Promise<void> {
  const comparison = items.find((item) => item.comparison)?.comparison;
  const runs = items.flatMap(({ run }) => (run ? [run.run] : []));
  if (comparison) lens.showCurves({ comparison: comparison.folder });
  else lens.showCurves(runs.length > 0 ? { runs } : {});
}

/** Overlays runs in the curves. */
export async function compareSelected(lens: Lens, items: readonly RunItem[]): Promise<void> {
  const selected = items.flatMap(({ run }) => (run ? [run] : []));
  const all = selected.length > 1 ? selected : await lens.server.request(serverRequests.runs, {});
  if (all.length === 0) return offerTraining();
  const runs = selected.length > 1 ? selected : await askRuns('Compare which runs?', all);
  if (runs) lens.showCurves({ runs: runs.map(({ run }) => run) });
}

export async function rename(lens: Lens, item: RunItem | undefined): Promise<void> {
  const run = await oneRun(lens, 'Rename which run?', item);
  const label = run && (await askText('Rename run', 'Its new name', run.label, parseName));
  if (run && label !== undefined) await lens.server.execute(serverCommands.renameRun, { run: run.run, label });
}

const RESTING: Wanted = {
  accept: ({ state }) => state !== 'running',
  otherwise: 'All runs here are being trained: stop one before you delete it.',
};

/** Deletes folders of runs after the user has confirmed it. */
export async function remove(lens: Lens, items: readonly RunItem[]): Promise<void> {
  const selected = items.flatMap(({ run }) => (run ? [run] : []));
  const asked = selected.length > 0 ? undefined : await oneRun(lens, 'Delete which run?', undefined, RESTING);
  const runs = asked ? [asked] : selected;
  if (runs.length === 0) return;
  const what = runs.length === 1 ? `the run ${runs[0].label}` : `${runs.length} runs`;
  const detail = `Deleted for good:\n${runs.map(({ run }) => run).join('\n')}`;
  const confirm = 'Delete';
  if ((await window.showWarningMessage(`Delete ${what}?`, { modal: true, detail }, confirm)) !== confirm) return;
  for (const { run } of runs) await lens.server.execute(serverCommands.deleteRun, { run });
}

export async function showModel(lens: Lens, item: RunItem | undefined): Promise<void> {
  const run = await oneRun(lens, 'Show the model of which run?', item);
  if (run) await showModelOfRun(lens, run);
}

export async function reveal(lens: Lens, item: RunItem | undefined): Promise<void> {
  if (item?.comparison) return revealInFiles(item.comparison.folder);
  const run = await oneRun(lens, 'Reveal the folder of which run?', item);
  if (run) await revealInFiles(run.run);
}

/** Goes on after the last finished epoch of a run. */
export async function resumeRun(lens: Lens, run: RunSummary): Promise<void> {
  if (run.model === undefined) throw new Error(`The run ${run.label} does not say which model it trains.`);
  lens.showCurves({ runs: [run.run], adds: true });
  const argument = { model: run.model, run: run.run, resume: true };
  await withEnd(
    () => runWithProgress(lens.server, `Resuming ${run.label}`, serverCommands.train, argument, true),
    (ended) => tellRunEnd(lens, ended),
  );
}

const UNFINISHED: Wanted = {
  accept: ({ state }) => state === 'interrupted' || state === 'failed',
  otherwise: 'No run here was interrupted or has failed, so there is none to resume.',
};

export async function resume(lens: Lens, item: RunItem | undefined): Promise<void> {
  const run = await oneRun(lens, 'Resume which run?', item, UNFINISHED);
  if (run) await resumeRun(lens, run);
}

/** Cancels the job that trains a run; what is finished of it stays. */
export async function stopRun({ server, jobOf }: Lens, run: string): Promise<void> {
  const job = jobOf(run);
  if (job === undefined) {
    throw new Error(`The run ${basename(run)} is not trained by this window: stop it where it was started.`);
  }
  await server.execute(serverCommands.cancel, { job });
}

const TRAINED_NOW: Wanted = { accept: ({ state }) => state === 'running', otherwise: 'No run here is being trained.' };

export async function stop(lens: Lens, item: RunItem | undefined): Promise<void> {
  const run = await oneRun(lens, 'Stop which run?', item, TRAINED_NOW);
  if (run) await stopRun(lens, run.run);
}

async function isFile(uri: Uri): Promise<boolean> {
  return workspace.fs.stat(uri).then(
    ({ type }) => (type & FileType.File) !== 0,
    () => false,
  );
}

const MASKED: Wanted = { accept: ({ masked }) => masked === true, otherwise: 'No run here was trained under masks.' };

/** Exports the masks that a run was trained with. */
export async function exportMasksOfRun(lens: Lens, item: RunItem | undefined): Promise<void> {
  const run = await oneRun(lens, 'Export the masks of which run?', item, MASKED);
  if (!run) return;
  const format = await askFormat(`Export the masks of ${run.label} as`);
  if (!format) return;
  const name = `${run.label.replace(/[^\w.-]+/g, '-')}-masks.${format.extension}`;
  const target = await window.showSaveDialog({
    title: 'Export masks',
    defaultUri: Uri.joinPath(folderOf(run.run) ?? Uri.file(run.run), name),
    filters: { [format.filter]: [format.extension] },
  });
  if (!target) return;
  const { files } = await runWithProgress(
    lens.server,
    `Exporting masks of ${run.label}`,
    serverCommands.exportRunMasks,
    {
      run: run.run,
      format: format.format,
      file: target.fsPath,
      // The dialog has asked.
      replace: true,
    },
  );
  tellSaved(files);
}

/** Opens the report of a comparison in a panel. */
export async function openReport({ server, reports }: Lens, item: RunItem | undefined): Promise<void> {
  const comparisons = item?.comparison ? [item.comparison] : await server.request(serverRequests.comparisons, {});
  const found = [];
  for (const comparison of comparisons) {
    const uri = Uri.file(join(comparison.folder, 'report.html'));
    if (await isFile(uri)) {
      found.push({ label: comparisonTitle(comparison), description: comparisonDescription(comparison), value: uri });
    }
  }
  if (found.length === 0) {
    return offer('There is no report yet: comparisons and sweeps write one.', 'Compare Methods…', 'prunelens.compare');
  }
  const report = found.length === 1 ? found[0].value : await pick('Open the report of', found);
  if (!report) return;
  await reports.show(report);
}
