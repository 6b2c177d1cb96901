/** The model definitions of open documents and workspace folders, found without running anything. */
import type { TextDocument } from 'vscode-languageserver-textdocument';
import {
  createNeighbours,
  type FoundModel,
  FRONT_ENDS,
  type FrontEnd,
  findModels,
  findModelsInText,
  frontEndFor,
  type Neighbours,
} from '../../frontends';
import type { ModelEntry } from '../../protocol/editor';
import { UserError } from '../../protocol/errors';
import { type Documents, fileOf } from '../documents';
import { createNames, type Names } from './names';
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
  /** Told what is found; by default models have names among themselves. */
  readonly names?: Names;
  /** Untrusted workspaces show only what can be used without running code. */
  readonly isTrusted: () => boolean;
  readonly onProblem: (message: string) => void;
  readonly frontEnds?: readonly FrontEnd[];
}

/** Milliseconds for which a search of a folder holds, from its end, where no client watches files. */
const SEARCH_LASTS = 2000;

interface Search {
  /** Of the files on disk, when it began. */
  readonly revision: number;
  readonly models: Promise<readonly FoundModel[]>;
  /** When it was over. */
  ended?: number;
}

/** Tells each message once: a search is repeated whenever files change. */
function createOnce(tell: (message: string) => void) {
  const told = new Set<string>();
  return {
    tell(message: string): void {
      if (told.has(message)) return;
      told.add(message);
      tell(message);
    },
  };
}

/** What only running it tells of is none until somebody has had it run. */
const isModel = ({ kind, scored }: ModelEntry) => kind !== 'possible' || scored.length > 0;

export function createDiscovery({
  documents,
  store,
  names = createNames(() => []),
  isTrusted,
  onProblem,
  frontEnds = FRONT_ENDS,
}: DiscoveryOptions): Discovery {
  const parsed = new Map<string, { text: string; around: Neighbours; models: readonly FoundModel[] }>();
  const searched = new Map<string, Search>();
  const told = createOnce(onProblem);
  let revision = 0;
  let neighbours: { readonly at: string; readonly files: Neighbours } | undefined;

  const toEntry = (uri: string, { specifier, kind, channelsLast, range }: FoundModel): ModelEntry => {
    const state = store.get(specifier);
    const scored = state ? scoresOf(state).map(({ method }) => method) : [];
    const shown = state && resultsOf(state)?.shown;
    return {
      model: specifier,
      uri,
      label: names.of(specifier),
      kind,
      ...(channelsLast && { channelsLast }),
      range: {
        start: { line: range.start.line - 1, character: range.start.column - 1 },
        end: { line: range.end.line - 1, character: range.end.column - 1 },
      },
      scored: [...scored].sort((a, b) => Number(b === shown) - Number(a === shown)),
    };
  };
  const allowed = (models: readonly FoundModel[]) =>
    isTrusted() ? models : models.filter(({ file }) => !frontEndFor(file, frontEnds)!.runsCode(file));

  /** The files that a document may import, as they are now: open documents count as they are in the editor. */
  const filesAround = (): Neighbours => {
    const versions = documents.all().map(({ uri, version }) => `${uri} ${version}`);
    const at = [revision, ...versions].join('\n');
    if (neighbours?.at !== at) {
      neighbours = { at, files: createNeighbours((file) => documents.ofFile(file)?.getText()) };
    }
    return neighbours.files;
  };

  const parse = (document: TextDocument, file: string): readonly FoundModel[] => {
    const text = document.getText();
    const before = parsed.get(document.uri);
    const around = filesAround();
    if (before?.text === text && before.around === around) return before.models;
    try {
      const models = findModelsInText(text, file, frontEnds, around, true);
      parsed.set(document.uri, { text, around, models });
      return models;
    } catch (error) {
      if (!(error instanceof UserError)) onProblem(`Reading ${file} failed: ${String(error)}`);
      return before?.models ?? [];
    }
  };
  documents.onClosed(({ uri }) => parsed.delete(uri));

  const begin = (folder: string): Search => {
    const begun: Search = {
      revision,
      models: findModels(folder, { frontEnds, further: true, onLeftOut: ({ message }) => told.tell(message) })
        .catch((error) => {
          onProblem(`Searching ${folder} for models failed: ${String(error)}`);
          return [];
        })
        .finally(() => {
          begun.ended = Date.now();
        }),
    };
    return begun;
  };
  /** One search of a folder runs at a time; those who ask meanwhile wait for it, and for the next one where files have changed. */
  const search = async (folder: string): Promise<readonly FoundModel[]> => {
    const known = searched.get(folder);
    const isFresh = known?.revision === revision && Date.now() - (known.ended ?? Date.now()) < SEARCH_LASTS;
    if (known && isFresh) return known.models;
    if (known && known.ended === undefined) {
      await known.models;
      return search(folder);
    }
    const begun = begin(folder);
    searched.set(folder, begun);
    return begun.models;
  };

  const inDocument = (document: TextDocument): readonly ModelEntry[] => {
    const file = fileOf(document.uri);
    return file === undefined ? [] : allowed(parse(document, file)).map((found) => toEntry(document.uri, found));
  };
  return {
    inDocument,
    async inFolders(folders) {
      const onDisk = (await Promise.all(folders.map(search))).flat();
      const open = documents.all().flatMap(inDocument).filter(isModel);
      const closed = allowed(onDisk).filter(({ file }) => documents.ofFile(file) === undefined);
      const entries = [...open, ...closed.map((found) => toEntry(documents.uriOf(found.file), found))];
      // Folders can lie in one another.
      const unique = new Map(entries.map((entry) => [entry.model, entry]));
      names.found([...unique.keys()]);
      return [...unique.values()]
        .map((entry) => ({ ...entry, label: names.of(entry.model) }))
        .sort((a, b) => (a.model < b.model ? -1 : 1));
    },
    forget() {
      revision++;
    },
  };
}
