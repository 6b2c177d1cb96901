/** The layers of a model at the lines of a document. */
import type { LayerSelection, LayerSummary, Selection } from '../../protocol/results';
import type { Place } from '../edits';
import { builtOf, shownAtLines } from '../model/selectors';
import type { ModelState } from '../model/state';

/** Where a place of a file, as it was at a revision of the documents, is now. */
export type Follow = (file: string, place: Place, revision: number) => Place | undefined;

/** A layer with what the shown selection leaves of it. */
export interface LayerResult {
  readonly layer: LayerSummary;
  /** Absent where nothing of the layer is pruned, or it has changed since. */
  readonly pruned?: {
    readonly total: number;
    readonly kept: number;
    readonly macs: number;
    readonly sparseMacs: number;
    readonly weights: readonly LayerSelection[];
  };
}

export interface LayerLine {
  /** Where the layers are made, now. */
  readonly place: Place;
  readonly layers: readonly LayerResult[];
}

function resultOf(layer: LayerSummary, selection: Selection | undefined): LayerResult {
  const sizes = new Map(layer.parameters.map(({ name, size }) => [name, size]));
  const weights = selection?.layers.filter((one) => one.layer === layer.name) ?? [];
  // Results of a layer that has another shape by now say nothing about it.
  if (weights.length === 0 || weights.some(({ weight, total }) => sizes.get(weight) !== total)) return { layer };
  const sum = (value: (one: LayerSelection) => number) => weights.reduce((total, one) => total + value(one), 0);
  return {
    layer,
    pruned: {
      total: sum(({ total }) => total),
      kept: sum(({ kept }) => kept),
      macs: sum(({ macs }) => macs),
      sparseMacs: sum(({ sparseMacs }) => sparseMacs),
      weights,
    },
  };
}

/** Where a layer is made in `file`, innermost first, now; undefined where it is not made there, or that line is gone. */
export function placeOfLayer(layer: LayerSummary, file: string, revision: number, follow: Follow): Place | undefined {
  const frame = layer.source.find((one) => one.file === file);
  return frame && follow(file, { line: frame.line - 1, character: frame.column - 1 }, revision);
}

/** The lines of `file` that make layers of the model, in the layers' order. */
export function layerLines(state: ModelState, file: string, follow: Follow): readonly LayerLine[] {
  const built = builtOf(state);
  if (!built) return [];
  const selection = shownAtLines(state)?.selection;
  const lines = new Map<number, { place: Place; layers: LayerResult[] }>();
  for (const layer of built.summary.layers) {
    const place = placeOfLayer(layer, file, built.revision, follow);
    if (!place) continue;
    const line = lines.get(place.line) ?? { place, layers: [] };
    line.layers.push(resultOf(layer, selection));
    lines.set(place.line, line);
  }
  return [...lines.values()];
}
