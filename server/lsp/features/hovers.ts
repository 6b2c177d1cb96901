/** What is told of the layers of a line. */
import { type Hover, MarkupKind } from 'vscode-languageserver/node';
import { markdownText } from '../../protocol/escape';
import { scoreAt } from '../../protocol/histogram';
import { decimal } from '../../protocol/numbers';
import type { Histogram, ModelName } from '../../protocol/results';
import { chosenAgain } from '../../protocol/stability';
import { methodTitle } from '../methods';
import { builtOf, isStale, scoreAtLines, shownAtLines } from '../model/selectors';
import type { ModelState } from '../model/state';
import { bar, count, exactPercent, percent, plainName, short } from '../text';
import { type Follow, type LayerResult, layerLines } from './layerLines';

/** Layers told of one by one; of more, only their number. */
const MOST_LAYERS = 8;

/** Scores below which the given fractions of those on the axis lie; undefined where none are. */
export function quantiles(histogram: Histogram, fractions: readonly number[]): number[] | undefined {
  const { low, high, removed, kept } = histogram;
  const counts = removed.map((one, bin) => one + kept[bin]);
  const total = counts.reduce((sum, one) => sum + one, 0);
  if (total === 0) return undefined;
  const width = (high - low) / counts.length;
  return fractions.map((fraction) => {
    let below = 0;
    for (const [index, inside] of counts.entries()) {
      if (inside > 0 && below + inside >= fraction * total) {
        return scoreAt(histogram, low + width * (index + (fraction * total - below) / inside));
      }
      below += inside;
    }
    return scoreAt(histogram, high);
  });
}

/** Weights of the layers of a hover, whose histograms it can show. */
export function hoveredWeights(states: readonly ModelState[], file: string, line: number, follow: Follow): string[] {
  return states.flatMap((state) =>
    layerLines(state, file, follow)
      .filter(({ place }) => place.line === line)
      .flatMap(({ layers }) => layers.slice(0, MOST_LAYERS))
      .flatMap(({ pruned }) => pruned?.weights.map(({ weight }) => weight) ?? []),
  );
}

function describeScores(histogram: Histogram | undefined): string[] {
  const values = histogram && quantiles(histogram, [0.1, 0.5, 0.9]);
  if (!values) return [];
  const [low, middle, high] = values.map(decimal);
  const zero = histogram.zeros.removed + histogram.zeros.kept;
  const zeros = zero > 0 ? `, ${count(zero)} are zero` : '';
  return [`Scores: 10 % below ${low}, half below ${middle}, 90 % below ${high}${zeros}`];
}

/** How much of a layer's mask would be chosen again, by the score at its lines. */
function describeStability(state: ModelState, layer: string): string[] {
  const stability = isStale(state) ? undefined : scoreAtLines(state)?.stability;
  const figures = stability?.weights.layers.find((one) => one.layer === layer);
  if (!figures) return [];
  return [`Chosen again at ${exactPercent(stability!.sparsity)}: ${percent(chosenAgain(figures.maskIou))}`];
}

function describeLayer(
  state: ModelState,
  { layer, pruned }: LayerResult,
  histograms: ReadonlyMap<string, Histogram>,
): string {
  const parameters = layer.parameters.reduce((sum, one) => sum + one.size, 0);
  const facts = [`output ${layer.outputShape.join(' × ')}`, `${count(parameters)} parameters`];
  if (!pruned && layer.macs > 0) facts.push(`${short(layer.macs)} MACs`);
  const lines = [`**${markdownText(layer.name)}** · ${markdownText(layer.className)} · ${facts.join(' · ')}`];
  if (pruned) {
    const { kept, total, macs, sparseMacs } = pruned;
    lines.push(`\`${bar(kept / total)}\` kept ${count(kept)} of ${count(total)}, density ${percent(kept / total)}`);
    lines.push(`MACs: ${short(macs)} dense, ${short(sparseMacs)} sparse`);
    const connected = pruned.weights.map((one) => one.connected);
    if (connected.every((one) => one !== undefined)) {
      lines.push(`On a path from input to output: ${count(connected.reduce((sum, one) => sum + one, 0))}`);
    }
    lines.push(...describeStability(state, layer.name));
    for (const { weight } of pruned.weights) lines.push(...describeScores(histograms.get(weight)));
  }
  return lines.join('  \n');
}

/** Says that a line was not run, where that is so; it is asked for by pointing at it. */
function describeLeftOut(state: ModelState, file: string, line: number, follow: Follow): string | undefined {
  const built = builtOf(state);
  const isHere = built?.summary.leftOut?.some((lines) => {
    if (lines.file !== file) return false;
    const [first, last] = [lines.first, lines.last].map((one) =>
      follow(file, { line: one - 1, character: 0 }, built.revision),
    );
    return first !== undefined && last !== undefined && first.line <= line && line <= last.line;
  });
  if (!isHere) return undefined;
  const name = markdownText(plainName(state.model));
  return `PruneLens · not run for ${name}, which does not need it. \`"whole": true\` of the model in prunelens.json runs all of its files.`;
}

/** The hover for a line of a file; null where no layer is made there, and the line was run. */
export function hoverAt(
  states: readonly ModelState[],
  file: string,
  line: number,
  follow: Follow,
  histograms: ReadonlyMap<string, Histogram>,
  nameOf: (model: ModelName) => string = plainName,
): Hover | null {
  const parts = states.flatMap((state) => {
    const layers = layerLines(state, file, follow)
      .filter(({ place }) => place.line === line)
      .flatMap((one) => one.layers);
    if (layers.length === 0) return describeLeftOut(state, file, line, follow) ?? [];
    const shown = layers.slice(0, MOST_LAYERS).map((layer) => describeLayer(state, layer, histograms));
    const more = layers.length > MOST_LAYERS ? [`and ${layers.length - MOST_LAYERS} more layers`] : [];
    const result = shownAtLines(state);
    const score = result ? ` · ${methodTitle(result.method)} at ${exactPercent(result.selection.sparsity)}` : '';
    const stale = result?.stale ? ' · stale' : '';
    return [[`PruneLens · ${markdownText(nameOf(state.model))}${score}${stale}`, ...shown, ...more].join('\n\n')];
  });
  if (parts.length === 0) return null;
  return { contents: { kind: MarkupKind.Markdown, value: parts.join('\n\n---\n\n') } };
}
