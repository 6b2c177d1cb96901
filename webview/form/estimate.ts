/** What the work would take, as it follows from the form and from what was measured. */
import { DENSE } from '../../server/protocol/comparison';
import { epochSeconds, epochsOf, estimatedSeconds, trainingsOf } from '../../server/protocol/form';
import { duration, elapsed } from '../../server/protocol/numbers';
import { effectiveValues, firstWrong, keyOfValues, otherMistakes, valuesOf } from './fields';
import type { FormPage } from './state';

/** Values that a measured step depends on. */
const MEASURED = [
  ...['batchSize', 'optimizer', 'crop', 'flip', 'limit', 'objective'],
  ...['backend', 'device', 'precision', 'deterministic'],
];

export const hasData = ({ form }: FormPage) =>
  form !== undefined && (form.data !== undefined || form.said.data !== undefined);

/**
 * What is to be measured, as a key; undefined while nothing can be: no data is chosen, something is wrong, or nothing is trained.
 */
export function costsKey(page: FormPage): string | undefined {
  const { kind, check, form, model } = page;
  if (!form || kind === 'shrink' || !hasData(page)) return undefined;
  if (check?.key !== keyOfValues(page)) return undefined;
  if (firstWrong(page) !== undefined || otherMistakes(page).length > 0) return undefined;
  const values = effectiveValues(page);
  const isDense = valuesOf(page).method === DENSE;
  const data = form.said.data?.value ?? form.data;
  return JSON.stringify([model, kind === 'learn' || isDense, data, ...MEASURED.map((flag) => values[flag] ?? null)]);
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `310 MiB`, with three significant digits. */
export function bytesText(bytes: number): string {
  const unit = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  return `${Number((bytes / 2 ** (10 * unit)).toPrecision(3))} ${UNITS[unit]}`;
}

export interface Estimate {
  /** What it takes in all. */
  readonly time: string;
  /** How that is made up. */
  readonly parts: string;
  readonly memory: string;
}

/** The estimate of what is measured; undefined while that is of other values, or nothing is known. */
export function estimateOf(page: FormPage): Estimate | undefined {
  const { costs, kind } = page;
  const key = costsKey(page);
  if (key === undefined || costs?.key !== key || !('value' in costs)) return undefined;
  const { value } = costs;
  const values = effectiveValues(page);
  const runs = page.check?.value.runs;
  const seconds = estimatedSeconds(kind, values, value, runs);
  if (seconds === undefined) return undefined;
  const trainings = trainingsOf(kind, values, runs);
  const epochs = Number((epochsOf(values) ?? 0).toPrecision(3));
  const of = trainings === 1 ? '' : `${trainings} trainings of `;
  const part =
    value.measuredExamples < value.batchSize ? ` with ${value.measuredExamples} of ${value.batchSize} examples` : '';
  const step = elapsed(value.stepSeconds).replace('0.01 s', `${Number((1000 * value.stepSeconds).toPrecision(2))} ms`);
  return {
    time: seconds < 1 ? 'about a second' : `about ${duration(seconds)}`,
    parts: `${of}${epochs} ${epochs === 1 ? 'epoch' : 'epochs'} of ${elapsed(epochSeconds(value))}; a step takes ${step}, measured${part} on ${value.device}${kind === 'train' ? '' : '; scores apart'}`,
    memory: `${bytesText(value.stepBytes)} for the tensors of a step`,
  };
}
