/** The means and variances that batch normalization sees in a batch, as nodes. */
import type { Executor } from '../executors/types';
import { vjp } from '../graph/autodiff';
import { type Builder, createBuilder } from '../graph/builder';
import type { Node } from '../graph/types';
import { declareInputs, declareParameters } from '../models/parameters';
import type { Network } from '../models/types';
import { floatTensor, type Shape, sizeOf } from '../protocol/tensor';
import type { DeviceTensors } from './tensors';

/**
 * The batch's own mean and (biased) variance for each statistic that training updates, by parameter name. A layer that
 * is called several times gives the average of its calls, weighted as its moving average weights them. Dropout masks
 * stay inputs of the program (see {@link noiseInputs}); a network without updated statistics gives none.
 *
 * Training sets moving' = c * moving + (1 - c) * batch. With moving = 0 this is (1 - c) * batch, and c is its
 * derivative by the moving statistic, so that no layer has to be asked for its momentum.
 */
export function batchStatistics(
  b: Builder,
  network: Network,
  inputs: readonly Node[],
  parameters: ReadonlyMap<string, Node>,
): ReadonlyMap<string, Node> {
  const updated = [...network.apply(b, inputs, parameters, 'train').statistics.keys()];
  const moving = new Map(updated.map((name) => [name, b.input(`moving/${name}`, parameters.get(name)!.shape)]));
  const after = network.apply(b, inputs, new Map([...parameters, ...moving]), 'train').statistics;
  const zeros = new Map(updated.map((name) => [name, b.constant(0, parameters.get(name)!.shape)]));
  const batch = network.apply(b, inputs, new Map([...parameters, ...zeros]), 'train').statistics;
  return new Map(
    updated.map((name) => {
      const { shape } = parameters.get(name)!;
      const [factor] = vjp(b, [after.get(name)!], [b.constant(1, shape)], [moving.get(name)!]);
      return [name, b.divide(batch.get(name)!, b.subtract(b.constant(1), factor))];
    }),
  );
}

/** An input of a program that applies a network as in training: a dropout mask. */
export interface NoiseInput {
  readonly input: string;
  readonly shape: Shape;
}

/** The dropout masks of a network that is applied to `size` examples as in training. */
export function noiseInputs(network: Network, size: number): readonly NoiseInput[] {
  const b = createBuilder();
  return network.apply(b, declareInputs(b, network, size), declareParameters(b, network), 'train').noise;
}

/** Dropout masks that drop nothing. */
export function uploadNoise(executor: Executor, noise: readonly NoiseInput[]): DeviceTensors {
  return Object.fromEntries(
    noise.map(({ input, shape }) => [
      input,
      executor.upload(floatTensor(shape, new Float32Array(sizeOf(shape)).fill(1))),
    ]),
  );
}
