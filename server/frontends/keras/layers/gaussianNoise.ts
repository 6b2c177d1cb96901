/** GaussianNoise: noise added while training, an input of the program that is drawn from the run's seed. */
import { eachStep } from './definition';

export const gaussianNoise = eachStep(({ config, fail }) => {
  const deviation = config.number('stddev', 0);
  if (deviation < 0) fail(`the option stddev is ${deviation}; it must be at least 0.`);
  return {
    apply({ b, mode, gaussian }, [x]) {
      return mode === 'train' && deviation > 0 ? b.add(x, gaussian(x.shape, deviation)) : x;
    },
  };
});
