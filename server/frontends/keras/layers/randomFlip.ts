/** RandomFlip: while training each image is mirrored, or not, by masks that are inputs of the program, drawn from the run's seed. */
import type { Node } from '../../../graph/types';
import { type CallScope, imageChannels, oneInput } from './definition';
import { reversed } from './reversed';

/** Axes of images [n, height, width, channels] by the layer's modes. */
const AXES = { horizontal: [2], vertical: [1], horizontalAndVertical: [2, 1] } as const;

/** Mirrors half of the images, one as likely as another. */
function flipped({ b, dropoutMask }: CallScope, x: Node, axis: number): Node {
  // Of one value an image: 0, or 2.
  const chosen = b.multiply(dropoutMask([x.shape[0], 1, 1, 1], 0.5), b.constant(0.5));
  const others = b.subtract(b.constant(1), chosen);
  return b.add(b.multiply(reversed(b, x, axis), chosen), b.multiply(x, others));
}

export const randomFlip = oneInput((context) => {
  imageChannels(context);
  const { config } = context;
  const mode = config.choice('mode', ['horizontal', 'vertical', 'horizontalAndVertical'], 'horizontalAndVertical');
  return {
    apply(scope, [x]) {
      if (scope.mode !== 'train') return x;
      return AXES[mode].reduce((image: Node, axis) => flipped(scope, image, axis), x);
    },
  };
});
