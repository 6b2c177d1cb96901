/** The documents that are open in the editor: their texts, what is not saved, and where edits moved things to. */
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Connection, TextDocumentContentChangeEvent } from 'vscode-languageserver/node';
import { TextDocuments } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { readText } from '../files/regular';
import type { UnsavedFile } from '../protocol/worker';
import { createEditHistory, type EditHistory, editBetween, type Place } from './edits';

export interface Documents {
  get(uri: string): TextDocument | undefined;
  ofFile(file: string): TextDocument | undefined;
  all(): readonly TextDocument[];
  /** The address that the client uses for a file. */
  uriOf(file: string): string;
  /** Number of edits so far, in all documents. */
  revision(): number;
  /** Revision of the last edit of a file; 0 where it has none. */
  lastEdit(file: string): number;
  /** Where a place that a file had at `revision` is now; undefined where it is gone. */
  follow(file: string, place: Place, revision: number): Place | undefined;
  /** Documents whose texts differ from what is on disk. */
  unsaved(): readonly UnsavedFile[];
  onOpened(listener: (document: TextDocument) => void): void;
  /** A file's text, as the engine sees it, has changed. */
  onChanged(listener: (file: string) => void): void;
  onSaved(listener: (file: string) => void): void;
  onClosed(listener: (document: TextDocument) => void): void;
}

/** The absolute path of a file: address; undefined for documents that are no files (untitled, version control, …). */
export function fileOf(uri: string, windows = process.platform === 'win32'): string | undefined {
  if (!uri.startsWith('file:')) return undefined;
  try {
    return fileURLToPath(uri, { windows });
  } catch {
    return undefined;
  }
}

/** Follows the documents of `connection`. */
export function createDocuments(connection: Connection): Documents {
  const histories = new Map<string, EditHistory>();
  const dirty = new Set<string>();
  const uris = new Map<string, string>();
  const changeListeners: ((file: string) => void)[] = [];
  let revision = 0;

  const record = (file: string, before: string, after: string) => {
    const edit = editBetween(before, after, revision + 1);
    if (!edit) return;
    revision++;
    const history = histories.get(file) ?? createEditHistory();
    history.add(edit);
    histories.set(file, history);
    for (const listener of changeListeners) listener(file);
  };

  const documents = new TextDocuments<TextDocument>({
    create: TextDocument.create,
    update(document: TextDocument, changes: TextDocumentContentChangeEvent[], version: number) {
      const before = document.getText();
      const updated = TextDocument.update(document, changes, version);
      const file = fileOf(document.uri);
      if (file !== undefined) {
        dirty.add(file);
        record(file, before, updated.getText());
      }
      return updated;
    },
  });

  documents.onDidOpen(async ({ document }) => {
    const file = fileOf(document.uri);
    if (file === undefined) return;
    uris.set(file, document.uri);
    const version = document.version;
    const onDisk = await readText(file).catch(() => undefined);
    const now = documents.get(document.uri);
    // An editor may open a document with text that was never saved.
    if (now?.version === version && onDisk !== undefined && onDisk !== now.getText()) {
      dirty.add(file);
      record(file, onDisk, now.getText());
    }
  });
  const saveListeners: ((file: string) => void)[] = [];
  documents.onDidSave(({ document }) => {
    const file = fileOf(document.uri);
    if (file === undefined) return;
    dirty.delete(file);
    for (const listener of saveListeners) listener(file);
  });
  documents.onDidClose(async ({ document }) => {
    const file = fileOf(document.uri);
    if (file === undefined || !dirty.delete(file)) return;
    const onDisk = await readText(file).catch(() => undefined);
    // Changes that were thrown away: what is on disk counts again.
    if (onDisk !== undefined && !documents.get(document.uri)) record(file, document.getText(), onDisk);
  });
  documents.listen(connection);

  const ofFile = (file: string) => documents.get(uris.get(file) ?? pathToFileURL(file).href);
  return {
    get: (uri) => documents.get(uri),
    ofFile,
    all: () => documents.all(),
    uriOf: (file) => uris.get(file) ?? pathToFileURL(file).href,
    revision: () => revision,
    lastEdit: (file) => histories.get(file)?.lastRevision() ?? 0,
    follow: (file, place, from) => {
      const history = histories.get(file);
      return history ? history.follow(place, from) : place;
    },
    unsaved: () =>
      [...dirty].flatMap((file) => {
        const text = ofFile(file)?.getText();
        return text === undefined ? [] : [{ file, text }];
      }),
    onOpened: (listener) => documents.onDidOpen(({ document }) => listener(document)),
    onChanged: (listener) => changeListeners.push(listener),
    onSaved: (listener) => saveListeners.push(listener),
    onClosed: (listener) => documents.onDidClose(({ document }) => listener(document)),
  };
}
