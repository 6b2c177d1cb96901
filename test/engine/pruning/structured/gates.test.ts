/** The score of a channel behind its normalization: which kernels have one, and the derivative against finite differences. */
import { describe, expect, it } from 'vitest';
import { createReferenceExecutor } from '../../../../server/executors/reference';
import { relativeError } from '../../../../server/executors/selfTest';
import { createNetwork } from '../../../../server/frontends/keras/network/createNetwork';
import { createProgram } from '../../../../server/graph/program';
import type { Batch } from '../../../../server/protocol/data';
import { floatTensor } from '../../../../server/protocol/tensor';
import { buildLoss } from '../../../../server/pruning/loss';
import { findChannelCriterion, findChannels, scoreChannels } from '../../../../server/pruning/structured';
import { normalizedKernels } from '../../../../server/pruning/structured/gates';
import { createRandom } from '../../../../server/random';
import { randomWeights } from '../../../support/channels';
import { chain } from '../../../support/networks';
import { runOn } from '../../../support/programs';

const conv = { filters: 4, kernelSize: [3, 3], padding: 'same' };
const network = createNetwork(
  chain(
    [5, 5, 2],
    ['plain', 'Conv2D', { ...conv, useBias: false }],
    ['n1', 'BatchNormalization'],
    ['r1', 'ReLU'],
    ['shifted', 'Conv2D', conv],
    ['r2', 'ReLU'],
    ['p2', 'MaxPooling2D', { poolSize: [2, 2], strides: [2, 2] }],
    ['n2', 'BatchNormalization'],
    ['bare', 'Conv2D', conv],
    ['flat', 'Flatten'],
    ['unscaled', 'Dense', { units: 6 }],
    ['n3', 'BatchNormalization', { scale: false }],
    ['logits', 'Dense', { units: 3 }],
  ),
);
const weights = randomWeights(network, 2);
const SIZE = 12;
const x = new Float32Array(SIZE * 50);
createRandom(5, 'examples').fillNormal(x, 0, 1);
const y = Int32Array.from({ length: SIZE }, (_, i) => i % 3);
const batch: Batch = { x, y, size: SIZE };
const request = {
  network,
  weights,
  structure: findChannels(network),
  prunable: network.parameters.filter(({ prunable }) => prunable).map(({ name }) => name),
  executor: createReferenceExecutor(),
  seed: 1,
  givenBatches: [batch],
};
const kernelsBy = async (method: string, gate: 'output' | 'weights') =>
  (await scoreChannels({ ...request, options: { gate }, criterion: findChannelCriterion(method) })).kernels;

/** The mean loss with what a layer's parameters of some roles are in one channel multiplied. */
async function lossWith(layer: string, channel: number, factor: number): Promise<number> {
  const program = createProgram('loss', { loss: buildLoss(network, SIZE).loss });
  const parameters = network.parameters.map(({ name, shape, layer: own, role }) => {
    const values = Float64Array.from(weights.get(name)!);
    if (own === layer && (role === 'gamma' || role === 'beta')) values[channel] *= factor;
    return [name, { dtype: 'float32', shape, data: values as never }] as const;
  });
  const { loss } = await runOn(request.executor, program, {
    ...Object.fromEntries(parameters),
    x: floatTensor([SIZE, 5, 5, 2], x),
    y: { dtype: 'int32', shape: [SIZE], data: y },
  });
  return loss.data[0];
}

describe('a normalization', () => {
  it('is behind kernels through their shift, a relu and a pooling, and has a gamma', () => {
    const found = normalizedKernels(network, request.prunable);
    expect(Object.fromEntries(found)).toEqual({
      'plain/kernel': { gamma: 'n1/gamma', beta: 'n1/beta' },
      'shifted/kernel': { gamma: 'n2/gamma', beta: 'n2/beta' },
    });
  });

  it('is not behind what also goes elsewhere, or is multiplied by another kernel first', () => {
    const separable = createNetwork(
      chain(
        [5, 5, 2],
        ['s', 'SeparableConv2D', conv],
        ['n', 'BatchNormalization'],
        ['f', 'Flatten'],
        ['logits', 'Dense', { units: 3 }],
      ),
    );
    expect([...normalizedKernels(separable, ['s/depthwise_kernel', 's/pointwise_kernel']).keys()]).toEqual([
      's/pointwise_kernel',
    ]);
  });
});

describe('a gate', () => {
  it('behind a normalization has the derivative of the loss, divided differences say', async () => {
    const kernels = await kernelsBy('snip', 'output');
    for (const [kernel, layer] of [
      ['plain/kernel', 'n1'],
      ['shifted/kernel', 'n2'],
    ] as const) {
      const step = 1e-4;
      const slopes: number[] = [];
      for (let channel = 0; channel < 4; channel++) {
        const [up, down] = [await lossWith(layer, channel, 1 + step), await lossWith(layer, channel, 1 - step)];
        slopes.push(Math.abs(up - down) / (2 * step));
      }
      expect(relativeError(kernels.get(kernel)!, Float32Array.from(slopes)), kernel).toBeLessThan(1e-4);
    }
  });

  it('on weights that are normalized measures its epsilon only; elsewhere both are one', async () => {
    const [output, paper] = [await kernelsBy('snip', 'output'), await kernelsBy('snip', 'weights')];
    const largest = (scores: Float32Array) => Math.max(...scores);
    expect(largest(paper.get('plain/kernel')!)).toBeLessThan(0.01 * largest(output.get('plain/kernel')!));
    for (const kernel of ['bare/kernel', 'unscaled/kernel']) expect(output.get(kernel)).toEqual(paper.get(kernel));
  });

  it('is that of 3SP too, and of no other method', async () => {
    expect(await kernelsBy('3sp', 'output')).toEqual(await kernelsBy('snip', 'output'));
    expect(await kernelsBy('grasp', 'output')).toEqual(await kernelsBy('grasp', 'weights'));
  });
});
