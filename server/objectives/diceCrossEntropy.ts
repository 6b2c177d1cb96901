import { classObjective } from './classObjective';
import { crossEntropies } from './crossEntropy';
import { softDice } from './dice';

export const diceCrossEntropy = classObjective({
  name: 'cross-entropy+dice',
  title: 'sum of cross-entropy and Dice loss',
  losses: (b, logits, targets) => b.add(crossEntropies(b, logits, targets), softDice(b, logits, targets)),
  isForPixels: true,
});
