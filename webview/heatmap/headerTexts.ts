/** What the heatmap's header says. */
import type { ModelEntry } from '../../server/protocol/editor';
import { splitModelName } from '../../server/protocol/modelNames';
import type { Overlap, ScoreSummary, Selection } from '../../server/protocol/results';
import { chosenAgain, type ShownStability, type StabilityFigures } from '../../server/protocol/stability';
import { baseName, coefficient, count, elapsed, exactPercent, percent } from '../shared/format';
import type { Choice } from '../shared/toolkit';
import type { Compared } from './compared';
import { type HeatmapPage, shownScore } from './state';

const NONE = '';

/** `model.ts · resnet20` of a model's specifier. */
function modelLabel(model: string): string {
  const { file, exportName: name } = splitModelName(model);
  return [baseName(file), name === 'default' ? undefined : name].filter(Boolean).join(' · ');
}

export function modelChoices(models: readonly ModelEntry[], shown: string | undefined): readonly Choice[] {
  const known = models.map(({ model, label }) => ({ value: model, label: label.replace('#', ' · ') }));
  if (shown === undefined || known.some(({ value }) => value === shown)) return known;
  return [{ value: shown, label: modelLabel(shown) }, ...known];
}

/** The model that is shown, as the list of models has it. */
export function shownLabel({ models, model = NONE }: HeatmapPage): string {
  return modelChoices(models, model).find(({ value }) => value === model)!.label;
}

/** Methods with a score first, as the other ones have to be run before they can be shown. */
export function methodChoices(page: HeatmapPage): readonly Choice[] {
  const scores = page.answer?.scores ?? [];
  const scored = scores.map(({ method, title }) => ({ value: method, label: title }));
  const others = page.methods
    .filter(({ name }) => !scores.some(({ method }) => method === name))
    .map(({ name, title }) => ({ value: name, label: `${title} (score now)` }));
  const prompt = shownScore(page) ? [] : [{ value: NONE, label: 'Choose…' }];
  return [...prompt, ...scored, ...others];
}

/** The method in the list: the shown one, or the one that is scored to be shown. */
export function chosenMethod(page: HeatmapPage): string {
  return page.scoring ?? shownScore(page)?.method ?? NONE;
}

/** `Mask overlap (IoU) 0.312 · SNIP keeps 1,234` */
export function overlapText({ iou, otherKept }: Overlap, { title }: Compared): string {
  return `Mask overlap (IoU) ${coefficient(iou)} · ${title} keeps ${count(otherKept)}`;
}

export function factsOf({ title, seed, data, device, backend, seconds }: ScoreSummary): string {
  const how = `${device} (${backend}), ${elapsed(seconds)}`;
  return [`${title}, seed ${seed}`, ...(data ? [data] : []), how].join(' · ');
}

export function keptOfAll({ kept, prunable }: Selection): string {
  return `${count(kept)} of ${count(prunable)} kept (${percent(kept / prunable)})`;
}

/** `98 % of these weights would be chosen again`, with the sparsity that it was measured at where that is another one. */
export function stabilityOfAll({ sparsity: measured, weights, batches }: ShownStability, sparsity: number): string {
  const again = ({ maskIou }: StabilityFigures) => percent(chosenAgain(maskIou));
  const which = measured === sparsity ? 'of these weights' : `of the weights at ${exactPercent(measured)} sparsity`;
  return `${again(weights)} ${which} would be chosen again${batches ? `, ${again(batches)} on other batches` : ''}`;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 6).join(', ');
  return names.length > 6 ? `${shown} and ${names.length - 6} more` : shown;
}

/**
 * What a selection does to the network that is to be warned of, in sentences. A layer of which nothing is left can have a
 * shortcut around it: only where no kept weight is on a path any more, nothing can be learned.
 */
export function warningsOf({ collapsed, disconnected, layers }: Selection): readonly string[] {
  const isCut = layers.length > 0 && layers.every(({ connected }) => connected === 0);
  return [
    ...(collapsed.length > 0 ? [`Nothing is left of ${listed(collapsed)}.`] : []),
    ...(isCut ? ['No kept weight is on a path from input to output: the network cannot learn.'] : []),
    ...(disconnected.length > 0 && !isCut ? [`On no path from input to output: ${listed(disconnected)}.`] : []),
  ];
}

/** Says so where the score was made for another sparsity, and holds for that one only. */
export function aimText({ title, aim }: ScoreSummary, sparsity: number): string | undefined {
  if (aim === undefined || aim === sparsity) return undefined;
  return (
    `${title} makes its scores for one sparsity. These are for ${exactPercent(aim)}: when you let go of the ` +
    `slider, it scores again for ${exactPercent(sparsity)}.`
  );
}
