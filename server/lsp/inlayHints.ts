/** What a sparsity leaves of each layer, at its line. */
import { type InlayHint, MarkupKind } from 'vscode-languageserver/node';
import { type Follow, type LayerResult, layerLines } from './layerLines';
import { methodTitle } from './methods';
import type { ModelState } from './models';
import { count, percent, percentRange, shortName } from './text';

type PrunedLayer = LayerResult & { readonly pruned: NonNullable<LayerResult['pruned']> };

function keptOf({ pruned: { kept, total } }: PrunedLayer): string {
  return `kept ${count(kept)} of ${count(total)} · ${percent(1 - kept / total)}`;
}

function labelOf(layers: readonly PrunedLayer[]): string {
  if (layers.length === 1) return keptOf(layers[0]);
  const sparsities = layers.map(({ pruned }) => 1 - pruned.kept / pruned.total);
  return `${percentRange(Math.min(...sparsities), Math.max(...sparsities))}, ${layers.length} layers`;
}

function tooltipOf(state: ModelState, layers: readonly PrunedLayer[]): string {
  const title = `**PruneLens** · ${shortName(state.model)} · ${methodTitle(state.shown ?? '')} at ${percent(state.sparsity)}`;
  const lines = layers.map((one) => `- \`${one.layer.name}\`: ${keptOf(one)}`);
  const stale = state.stale ? ['', 'The model has been edited since it was scored.'] : [];
  return [title, '', ...lines, ...stale].join('\n');
}

export interface HintOptions {
  readonly enabled: boolean;
  /** No more hints than this in a document. */
  readonly maximum: number;
}

/**
 * The hints of all models for the lines `first` to `last` of `file`.
 *
 * @param lineLength Length of a line of the document as it is now.
 */
export function inlayHints(
  states: readonly ModelState[],
  file: string,
  {
    first,
    last,
    lineLength,
    follow,
  }: { first: number; last: number; lineLength: (line: number) => number; follow: Follow },
  { enabled, maximum }: HintOptions,
): InlayHint[] {
  if (!enabled) return [];
  return states
    .filter(({ selection }) => selection !== undefined)
    .flatMap((state) =>
      layerLines(state, file, follow).flatMap(({ place, layers }) => {
        const pruned = layers.filter((one): one is PrunedLayer => one.pruned !== undefined);
        if (pruned.length === 0) return [];
        return [
          {
            position: { line: place.line, character: lineLength(place.line) },
            label: `${labelOf(pruned)}${state.stale ? ', stale' : ''}`,
            tooltip: { kind: MarkupKind.Markdown, value: tooltipOf(state, pruned) },
            paddingLeft: true,
          },
        ];
      }),
    )
    .slice(0, maximum)
    .filter(({ position }) => position.line >= first && position.line <= last);
}
