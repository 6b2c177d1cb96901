/** Every command of the extension, by its name in the manifest. */
import { commands, type Disposable } from 'vscode';
import type { FormKind } from '../../server/protocol/catalogue/derive';
import type { LensCommand } from '../../server/protocol/editor';
import { showFailure } from '../failures';
import type { Lens } from '../lens';
import { modelAtLine } from '../views/gutter';
import { openForm } from './forms';
import * as models from './models';
import * as runs from './runs';
import { type SetUpArgument, setUp } from './setUp';
import * as survival from './survival';
import { resumeSweep, runSweep } from './sweep';
import { trySample } from './trySample';
import {
  cancelJob,
  measureBackends,
  moveJobFirst,
  pauseQueue,
  restartWorker,
  setupTensorflow,
  statusMenu,
} from './work';

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

/** That of a question after a failure says what is missing. */
function setUpArgument(given: unknown): SetUpArgument {
  const isInputs = typeof given === 'object' && given !== null && 'inputsAlone' in given && given.inputsAlone === true;
  return { ...modelArgument(given), inputsAlone: isInputs };
}

/** The file that a lens names, or a menu of files, which passes its address. */
function fileArgument(given: unknown): string | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const { file, fsPath } = given as Record<string, unknown>;
  return [file, fsPath].find((path) => typeof path === 'string');
}

/** An item of the runs view, if it is one. */
function runItem(given: unknown): runs.RunItem | undefined {
  const isItem = typeof given === 'object' && given !== null && ('run' in given || 'comparison' in given);
  return isItem ? (given as runs.RunItem) : undefined;
}

/** What a key in the view of runs says in place of an item: those that are selected there are meant. */
const SELECTED = 'selected';

/** A tree calls with the item under the pointer and with all that are selected, the item among them. */
function runItems(item: unknown, selected: unknown): readonly runs.RunItem[] {
  const all = Array.isArray(selected) && selected.length > 0 ? selected : [item];
  return all.flatMap((one) => runItem(one) ?? []);
}

/** The id of a job: what a menu calls with, or an item of the jobs view. */
function jobId(given: unknown): string | undefined {
  if (typeof given === 'string') return given;
  const id = typeof given === 'object' && given !== null && 'id' in given ? given.id : undefined;
  return typeof id === 'string' ? id : undefined;
}

/** Every command with what it does, called as lenses, trees, key bindings and the palette call it. */
export function commandTable(
  lens: Lens,
): { readonly [name: string]: Handler } & { readonly [name in LensCommand]: Handler } {
  const onModel =
    (run: (lens: Lens, argument: models.ModelArgument) => Promise<void>): Handler =>
    async (given) => {
      const model = await modelAtLine(lens.server, given);
      return run(lens, model === undefined ? modelArgument(given) : { model });
    };
  const onForm = (kind: FormKind): Handler => onModel((_, argument) => openForm(lens, argument, kind));
  const onRun =
    (run: (lens: Lens, item: runs.RunItem | undefined) => Promise<void>): Handler =>
    (item) =>
      run(lens, runItem(item === SELECTED ? lens.selectedRuns()[0] : item));
  const onRuns =
    (run: (lens: Lens, items: readonly runs.RunItem[]) => Promise<void>): Handler =>
    (item, selected) =>
      run(lens, item === SELECTED ? runItems(undefined, lens.selectedRuns()) : runItems(item, selected));
  return {
    'prunelens.trySample': () => trySample(lens),
    'prunelens.setUp': (given) => setUp(lens, setUpArgument(given)),
    'prunelens.explain': () => models.explain(lens),
    'prunelens.chooseData': onModel(models.chooseData),
    'prunelens.score': onModel(models.score),
    'prunelens.prune': onModel(models.prune),
    'prunelens.train': onModel(models.trainMasked),
    'prunelens.trainDense': onModel(models.trainDense),
    'prunelens.trainForm': onForm('train'),
    'prunelens.compare': onForm('compare'),
    'prunelens.newSweep': onForm('sweep'),
    'prunelens.search': onForm('search'),
    'prunelens.shrink': onForm('shrink'),
    'prunelens.runSweep': (given) => runSweep(lens, fileArgument(given)),
    'prunelens.resumeSweep': (given) => resumeSweep(lens, runItem(given)?.comparison?.folder),
    'prunelens.learn': onForm('learn'),
    'prunelens.showSurvival': () => survival.showSurvival(lens),
    'prunelens.showHeatmap': onModel(models.showHeatmap),
    'prunelens.showArchitecture': onModel(models.showArchitecture),
    'prunelens.setSparsity': onModel(models.setSparsity),
    'prunelens.exportMasks': onModel(models.exportMasks),
    'prunelens.showCurves': onRuns(runs.showCurves),
    'prunelens.showRuns': (given) => lens.showRuns(runItem(given)?.comparison?.folder),
    'prunelens.openReport': onRun(runs.openReport),
    'prunelens.openReportInBrowser': () => lens.reports.openInBrowser(),
    'prunelens.runs.compareSelected': onRuns(runs.compareSelected),
    'prunelens.runs.rename': onRun(runs.rename),
    'prunelens.runs.delete': onRuns(runs.remove),
    'prunelens.runs.reveal': onRun(runs.reveal),
    'prunelens.runs.showModel': onRun(runs.showModel),
    'prunelens.runs.resume': onRun(runs.resume),
    'prunelens.runs.stop': onRun(runs.stop),
    'prunelens.runs.exportMasks': onRun(runs.exportMasksOfRun),
    'prunelens.cancelJob': (job) => cancelJob(lens, jobId(job)),
    'prunelens.moveJobFirst': (job) => moveJobFirst(lens, jobId(job)),
    'prunelens.pauseQueue': () => pauseQueue(lens, true),
    'prunelens.resumeQueue': () => pauseQueue(lens, false),
    'prunelens.restartWorker': () => restartWorker(lens),
    'prunelens.measureBackends': () => measureBackends(lens),
    'prunelens.setupTensorflow': () => setupTensorflow(lens),
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
