import { square } from '../graph/compose';
import { regressionObjective } from './regressionObjective';
import type { ModelOutput } from './types';

/** Axes of an output that has a value for each place of a volume. More cannot be the logits of classes. */
const VOLUME_AXES = 4;

/**
 * One value, or one for each step or pixel, values of volumes, and values that a function has bent, are a regression; several linear
 * ones are as a rule the logits of classes.
 */
function suits({ shape, endings }: ModelOutput): boolean {
  const isBent = endings.some(({ kind }) => kind === 'other');
  const isOneUnit = (shape[shape.length - 1] ?? 1) === 1;
  const isLinear = endings.every(({ kind }) => kind === 'linear');
  return isBent || (isLinear && (isOneUnit || shape.length >= VOLUME_AXES));
}

export const meanSquaredError = regressionObjective({
  name: 'mse',
  title: 'mean squared error',
  penalty: square,
  suits,
});
