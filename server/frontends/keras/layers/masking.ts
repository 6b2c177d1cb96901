/** Masking: steps whose values all equal one number do not count in the layers that follow. */
import { oneInput } from './definition';

export const masking = oneInput(({ config, inputs: [input], fail }) => {
  const value = config.number('maskValue', 0);
  if (input.length < 2) fail('its input needs an axis of steps and at least one of features.');
  return {
    apply({ b, mask }, [x]) {
      const features = x.shape.map((_, axis) => axis).slice(2);
      const isOther = b.subtract(b.constant(1), b.equal(x, b.constant(value)));
      const counts = b.reduceMax(isOther, features, true);
      const kept = b.multiply(x, counts);
      mask.set(kept, b.reshape(counts, x.shape.slice(0, 2)));
      return kept;
    },
  };
});
