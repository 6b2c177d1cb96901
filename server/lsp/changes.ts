/** Following what changes: edits, files on disk, settings and trust. */
import { basename, extname } from 'node:path';
import modelFiles from '../protocol/catalogue/modelFiles.json';
import { clientNotifications } from '../protocol/editor';
import type { ParamsOf } from '../protocol/messages';
import { SETTINGS_FILE } from '../settings/find';
import { fileOf } from './documents';
import type { Parts } from './parts';

/** Packages and what version control keeps change by the thousand. */
function isForeign(file: string): boolean {
  return /[\\/](?:node_modules|\.git)[\\/]/.test(file);
}

/** Runs, predictors and what else is written for the user. */
function isOurs(file: string): boolean {
  return /[\\/]\.prunelens(?:[\\/]|$)/.test(file);
}

/** Whether models may be found in a file. Folders have names without an extension; they come and go as a whole. */
function mayHoldModels(file: string): boolean {
  const extension = extname(file).slice(1);
  return extension === '' || modelFiles.extensions.includes(extension);
}

/** Whether scores may follow from what is in a file: data, or AutoS's predictor. */
function isInput(file: string): boolean {
  return /\.(?:safetensors|npz|csv|tsv|gz|bin)$/.test(file);
}

/** Whether models are built from a document as it is in the editor, saved or not. */
function isModule(file: string): boolean {
  return /\.(?:[cm]?[jt]sx?|py)$/.test(file);
}

export function followChanges({ session, context, publisher, rescoring, lasting }: Parts): void {
  const { connection, documents, discovery, runs } = context;
  const fileWritten = (file: string) => {
    if (basename(file) === SETTINGS_FILE) {
      rescoring.settingsChanged();
      // It may name further folders of runs.
      runs.changed();
      // Lenses tell whether models are set up.
      publisher.refresh();
    } else if (isInput(file)) rescoring.inputWritten();
  };
  documents.onOpened((document) => {
    for (const { model } of discovery.inDocument(document)) void lasting.restore(model);
  });
  documents.onChanged((file) => rescoring.edited(file));
  documents.onSaved((file) => {
    fileWritten(file);
    if (!isModule(file)) rescoring.saved(file);
  });
  connection.onDidChangeConfiguration(() => {
    session.settings().forget();
    publisher.refresh();
    runs.changed();
    rescoring.inputWritten();
  });
  connection.onDidChangeWatchedFiles(({ changes }) => {
    const files = changes.flatMap(({ uri }) => fileOf(uri) ?? []).filter((file) => !isForeign(file));
    if (files.some(mayHoldModels)) discovery.forget();
    if (files.some(isOurs)) runs.changed();
    for (const file of files) {
      // An open document tells of its changes itself; what is written here is never part of a model.
      if (!documents.ofFile(file) && !isOurs(file)) rescoring.edited(file);
      fileWritten(file);
    }
  });
  connection.onNotification(
    clientNotifications.pythonChosen.method,
    ({ choices }: ParamsOf<typeof clientNotifications.pythonChosen>) => {
      const byFolder = choices.flatMap(({ folderUri, path }) => {
        const folder = fileOf(folderUri);
        return folder === undefined ? [] : [[folder, path] as const];
      });
      session.choosePython(new Map(byFolder));
    },
  );
  connection.onNotification(
    clientNotifications.codeNarrowed.method,
    ({ isNarrow }: ParamsOf<typeof clientNotifications.codeNarrowed>) => {
      session.narrow(isNarrow);
      publisher.refresh();
    },
  );
  connection.onNotification(clientNotifications.trustGranted.method, () => {
    session.trust();
    publisher.refresh();
    runs.changed();
  });
}
