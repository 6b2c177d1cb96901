/**
 * How strongly the loss depends on each unit of a hidden dense layer. Survivors of iterative pruning crowd on some of the units,
 * since a weight is of no use where the rest of its path is gone. Which units, a weight's own value and gradient hardly tell,
 * but the gradients of all weights of the unit do. Convolutions have few channels, and batch normalization makes the gradients
 * of a channel larger the smaller its weights are, so that they do not tell there; and of the last layer's units none can be
 * done without, since they are the classes.
 */
import { type FeatureSource, rootMeanSquare } from './features';

export interface UnitFactors {
  /** For each unit that weights come from, and for each that they lead to. */
  readonly inputs: Float32Array;
  readonly outputs: Float32Array;
}

/** Root mean square gradients of the units' weights over the layer's, to the power `exponent`; 1 where all are 0. */
export function unitFactors({ shape, gradient }: FeatureSource, exponent: number): UnitFactors {
  const inputs = new Float64Array(shape[shape.length - 2]);
  const outputs = new Float64Array(shape[shape.length - 1]);
  for (let row = 0; row * outputs.length < gradient.length; row++) {
    const start = row * outputs.length;
    for (let output = 0; output < outputs.length; output++) {
      const square = gradient[start + output] * gradient[start + output];
      inputs[row % inputs.length] += square;
      outputs[output] += square;
    }
  }
  const whole = rootMeanSquare([gradient]);
  const factors = (sums: Float64Array) =>
    Float32Array.from(sums, (sum) =>
      whole > 0 ? (Math.sqrt((sum * sums.length) / gradient.length) / whole) ** exponent : 1,
    );
  return { inputs: factors(inputs), outputs: factors(outputs) };
}

/** Multiplies the value of each weight of a layer by the factors of the units it joins, in place. */
export function multiplyByUnits(values: Float32Array, { inputs, outputs }: UnitFactors): void {
  for (let row = 0; row * outputs.length < values.length; row++) {
    const start = row * outputs.length;
    const factor = inputs[row % inputs.length];
    for (let output = 0; output < outputs.length; output++) values[start + output] *= factor * outputs[output];
  }
}
