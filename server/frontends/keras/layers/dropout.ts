/** Dropout, of single values and of whole channels. Masks are inputs of the program, drawn from the run's seed. */
import type { Shape } from '../../../protocol/tensor';
import { eachStep, imageChannels, type LayerContext, type LayerDefinition, readRate } from './definition';

function dropping(maskShape: (input: Shape) => Shape, check?: (context: LayerContext) => void): LayerDefinition {
  return eachStep((context) => {
    check?.(context);
    const rate = readRate(context, 'rate', 0.5);
    return {
      apply({ b, mode, dropoutMask }, [x]) {
        if (mode !== 'train' || rate === 0) return x;
        return b.multiply(x, dropoutMask(maskShape(x.shape), rate));
      },
    };
  });
}

export const dropout = dropping((shape) => shape);
export const spatialDropout = dropping(
  ([n, , , channels]) => [n, 1, 1, channels],
  (context) => void imageChannels(context),
);
