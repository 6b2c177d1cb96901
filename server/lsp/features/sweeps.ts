/** Files of sweeps, which are YAML: a lens that runs them, what is wrong with them, and completion. */
import {
  type CodeLens,
  type CompletionItem,
  CompletionItemKind,
  type Diagnostic,
  DiagnosticSeverity,
  type Position,
  TextEdit,
} from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { SWEEP_COMMAND, serverCommands } from '../../protocol/editor';
import { isSweepFile } from '../../protocol/sweep';
import type { SweepCheck } from '../../protocol/worker';
import type { Context } from '../context';
import { fileOf } from '../documents';
import { count } from '../text';
import { SOURCE } from './diagnostics';

/** Milliseconds after the last edit in which a file is not checked. */
const PAUSE = 300;

/** Keys that a sweep's file has, of which two tell it from other YAML. */
const KEYS = /^(models|methods|sparsities)[ \t]*:/gm;

/** Whether a document is the file of a sweep, also one that is not written to its end. */
export function isSweep(document: Pick<TextDocument, 'uri' | 'getText'>): boolean {
  const { uri } = document;
  if (!isSweepFile(uri)) return false;
  if (/\.sweep\.ya?ml$/i.test(uri)) return true;
  return new Set(Array.from(document.getText().matchAll(KEYS), ([, key]) => key)).size >= 2;
}

/** `Run sweep`, and how many runs that is. */
export function sweepLenses(file: string, check: SweepCheck | undefined, client: 'extension' | 'other'): CodeLens[] {
  if (check && check.mistakes.length > 0) return [];
  const start = { line: 0, character: 0 };
  const runs = check?.runs === undefined ? '' : ` · ${count(check.runs)} ${check.runs === 1 ? 'run' : 'runs'}`;
  const command = client === 'extension' ? SWEEP_COMMAND : serverCommands.sweep.method;
  return [{ range: { start, end: start }, command: { title: `Run sweep${runs}`, command, arguments: [{ file }] } }];
}

/** Mistakes at their places, each to the end of its line. */
export function sweepDiagnostics(document: TextDocument, { mistakes }: SweepCheck): Diagnostic[] {
  return mistakes.map(({ message, line, column }) => {
    const start = { line: line - 1, character: column - 1 };
    const text = document.getText({ start, end: { line, character: 0 } }).trimEnd();
    const end = { line: line - 1, character: start.character + Math.max(1, text.length) };
    return { range: { start, end }, severity: DiagnosticSeverity.Error, source: SOURCE, code: 'sweep', message };
  });
}

export interface Sweeps {
  /** The lens of a document; none where it is no sweep's file. */
  lenses(document: TextDocument): CodeLens[];
  completions(document: TextDocument, position: Position): Promise<CompletionItem[]>;
}

/** Follows the files of sweeps that are open. @param refresh Lenses have to be drawn again. */
export function followSweeps(context: Context, refresh: () => void): Sweeps {
  const { connection, documents, folders } = context;
  const checks = new Map<string, SweepCheck>();
  const timers = new Map<string, NodeJS.Timeout>();

  const forget = (uri: string) => {
    clearTimeout(timers.get(uri));
    timers.delete(uri);
    if (checks.delete(uri)) void connection.sendDiagnostics({ uri, diagnostics: [] });
  };
  const check = async (uri: string) => {
    const document = documents.get(uri);
    const file = fileOf(uri);
    if (!document || file === undefined) return;
    if (!isSweep(document)) return forget(uri);
    const { version } = document;
    try {
      const checked = await folders.engine(file).call('checkSweep', { file, text: document.getText() });
      const now = documents.get(uri);
      if (now?.version !== version) return;
      checks.set(uri, checked);
      void connection.sendDiagnostics({ uri, diagnostics: sweepDiagnostics(now, checked) });
      refresh();
    } catch (error) {
      context.log(`${file} could not be checked: ${String(error)}`);
    }
  };
  const schedule = (uri: string, pause: number) => {
    clearTimeout(timers.get(uri));
    timers.set(
      uri,
      setTimeout(() => void check(uri), pause),
    );
  };
  documents.onOpened(({ uri }) => schedule(uri, 0));
  documents.onChanged((file) => {
    const document = documents.ofFile(file);
    if (document && isSweepFile(document.uri)) schedule(document.uri, PAUSE);
  });
  documents.onClosed(({ uri }) => forget(uri));

  return {
    lenses(document) {
      const file = fileOf(document.uri);
      if (file === undefined || !isSweep(document)) return [];
      return sweepLenses(file, checks.get(document.uri), context.client().isExtension ? 'extension' : 'other');
    },
    async completions(document, position) {
      const file = fileOf(document.uri);
      if (file === undefined || !isSweep(document)) return [];
      const found = await folders.engine(file).call('completeSweep', { text: document.getText(), ...position });
      return found.map(({ kind, text, detail, column }, at) => ({
        label: text,
        ...(detail !== undefined && { detail }),
        kind: kind === 'key' ? CompletionItemKind.Property : CompletionItemKind.Value,
        sortText: String(at).padStart(4, '0'),
        textEdit: TextEdit.replace(
          { start: { line: position.line, character: column }, end: position },
          kind === 'key' ? `${text}: ` : text,
        ),
      }));
    },
  };
}
