import { classObjective } from './classObjective';
import { crossEntropies, crossEntropy } from './crossEntropy';
import { softDice } from './dice';

/** Criteria score by the cross-entropy of the pixels. */
export const diceCrossEntropy = classObjective({
  name: 'cross-entropy+dice',
  title: 'sum of cross-entropy and Dice loss',
  losses: (b, logits, targets) => b.add(crossEntropies(b, logits, targets), softDice(b, logits, targets)),
  criterionLoss: crossEntropy.loss,
  isForPixels: true,
});
