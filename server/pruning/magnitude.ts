import { scoresOf } from './gradients';
import type { Criterion } from './types';

/** |w|: Han et al. 2015, taken at initialization as by Frankle et al. 2021. */
export const magnitude: Criterion = {
  name: 'magnitude',
  title: 'Magnitude',
  description: 'Absolute value of the initial weight.',
  needsData: false,
  estimate: 'fastest',
  score: async (context) => ({ scores: scoresOf(context, Math.abs) }),
};
