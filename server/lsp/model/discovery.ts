/** The model definitions of open documents and workspace folders, found without running anything. */
import { basename } from 'node:path';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { type FoundModel, FRONT_ENDS, type FrontEnd, findModels, findModelsInText, frontEndFor } from '../../frontends';
import type { ModelEntry } from '../../protocol/editor';
import { UserError } from '../../protocol/errors';
import { type Documents, fileOf } from '../documents';
import { resultsOf, scoresOf } from './selectors';
import type { ModelStore } from './store';

export interface Discovery {
  /** Models of an open document, as it is now. While its text has a syntax error: those from before. */
  inDocument(document: TextDocument): readonly ModelEntry[];
  /** Models of the folders, with open documents as they are now. */
  inFolders(folders: readonly string[]): Promise<readonly ModelEntry[]>;
  /** Files on disk have changed. */
  forget(): void;
}

export interface DiscoveryOptions {
  readonly documents: Documents;
  readonly store: ModelStore;
  /** Untrusted workspaces show only what can be used without running code. */
  readonly isTrusted: () => boolean;
  readonly onProblem: (message: string) => void;
  readonly frontEnds?: readonly FrontEnd[];
}

/** Milliseconds for which a search of a folder holds where no client watches files. */
const SEARCH_LASTS = 2000;

export function createDiscovery({
  documents,
  store,
  isTrusted,
  onProblem,
  frontEnds = FRONT_ENDS,
}: DiscoveryOptions): Discovery {
  const parsed = new Map<string, { text: string; models: readonly FoundModel[] }>();
  const searched = new Map<string, { at: number; models: Promise<readonly FoundModel[]> }>();

  const toEntry = (uri: string, { specifier, file, exportName, kind, range }: FoundModel): ModelEntry => {
    const state = store.get(specifier);
    const scored = state ? scoresOf(state).map(({ method }) => method) : [];
    const shown = state && resultsOf(state)?.shown;
    return {
      model: specifier,
      uri,
      label: exportName === undefined || exportName === 'default' ? basename(file) : `${basename(file)}#${exportName}`,
      kind,
      range: {
        start: { line: range.start.line - 1, character: range.start.column - 1 },
        end: { line: range.end.line - 1, character: range.end.column - 1 },
      },
      scored: [...scored].sort((a, b) => Number(b === shown) - Number(a === shown)),
    };
  };
  const allowed = (models: readonly FoundModel[]) =>
    isTrusted() ? models : models.filter(({ file }) => !frontEndFor(file, frontEnds)!.runsCode(file));

  const parse = (document: TextDocument, file: string): readonly FoundModel[] => {
    const text = document.getText();
    const before = parsed.get(document.uri);
    if (before?.text === text) return before.models;
    try {
      const models = findModelsInText(text, file, frontEnds);
      parsed.set(document.uri, { text, models });
      return models;
    } catch (error) {
      if (!(error instanceof UserError)) onProblem(`Reading ${file} failed: ${String(error)}`);
      return before?.models ?? [];
    }
  };
  documents.onClosed(({ uri }) => parsed.delete(uri));

  const search = (folder: string): Promise<readonly FoundModel[]> => {
    const known = searched.get(folder);
    if (known && Date.now() - known.at < SEARCH_LASTS) return known.models;
    const models = findModels(folder, { frontEnds }).catch((error) => {
      onProblem(`Searching ${folder} for models failed: ${String(error)}`);
      return [];
    });
    searched.set(folder, { at: Date.now(), models });
    return models;
  };

  const inDocument = (document: TextDocument): readonly ModelEntry[] => {
    const file = fileOf(document.uri);
    return file === undefined ? [] : allowed(parse(document, file)).map((found) => toEntry(document.uri, found));
  };
  return {
    inDocument,
    async inFolders(folders) {
      const onDisk = (await Promise.all(folders.map(search))).flat();
      const open = documents.all().flatMap(inDocument);
      const closed = allowed(onDisk).filter(({ file }) => documents.ofFile(file) === undefined);
      const entries = [...open, ...closed.map((found) => toEntry(documents.uriOf(found.file), found))];
      // Folders can lie in one another.
      const unique = new Map(entries.map((entry) => [entry.model, entry]));
      return [...unique.values()].sort((a, b) => (a.model < b.model ? -1 : 1));
    },
    forget: () => searched.clear(),
  };
}
