import { square } from '../graph/compose';
import { regressionObjective } from './regressionObjective';
import type { ModelOutput } from './types';

/** One value, or one for each step, or values that a function has bent, are a regression; several linear ones are as a rule the logits of classes. */
function suits({ shape, endings }: ModelOutput): boolean {
  const isBent = endings.some(({ kind }) => kind === 'other');
  const isOneUnit = shape.length <= 2 && (shape[shape.length - 1] ?? 1) === 1;
  return isBent || (isOneUnit && endings.every(({ kind }) => kind === 'linear'));
}

export const meanSquaredError = regressionObjective({
  name: 'mse',
  title: 'mean squared error',
  penalty: square,
  suits,
});
