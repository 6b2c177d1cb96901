/** Telling the client what has changed, many changes at once. */
import { CodeLensRefreshRequest, type Connection, InlayHintRefreshRequest } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { serverNotifications } from '../../protocol/editor';
import type { ClientFacts } from '../client';
import type { Documents } from '../documents';
import type { ModelState } from '../model/state';
import type { ModelStore } from '../model/store';
import { notify } from '../sending';
import { diagnosticsByFile, type Places } from './diagnostics';

/** Milliseconds in which changes are gathered. */
const GATHER = 20;

export interface Publisher {
  /** A model's state has changed. */
  changed(state: ModelState): void;
  /** Lenses have to be drawn again, for another reason. */
  refresh(): void;
  dispose(): void;
}

export interface PublisherOptions {
  readonly connection: Connection;
  readonly client: () => ClientFacts;
  readonly documents: Documents;
  readonly store: () => ModelStore;
}

/** A line of a document, without its break and spaces before that; empty where there is no such line. */
export function lineOf(document: TextDocument, line: number): string {
  return document.getText({ start: { line, character: 0 }, end: { line: line + 1, character: 0 } }).trimEnd();
}

/** Lengths of lines as they are in the open documents, without the line breaks. */
function lineLengthIn(documents: Documents): Places['lineLength'] {
  return (file, line) => {
    const document = documents.ofFile(file);
    return !document || line >= document.lineCount ? undefined : lineOf(document, line).length;
  };
}

export function createPublisher({ connection, client, documents, store }: PublisherOptions): Publisher {
  const models = new Set<string>();
  let published = new Map<string, string>();
  let timer: NodeJS.Timeout | undefined;

  const publishDiagnostics = () => {
    const places = {
      follow: documents.follow,
      lineLength: lineLengthIn(documents),
      uriOf: documents.uriOf,
      // VS Code's own TypeScript marks the same place, before anything is run.
      tellsSource: (file: string) => client().isExtension && /\.[cm]?tsx?$/.test(file),
    };
    const files = diagnosticsByFile(store().all(), places, published.keys());
    const next = new Map<string, string>();
    for (const [file, diagnostics] of files) {
      const text = JSON.stringify(diagnostics);
      if (published.get(file) !== text) {
        void connection.sendDiagnostics({ uri: documents.uriOf(file), diagnostics: [...diagnostics] });
      }
      if (diagnostics.length > 0) next.set(file, text);
    }
    published = next;
  };

  const publish = () => {
    timer = undefined;
    for (const model of models) notify(connection, serverNotifications.modelChanged, { model });
    models.clear();
    publishDiagnostics();
    // A client that is closing does not answer; nothing depends on it.
    if (client().refreshHints) connection.sendRequest(InlayHintRefreshRequest.type).catch(() => {});
    if (client().refreshLenses) connection.sendRequest(CodeLensRefreshRequest.type).catch(() => {});
  };
  const schedule = () => {
    timer ??= setTimeout(publish, GATHER);
  };
  return {
    changed({ model }) {
      models.add(model);
      schedule();
    },
    refresh: schedule,
    dispose: () => clearTimeout(timer),
  };
}
