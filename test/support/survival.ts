/** Survival data made up from a rule, and networks' worth of weights and gradients. */
import type { FeatureSource } from '../../server/autos/predictor/features';
import type { SurvivalRun } from '../../server/autos/types';
import { type Shape, sizeOf } from '../../server/protocol/tensor';
import { createRandom } from '../../server/random';

/** Normal weights, and gradients whose size differs from unit to unit as in real layers. */
export function syntheticLayer(shape: Shape, seed: number, weightScale = 0.05, gradientScale = 1e-3): FeatureSource {
  const random = createRandom(seed, 'synthetic layer');
  const initial = new Float32Array(sizeOf(shape));
  const gradient = new Float32Array(sizeOf(shape));
  random.fillNormal(initial, 0, weightScale);
  random.fillNormal(gradient, 0, gradientScale);
  const units = Float32Array.from({ length: shape[shape.length - 1] }, () => Math.exp(random.normal()));
  for (let i = 0; i < gradient.length; i++) gradient[i] *= units[i % units.length];
  return { shape, initial, gradient };
}

const ITERATIONS = 20;

/** A run in which weights with a high |w g| survive long, in proportion to their rank. */
export function syntheticRun(label: string, shapes: readonly Shape[], seed: number, scale = 1): SurvivalRun {
  const layers = shapes.map((shape, i) => syntheticLayer(shape, seed * 100 + i, 0.05 * scale, 1e-3 / scale));
  const values = layers.flatMap(({ initial, gradient }) => Array.from(initial, (w, i) => Math.abs(w * gradient[i])));
  const order = Uint32Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
  const survived = new Uint16Array(values.length);
  order.forEach((index, rank) => {
    survived[index] = Math.floor((rank / order.length) * (ITERATIONS + 1));
  });
  let start = 0;
  return {
    label,
    modelHash: label,
    data: 'made up',
    settings: {
      iterations: ITERATIONS,
      schedule: 'num',
      finalSparsity: 0.95,
      criterion: 'snip',
      rewindEpoch: 0,
      seed,
    },
    iterations: [],
    layers: layers.map((layer, i) => {
      const end = start + layer.initial.length;
      const part = survived.subarray(start, end);
      start = end;
      return { ...layer, weight: `layer${i}/kernel`, survived: part };
    }),
  };
}
