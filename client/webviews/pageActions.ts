/** What pages ask of the extension itself. */
import { basename } from 'node:path';
import { env, Uri, window, workspace } from 'vscode';
import { serverCommands, serverRequests } from '../../server/protocol/editor';
import { splitModelName } from '../../server/protocol/modelNames';
import type { RunSummary } from '../../server/protocol/results';
import type { PageContext, SavedContents } from '../../server/protocol/webview';
import { askModel } from '../ask';
import { exportMasksOf, folderOf, tellSaved } from '../commands/exportMasks';
import { keepForm, keptForm, startForm, writeSweep } from '../commands/forms';
import { remove, rename, resumeRun, stopRun } from '../commands/runs';
import { showModelOfRun } from '../commands/showModel';
import { resumeSweep } from '../commands/sweep';
import { revealSource, showFailure } from '../failures';
import type { Lens } from '../lens';
import { runWithProgress } from '../progress';
import type { ActionHandlers } from './bridge';

/** @param shown The file of the model that the page shows. */
async function saveFile(
  name: string,
  contents: SavedContents,
  shown: string | undefined,
): Promise<{ readonly file: string } | null> {
  const folder = folderOf(shown);
  const extension = /\.(\w+)$/.exec(name)?.[1];
  const target = await window.showSaveDialog({
    title: `Save ${basename(name)}`,
    ...(folder && { defaultUri: Uri.joinPath(folder, basename(name)) }),
    ...(extension && { filters: { [extension.toUpperCase()]: [extension] } }),
  });
  if (!target) return null;
  const bytes = 'text' in contents ? Buffer.from(contents.text, 'utf8') : Buffer.from(contents.dataBase64, 'base64');
  await workspace.fs.writeFile(target, bytes);
  tellSaved([target.fsPath]);
  return { file: target.fsPath };
}

/** The runs in these folders. @throws Error where one is gone. */
async function runsIn({ server }: Lens, folders: readonly string[]): Promise<readonly RunSummary[]> {
  const byFolder = new Map((await server.request(serverRequests.runs, {})).map((run) => [run.run, run]));
  return folders.map((folder) => {
    const run = byFolder.get(folder);
    if (!run) throw new Error(`There is no run in ${folder} any more.`);
    return run;
  });
}

/** @param context What the page is told when it starts. */
export function actionsOf(lens: Lens, context: () => PageContext): ActionHandlers {
  const { server } = lens;
  return {
    ready: async () => context(),
    reveal: async ({ file, line, column }) => {
      await revealSource(file, line, column);
      return null;
    },
    score: async ({ model, method }) => {
      const argument = { model, ...(method !== undefined && { method }) };
      await runWithProgress(server, `Scoring ${server.nameOf(model)}`, serverCommands.score, argument);
      return null;
    },
    exportMasks: async ({ model, ...choice }) => {
      const entry = await askModel(server, 'Export masks', model);
      const file = entry && (await exportMasksOf(lens, entry, choice));
      return file === undefined ? null : { file };
    },
    keptForm: async ({ form }) => keptForm(lens, form),
    keepForm: async ({ form, typed }) => {
      await keepForm(lens, form, typed);
      return null;
    },
    startForm: async ({ model, form, values }) => {
      // As with a run that is resumed: the reply says that it was begun.
      startForm(lens, { model, kind: form, values }).catch(showFailure);
      return null;
    },
    writeSweep: async (order) => ({ file: workspace.asRelativePath(await writeSweep(lens, order)) }),
    writeSettings: (params) => server.execute(serverCommands.writeSettings, params),
    chooseData: (params) => server.execute(serverCommands.chooseData, params),
    stopRun: async ({ run }) => {
      await stopRun(lens, run);
      return null;
    },
    resumeRun: async ({ run: folder }) => {
      const [run] = await runsIn(lens, [folder]);
      // The reply says that it was begun; how it goes is told by events, and a failure by a message.
      resumeRun(lens, run).catch(showFailure);
      return null;
    },
    resumeSweep: async ({ comparison }) => {
      resumeSweep(lens, comparison).catch(showFailure);
      return null;
    },
    showCurves: async ({ runs }) => {
      lens.showCurves({ runs });
      return null;
    },
    renameRun: async ({ run: folder }) => {
      const [run] = await runsIn(lens, [folder]);
      await rename(lens, { run });
      return null;
    },
    showModelOfRun: async ({ run: folder }) => {
      const [run] = await runsIn(lens, [folder]);
      await showModelOfRun(lens, run);
      return null;
    },
    deleteRuns: async ({ runs }) => {
      await remove(
        lens,
        (await runsIn(lens, runs)).map((run) => ({ run })),
      );
      return null;
    },
    noteRuns: async ({ changes }) => {
      for (const change of changes) await server.execute(serverCommands.noteRun, change);
      return null;
    },
    saveFile: ({ name, ...contents }) => {
      const { model } = context();
      return saveFile(name, contents, model === undefined ? undefined : splitModelName(model).file);
    },
    copy: async ({ text }) => {
      await env.clipboard.writeText(text);
      return null;
    },
  };
}
