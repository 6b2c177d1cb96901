/** Following what changes: edits, files on disk, settings and trust. */
import { basename } from 'node:path';
import { clientNotifications } from '../protocol/editor';
import type { ParamsOf } from '../protocol/messages';
import { SETTINGS_FILE } from '../settings/find';
import { fileOf } from './documents';
import type { Parts } from './parts';

export function followChanges({ session, context, publisher, rescoring }: Parts): void {
  const { connection, documents, discovery, runs } = context;
  const fileWritten = (file: string) => {
    if (basename(file) === SETTINGS_FILE) {
      rescoring.settingsChanged();
      // Lenses tell whether models are set up.
      publisher.refresh();
    } else if (file.endsWith('.safetensors')) rescoring.predictorWritten();
  };
  documents.onChanged((file) => rescoring.edited(file));
  documents.onSaved(fileWritten);
  connection.onDidChangeConfiguration(() => {
    session.settings().forget();
    publisher.refresh();
    runs.changed();
  });
  connection.onDidChangeWatchedFiles(({ changes }) => {
    // Checkpoints and masks are written all the time.
    if (!changes.every(({ uri }) => uri.endsWith('.safetensors'))) discovery.forget();
    if (changes.some(({ uri }) => uri.includes('.prunelens'))) runs.changed();
    for (const { uri } of changes) {
      const file = fileOf(uri);
      // An open document tells of its changes itself.
      if (file !== undefined && !documents.ofFile(file)) rescoring.edited(file);
      if (file !== undefined) fileWritten(file);
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
  connection.onNotification(clientNotifications.trustGranted.method, () => {
    session.trust();
    publisher.refresh();
  });
}
