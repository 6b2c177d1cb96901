/** The pixels' loss of a whole U-Net: gradient and Hessian-vector product over all its weights, against differences. */
import { expect, it } from 'vitest';
import { openDataset } from '../../../server/data/open';
import { interpret } from '../../../server/executors/reference';
import type { LayerDescription, ModelDescription } from '../../../server/frontends/keras/description';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import { gradient, jvp } from '../../../server/graph/autodiff';
import { createProgram } from '../../../server/graph/program';
import { buildLoss, namedOutputs, nodesOf } from '../../../server/pruning/loss';
import { FILE, randomValues } from '../../support/networks';

/** Down by pooling, up by a transposed convolution and by interpolation, cropped and joined. */
function unet(): ModelDescription {
  const layer = (name: string, className: string, config: LayerDescription['config'], ...inputs: string[]) => ({
    name,
    className,
    config,
    calls: [inputs.map((input) => ({ layer: input, call: 0, output: 0 }))],
    source: [{ file: FILE, line: 1, column: 1 }],
  });
  // Smooth, so that no difference steps over an edge.
  const convolution = { kernelSize: 3, padding: 'same', activation: 'tanh', filters: 2 };
  return {
    name: 'unet',
    file: FILE,
    layers: [
      layer('input', 'InputLayer', { batchInputShape: [null, 8, 8, 1] }),
      layer('down', 'Conv2D', convolution, 'input'),
      layer('norm', 'BatchNormalization', {}, 'down'),
      layer('pool', 'AveragePooling2D', {}, 'norm'),
      layer('bottom', 'Conv2D', convolution, 'pool'),
      layer('transposed', 'Conv2DTranspose', { filters: 2, kernelSize: 3, strides: 2, padding: 'valid' }, 'bottom'),
      layer(
        'crop',
        'Cropping2D',
        {
          cropping: [
            [0, 1],
            [1, 0],
          ],
        },
        'transposed',
      ),
      layer('between', 'UpSampling2D', { interpolation: 'bilinear', halfPixelCenters: true }, 'bottom'),
      layer('join', 'Concatenate', {}, 'norm', 'crop', 'between'),
      layer('logits', 'Conv2D', { filters: 3, kernelSize: 1, activation: 'softmax' }, 'join'),
    ],
    inputs: [{ layer: 'input', call: 0, output: 0 }],
    outputs: [{ layer: 'logits', call: 0, output: 0 }],
  };
}

it('has the derivatives of differences in both orders', async () => {
  const network = createNetwork(unet());
  const { b, parameters, trainable, loss } = buildLoss(network, 2);
  const weights = nodesOf(parameters, trainable);
  const first = gradient(b, loss, weights);
  const directions = weights.map((node, i) => b.input(`direction ${trainable[i]}`, node.shape));
  const products = jvp(b, first, weights, directions);
  const program = createProgram('derivatives', {
    loss,
    ...namedOutputs('first ', trainable, first),
    ...namedOutputs('product ', trainable, products),
  });

  const { train, shape } = await openDataset('cells:8x8:2:1');
  const x = new Float32Array(2 * 64);
  train.read([0, 1], x);
  const along = new Map(
    trainable.map((name, i) => [name, Float64Array.from(randomValues(weights[i].shape, 20 + i).data)]),
  );
  const fixed = {
    x: { shape: [2, ...shape], data: Float64Array.from(x) },
    y: { shape: [2, 8, 8], data: Int32Array.from(train.labels) },
    ...Object.fromEntries(
      trainable.map((name, i) => [`direction ${name}`, { shape: weights[i].shape, data: along.get(name)! }]),
    ),
  };
  const evaluate = (distance: number) => {
    const moved = network.parameters.map(({ name, shape: own, initialize }) => {
      const data = Float64Array.from(initialize(3), (value, i) => value + distance * (along.get(name)?.[i] ?? 0));
      return [name, { shape: own, data }];
    });
    const results = interpret(program, { ...fixed, ...Object.fromEntries(moved) });
    return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, Array.from(data)]));
  };

  const step = 1e-5;
  const [here, ahead, behind] = [evaluate(0), evaluate(step), evaluate(-step)];
  let slope = 0;
  for (const name of trainable) {
    here[`first ${name}`].forEach((value, j) => {
      slope += value * along.get(name)![j];
    });
    here[`product ${name}`].forEach((value, j) => {
      const expected = (ahead[`first ${name}`][j] - behind[`first ${name}`][j]) / (2 * step);
      expect(Math.abs(value - expected) / (1 + Math.abs(expected))).toBeLessThan(1e-7);
    });
  }
  expect(slope).toBeCloseTo((ahead.loss[0] - behind.loss[0]) / (2 * step), 7);
  // Every kernel is on a path to the loss.
  for (const name of trainable) expect(here[`first ${name}`].some((value) => value !== 0)).toBe(true);
});
