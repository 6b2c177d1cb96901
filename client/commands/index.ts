/** Every command of the extension, by its name in the manifest. */
import { commands, type Disposable } from 'vscode';
import { showFailure } from '../failures';
import type { Lens } from '../lens';
import * as models from './models';
import * as runs from './runs';
import * as survival from './survival';
import { cancelJob, restartWorker, statusMenu } from './work';

type Handler = (...given: readonly unknown[]) => Promise<void> | void;

/** What a command on models was called with: an argument, or an item of the tree. */
function modelArgument(given: unknown): models.ModelArgument {
  if (typeof given !== 'object' || given === null) return {};
  const { model, method, sparsity } = given as Record<string, unknown>;
  return {
    ...(typeof model === 'string' && { model }),
    ...(typeof method === 'string' && { method }),
    ...(typeof sparsity === 'number' && { sparsity }),
  };
}

/** An item of the runs view, if it is one. */
function runItem(given: unknown): runs.RunItem | undefined {
  const isItem = typeof given === 'object' && given !== null && ('run' in given || 'comparison' in given);
  return isItem ? (given as runs.RunItem) : undefined;
}

/** A tree calls with the item under the pointer and with all that are selected, the item among them. */
function runItems(item: unknown, selected: unknown): readonly runs.RunItem[] {
  const all = Array.isArray(selected) && selected.length > 0 ? selected : [item];
  return all.flatMap((one) => runItem(one) ?? []);
}

export function commandTable(lens: Lens): { readonly [name: string]: Handler } {
  return {
    'prunelens.score': (given) => models.score(lens, modelArgument(given)),
    'prunelens.prune': (given) => models.prune(lens, modelArgument(given)),
    'prunelens.train': (given) => models.train(lens, modelArgument(given), false),
    'prunelens.trainDense': (given) => models.train(lens, modelArgument(given), true),
    'prunelens.compare': (given) => models.compare(lens, modelArgument(given)),
    'prunelens.learn': (given) => survival.learn(lens, modelArgument(given)),
    'prunelens.showSurvival': () => survival.showSurvival(lens),
    'prunelens.showHeatmap': (given) => models.showHeatmap(lens, modelArgument(given)),
    'prunelens.setSparsity': (given) => models.setSparsity(lens, modelArgument(given)),
    'prunelens.exportMasks': (given) => models.exportMasks(lens, modelArgument(given)),
    'prunelens.showCurves': (item, selected) => runs.showCurves(lens, runItems(item, selected)),
    'prunelens.openReport': (item) => runs.openReport(lens, runItem(item)),
    'prunelens.runs.compareSelected': (item, selected) => runs.compareSelected(lens, runItems(item, selected)),
    'prunelens.runs.rename': (item) => runs.rename(lens, runItem(item)),
    'prunelens.runs.delete': (item, selected) => runs.remove(lens, runItems(item, selected)),
    'prunelens.runs.reveal': (item) => runs.reveal(lens, runItem(item)),
    'prunelens.runs.resume': (item) => runs.resume(lens, runItem(item)),
    'prunelens.runs.stop': (item) => runs.stop(lens, runItem(item)),
    'prunelens.runs.exportMasks': (item) => runs.exportMasksOfRun(lens, runItem(item)),
    'prunelens.cancelJob': (job) => cancelJob(lens, typeof job === 'string' ? job : undefined),
    'prunelens.restartWorker': () => restartWorker(lens),
    'prunelens.statusMenu': () => statusMenu(lens),
    'prunelens.showLog': () => lens.log.show(),
  };
}

/** Registers all commands; a failure of one is shown. */
export function registerCommands(lens: Lens): Disposable[] {
  return Object.entries(commandTable(lens)).map(([name, handler]) =>
    commands.registerCommand(name, async (...given: unknown[]) => {
      try {
        await handler(...given);
      } catch (error) {
        void showFailure(error);
      }
    }),
  );
}
