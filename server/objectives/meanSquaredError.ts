import { square } from '../graph/compose';
import { sizeOf } from '../protocol/tensor';
import { regressionObjective } from './regressionObjective';
import type { ModelOutput } from './types';

/** One value, or values that a function has bent, are a regression; several linear ones are as a rule the logits of classes. */
function suits({ shape, endings }: ModelOutput): boolean {
  const isBent = endings.some(({ kind }) => kind === 'other');
  return isBent || (sizeOf(shape) === 1 && endings.every(({ kind }) => kind === 'linear'));
}

export const meanSquaredError = regressionObjective({
  name: 'mse',
  title: 'mean squared error',
  penalty: square,
  suits,
});
