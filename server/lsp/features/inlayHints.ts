/** What a sparsity leaves of each layer, at its line. */
import { type InlayHint, MarkupKind } from 'vscode-languageserver/node';
import { markdownCode, markdownText } from '../../protocol/escape';
import type { ModelName } from '../../protocol/results';
import { methodTitle } from '../methods';
import { type Shown, shownAtLines } from '../model/selectors';
import type { ModelState } from '../model/state';
import { count, exactPercent, percent, percentRange, plainName } from '../text';
import { type Follow, type LayerResult, layerLines } from './layerLines';

type PrunedLayer = LayerResult & { readonly pruned: NonNullable<LayerResult['pruned']> };

function keptOf({ pruned: { kept, total } }: PrunedLayer): string {
  return `kept ${count(kept)} of ${count(total)} · ${percent(1 - kept / total)} pruned`;
}

function labelOf(layers: readonly PrunedLayer[]): string {
  if (layers.length === 1) return keptOf(layers[0]);
  const sparsities = layers.map(({ pruned }) => 1 - pruned.kept / pruned.total);
  return `${percentRange(Math.min(...sparsities), Math.max(...sparsities))} pruned, ${layers.length} layers`;
}

function tooltipOf(name: string, shown: Shown, layers: readonly PrunedLayer[]): string {
  const { method, selection, stale, insteadOf, examples } = shown;
  const on = examples === undefined ? '' : `, on ${count(examples)} examples`;
  const title = `**PruneLens** · ${markdownText(name)} · ${methodTitle(method)} at ${exactPercent(selection.sparsity)}`;
  const lines = layers.map((one) => `- ${markdownCode(one.layer.name)}: ${keptOf(one)}`);
  const notes = [
    ...(stale ? ['', 'The model, or what the settings say of scoring, has changed since it was scored.'] : []),
    ...(insteadOf === undefined
      ? []
      : [
          '',
          `An estimate while you edit${on}: ${methodTitle(insteadOf)} is out of date. Score again for its numbers.`,
        ]),
  ];
  return [title, '', ...lines, ...notes].join('\n');
}

/**
 * What a hint says before its numbers, as its end may be cut off: whether they hold, and whose they are where that is not the
 * chosen method.
 */
function prefixOf({ method, stale, insteadOf }: Shown): string {
  return `${stale ? 'stale · ' : ''}${insteadOf === undefined ? '' : `${methodTitle(method)} · `}`;
}

/** Characters. Longer lines have their hint before the code, as their end is out of sight; all the more beside a heatmap. */
const LONGEST_LINE = { whole: 100, narrow: 50 };

/** Where a hint stands in a line, and on which side it needs room. */
function placeIn(
  line: number,
  text: string,
  isNarrow: boolean,
): Pick<InlayHint, 'position' | 'paddingLeft' | 'paddingRight'> {
  if (text.length <= LONGEST_LINE[isNarrow ? 'narrow' : 'whole'])
    return { position: { line, character: text.length }, paddingLeft: true };
  return { position: { line, character: text.search(/\S|$/) }, paddingRight: true };
}

export interface HintOptions {
  readonly enabled: boolean;
  /** No more hints than this in a document. */
  readonly maximum: number;
}

export interface HintView {
  /** Lines that hints are asked for, both among them. */
  readonly first: number;
  readonly last: number;
  /** A line of the document as it is now. */
  readonly textOf: (line: number) => string;
  /** Whether code shares the window with something beside it. */
  readonly isNarrow: boolean;
  readonly follow: Follow;
}

/** The hints of all models for the lines of `file` that are asked for. */
export function inlayHints(
  states: readonly ModelState[],
  file: string,
  { first, last, textOf, isNarrow, follow }: HintView,
  { enabled, maximum }: HintOptions,
  nameOf: (model: ModelName) => string = plainName,
): InlayHint[] {
  if (!enabled) return [];
  return states
    .flatMap((state) => {
      const shown = shownAtLines(state);
      return shown ? [{ state, shown }] : [];
    })
    .flatMap(({ state, shown }) =>
      layerLines(state, file, follow).flatMap(({ place, layers }) => {
        const pruned = layers.filter((one): one is PrunedLayer => one.pruned !== undefined);
        if (pruned.length === 0) return [];
        return [
          {
            ...placeIn(place.line, textOf(place.line), isNarrow),
            label: `${prefixOf(shown)}${labelOf(pruned)}`,
            tooltip: { kind: MarkupKind.Markdown, value: tooltipOf(nameOf(state.model), shown, pruned) },
          },
        ];
      }),
    )
    .slice(0, maximum)
    .filter(({ position }) => position.line >= first && position.line <= last);
}
