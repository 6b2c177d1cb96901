/** What is wrong with models, at the lines of their layers. */
import { type Diagnostic, DiagnosticSeverity } from 'vscode-languageserver/node';
import type { SourceLocation } from '../../protocol/errors';
import type { ModelName } from '../../protocol/results';
import { methodTitle } from '../methods';
import { builtOf, failureOf, shownAtLines } from '../model/selectors';
import type { ModelState } from '../model/state';
import { count, percent } from '../text';
import type { Follow } from './layerLines';

export const SOURCE = 'PruneLens';

/** What a quick fix needs. */
export interface DiagnosticData {
  readonly model: ModelName;
  readonly layer: string;
  readonly sparsity: number;
  /** Weights that every tensor would keep were they shared out evenly. */
  readonly share: number;
}

export interface FileDiagnostic {
  readonly file: string;
  readonly diagnostic: Diagnostic;
}

export interface Places {
  readonly follow: Follow;
  /** Length of a line of a file as it is now; undefined where the file is not open. */
  readonly lineLength: (file: string, line: number) => number | undefined;
}

function rangeAt({ file, line, column }: SourceLocation, revision: number, places: Places) {
  const start = places.follow(file, { line: line - 1, character: column - 1 }, revision) ?? {
    line: line - 1,
    character: 0,
  };
  const end = places.lineLength(file, start.line) ?? start.character + 1;
  return { start, end: { line: start.line, character: Math.max(end, start.character + 1) } };
}

/** Layers that cannot be built because PruneLens does not know them are no mistakes of the user. */
function isUnsupported(message: string): boolean {
  return /\bnot supported\b/.test(message);
}

function buildFailure(state: ModelState, places: Places): FileDiagnostic[] {
  const failed = failureOf(state);
  if (!failed) return [];
  const { failure, revision } = failed;
  const location = failure.location ?? { file: state.file, line: 1, column: 1 };
  const unsupported = isUnsupported(failure.message);
  return [
    {
      file: location.file,
      diagnostic: {
        range: rangeAt(location, revision, places),
        severity: unsupported ? DiagnosticSeverity.Information : DiagnosticSeverity.Error,
        source: SOURCE,
        code: unsupported ? 'unsupported' : 'build',
        message: failure.hint === undefined ? failure.message : `${failure.message}\n${failure.hint}`,
      },
    },
  ];
}

function brokenLayers(state: ModelState, places: Places): FileDiagnostic[] {
  const built = builtOf(state);
  const shown = shownAtLines(state);
  // What has been edited since is warned about once it is scored.
  if (!shown || !built || shown.stale) return [];
  const { selection } = shown;
  const sizes = (layer: string) => selection.layers.filter((one) => one.layer === layer);
  const warn = (name: string, code: 'collapse' | 'disconnected'): FileDiagnostic[] => {
    const layer = built.summary.layers.find((one) => one.name === name);
    const location = layer?.source[0] ?? { file: state.file, line: 1, column: 1 };
    const total = sizes(name).reduce((sum, one) => sum + one.total, 0);
    const kept = sizes(name).reduce((sum, one) => sum + one.kept, 0);
    const where = `at ${percent(selection.sparsity)} sparsity (${methodTitle(shown.method)})`;
    const message =
      code === 'collapse'
        ? `Layer ${name} keeps none of its ${count(total)} weights ${where}: nothing gets through it.`
        : `None of the ${count(kept)} weights that layer ${name} keeps ${where} lies on a path from the input to the output.`;
    const share = Math.floor(selection.kept / selection.layers.length);
    const data: DiagnosticData = { model: state.model, layer: name, sparsity: selection.sparsity, share };
    const range = rangeAt(location, built.revision, places);
    const diagnostic = { range, severity: DiagnosticSeverity.Warning, source: SOURCE, code, message, data };
    return [{ file: location.file, diagnostic }];
  };
  return [
    ...selection.collapsed.flatMap((layer) => warn(layer, 'collapse')),
    ...selection.disconnected.flatMap((layer) => warn(layer, 'disconnected')),
  ];
}

/** The diagnostics of one model. */
export function diagnosticsOf(state: ModelState, places: Places): FileDiagnostic[] {
  return [...buildFailure(state, places), ...brokenLayers(state, places)];
}

/** The diagnostics of all models by file; files that had some before are there with none. */
export function diagnosticsByFile(
  states: readonly ModelState[],
  places: Places,
  before: Iterable<string>,
): ReadonlyMap<string, readonly Diagnostic[]> {
  const files = new Map<string, Diagnostic[]>();
  for (const file of before) files.set(file, []);
  for (const { file, diagnostic } of states.flatMap((state) => diagnosticsOf(state, places))) {
    const list = files.get(file) ?? [];
    // Two models of one file fail of one mistake.
    if (
      !list.some((one) => one.message === diagnostic.message && one.range.start.line === diagnostic.range.start.line)
    ) {
      list.push(diagnostic);
    }
    files.set(file, list);
  }
  return files;
}
