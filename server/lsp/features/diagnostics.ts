/** What is wrong with models, at the lines of their layers. */
import { type Diagnostic, DiagnosticSeverity } from 'vscode-languageserver/node';
import type { SourceLocation } from '../../protocol/errors';
import type { ModelName } from '../../protocol/results';
import { methodTitle } from '../methods';
import { builtOf, failureOf, shownAtLines } from '../model/selectors';
import type { ModelState } from '../model/state';
import { count, exactPercent } from '../text';
import type { Follow } from './layerLines';

export const SOURCE = 'PruneLens';

/** What a quick fix needs of a model that could not be built. */
export interface BuildData {
  readonly model: ModelName;
}

/** What a quick fix needs of layers that nothing is left of. */
export interface DiagnosticData extends BuildData {
  /** The layers that it is about. */
  readonly layers: readonly string[];
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
  /** Whether the editor itself tells mistakes in the text of a file. */
  readonly tellsSource?: (file: string) => boolean;
  /** A file as the editor knows it. */
  readonly uriOf: (file: string) => string;
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
  if (failure.about === 'source' && places.tellsSource?.(location.file)) return [];
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
        data: { model: state.model } satisfies BuildData,
      },
    },
  ];
}

/** Names told in a problem's message; all are in what is related to it. */
const MOST_NAMED = 4;

function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return more > 0 ? `${names.slice(0, MOST_NAMED).join(', ')} and ${more} more` : names.join(', ');
}

/** What is wrong with layers at what a selection keeps, in a sentence. */
function brokenMessage(code: 'collapse' | 'disconnected', layers: readonly BrokenLayer[], where: string): string {
  const [{ name, total, kept }] = layers;
  const names = listed(layers.map((one) => one.name));
  if (code === 'collapse') {
    return layers.length === 1
      ? `Layer ${name} keeps none of its ${count(total)} weights ${where}: nothing gets through it.`
      : `${count(layers.length)} layers keep none of their weights ${where}, so that nothing gets through them: ${names}.`;
  }
  return layers.length === 1
    ? `None of the ${count(kept)} weights that layer ${name} keeps ${where} lies on a path from the input to the output.`
    : `${count(layers.length)} layers keep no weight on a path from the input to the output ${where}: ${names}.`;
}

interface BrokenLayer {
  readonly name: string;
  readonly total: number;
  readonly kept: number;
  readonly file: string;
  readonly range: ReturnType<typeof rangeAt>;
}

/** At most one problem of a kind in a model, at its first layer, with the places of the others. */
function brokenLayers(state: ModelState, places: Places): FileDiagnostic[] {
  const built = builtOf(state);
  const shown = shownAtLines(state);
  // What has been edited since is warned about once it is scored.
  if (!shown || !built || shown.stale) return [];
  const { selection } = shown;
  const broken = (name: string): BrokenLayer => {
    const location = built.summary.layers.find((one) => one.name === name)?.source[0];
    const { file, line, column } = location ?? { file: state.file, line: 1, column: 1 };
    const sizes = selection.layers.filter((one) => one.layer === name);
    const total = sizes.reduce((sum, one) => sum + one.total, 0);
    const kept = sizes.reduce((sum, one) => sum + one.kept, 0);
    return { name, total, kept, file, range: rangeAt({ file, line, column }, built.revision, places) };
  };
  const warn = (code: 'collapse' | 'disconnected', names: readonly string[]): FileDiagnostic[] => {
    if (names.length === 0) return [];
    const layers = names.map(broken);
    const [{ file, range }, ...others] = layers;
    const where = `at ${exactPercent(selection.sparsity)} sparsity (${methodTitle(shown.method)})`;
    const share = Math.floor(selection.kept / selection.layers.length);
    const data: DiagnosticData = { model: state.model, layers: names, sparsity: selection.sparsity, share };
    const relatedInformation = others.map((other) => ({
      location: { uri: places.uriOf(other.file), range: other.range },
      message: `Layer ${other.name}`,
    }));
    const severity = DiagnosticSeverity.Warning;
    const message = brokenMessage(code, layers, where);
    const related = relatedInformation.length > 0 && { relatedInformation };
    return [{ file, diagnostic: { range, severity, source: SOURCE, code, message, data, ...related } }];
  };
  return [...warn('collapse', selection.collapsed), ...warn('disconnected', selection.disconnected)];
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
