/** A PyTorch model trained here, against a plain loop in PyTorch, and against the same network of TensorFlow.js. */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assembleBatch } from '../../server/data/batches';
import { createOnnxExecutor } from '../../server/executors/onnx';
import type { Executor } from '../../server/executors/types';
import { createNetwork } from '../../server/frontends/keras/network/createNetwork';
import { createTorchNetwork } from '../../server/frontends/torch/network/createNetwork';
import type { Network } from '../../server/models/types';
import { findCriterion, scoreNetwork, selectMasks } from '../../server/pruning';
import { train } from '../../server/training/train';
import { exportTorch, torchFixture } from '../support/exportTorch';
import { relativeError } from '../support/networks';
import { TEST_PYTHON, whyNoPython } from '../support/python';
import { cloudDataset, initialWeights, trainingTask } from '../support/training';
import { wire } from '../support/wiring';

const missing = whyNoPython();
const SIZE = 32;
const OPTIMIZER = { kind: 'sgd', learningRate: 0.05, momentum: 0.9, weightDecay: 5e-4 } as const;

const convolution = (filters: number, strides = 1) => ({
  filters,
  kernelSize: 3,
  strides,
  padding: 'same',
  useBias: false,
});
const norm = { momentum: 0.9 };

const keras = createNetwork(
  wire(
    { x: [12, 12, 3] },
    [
      ['stem', 'Conv2D', convolution(6), 'x'],
      ['stem_bn', 'BatchNormalization', norm, 'stem'],
      ['stem_relu', 'ReLU', {}, 'stem_bn'],
      ['a', 'Conv2D', convolution(6), 'stem_relu'],
      ['a_bn', 'BatchNormalization', norm, 'a'],
      ['sum', 'Add', {}, 'stem_relu', 'a_bn'],
      ['sum_relu', 'ReLU', {}, 'sum'],
      ['b', 'Conv2D', convolution(8, 2), 'sum_relu'],
      ['b_bn', 'BatchNormalization', norm, 'b'],
      ['b_relu', 'ReLU', {}, 'b_bn'],
      ['mean', 'GlobalAveragePooling2D', {}, 'b_relu'],
      ['fc', 'Dense', { units: 3 }, 'mean'],
    ],
    ['fc'],
  ),
);

/** Keras's name of a parameter of the other network. */
function kerasName(name: string): string {
  const [layer, kind] = name.split('.');
  const isNorm = layer.endsWith('_bn');
  const names: Record<string, string> = {
    weight: isNorm ? 'gamma' : 'kernel',
    bias: isNorm ? 'beta' : 'bias',
    running_mean: 'moving_mean',
    running_var: 'moving_variance',
  };
  return `${layer}/${names[kind]}`;
}

const PLAIN_LOOP = `
import json, math, sys
sys.path.insert(0, sys.argv[1])
import torch
from resnet20 import ResNet
job = json.load(sys.stdin)
torch.manual_seed(0)
net = ResNet(1, 4)
x = torch.tensor(job['x']).reshape(${SIZE}, 12, 12, 3).permute(0, 3, 1, 2).contiguous()
y = torch.tensor(job['y'])
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, job['steps'])
losses = []
for _ in range(job['steps']):
    optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(net(x), y)
    loss.backward()
    optimizer.step()
    schedule.step()
    losses.append(loss.item())
print(json.dumps(losses))
`;

describe.skipIf(missing !== undefined)(
  `training a PyTorch model${missing ? ` (left out because ${missing})` : ''}`,
  () => {
    let executor: Executor;
    let resnet: Network;
    let counterpart: Network;
    beforeAll(async () => {
      executor = await createOnnxExecutor({ provider: 'cpu', threads: 2 });
      [resnet, counterpart] = exportTorch([
        { file: torchFixture('resnet20.py'), expression: 'ResNet(1, 4)', inputs: [[[3, 12, 12]]] },
        { file: torchFixture('counterpart.py'), expression: 'Counterpart()', inputs: [[[3, 12, 12]]] },
      ]).map((model) => createTorchNetwork(model, { file: '/workspace/net.py' }));
    });
    afterAll(() => executor.dispose());

    const dataset = (classes: number) => cloudDataset({ shape: [12, 12, 3], classes, train: SIZE });

    /** The loss of each step: the whole of the data is a batch, so an epoch is one. */
    const losses = async (network: Network, steps: number, rest: Parameters<typeof trainingTask>[1] = {}) => {
      const options = { epochs: steps, batchSize: SIZE, optimizer: OPTIMIZER, schedule: { kind: 'cosine' } } as const;
      const data = dataset(network.classes);
      const task = trainingTask(options, { network, dataset: data, executor, ...rest });
      return (await train(task)).epochs.map(({ trainLoss }) => trainLoss);
    };

    it('gives the losses of a plain loop with momentum, weight decay and a cosine', async () => {
      const steps = 20;
      const { train: split } = dataset(resnet.classes);
      const all = Int32Array.from({ length: SIZE }, (_, i) => i);
      const { x, y } = assembleBatch(split, resnet.inputs, all);
      const input = JSON.stringify({ x: [...x], y: [...y], steps });
      const { stdout, stderr, status } = spawnSync(TEST_PYTHON, ['-B', '-c', PLAIN_LOOP, torchFixture('')], { input });
      expect([status, status === 0 ? '' : `${stderr}`]).toEqual([0, '']);
      const expected: number[] = JSON.parse(`${stdout}`);
      const actual = await losses(resnet, steps);
      expect(expected[0]).toBeGreaterThan(expected[steps - 1] + 0.1);
      for (const [step, loss] of actual.entries()) {
        expect(Math.abs(loss - expected[step]), `step ${step}`).toBeLessThan(1e-3);
      }
    });

    it('is scored, pruned and trained as the same network of TensorFlow.js', async () => {
      const weights = initialWeights(counterpart);
      const same = new Map([...weights].map(([name, values]) => [kerasName(name), values]));
      expect([...same.keys()].toSorted()).toEqual(keras.parameters.map(({ name }) => name).toSorted());
      const { train: split } = dataset(3);
      const batch = assembleBatch(
        split,
        keras.inputs,
        Int32Array.from({ length: SIZE }, (_, i) => i),
      );
      const score = async (network: Network, values: typeof weights, method: string) => {
        return scoreNetwork({
          criterion: findCriterion(method),
          network,
          weights: values,
          prunable: network.parameters.filter(({ prunable }) => prunable).map(({ name }) => name),
          executor,
          options: { sparsity: 0.8, iterations: 10, steps: 3, innerLearningRate: 0.1 },
          seed: 1,
          givenBatches: Array.from({ length: 4 }, () => batch),
        });
      };
      let masks: ReadonlyMap<string, Uint8Array> = new Map();
      for (const method of ['magnitude', 'grasp', 'synflow', 'prospr', 'snip']) {
        const [actual, expected] = [await score(counterpart, weights, method), await score(keras, same, method)];
        expect([...actual.scores.keys()].map(kerasName)).toEqual([...expected.scores.keys()]);
        for (const [name, values] of actual.scores) {
          expect(relativeError(values, expected.scores.get(kerasName(name))!), `${method} of ${name}`).toBeLessThan(
            1e-3,
          );
        }
        masks = selectMasks(actual, { sparsity: 0.8 });
        expect(selectMasks(expected, { sparsity: 0.8 })).toEqual(
          new Map([...masks].map(([name, mask]) => [kerasName(name), mask])),
        );
      }
      const named = new Map([...masks].map(([name, mask]) => [kerasName(name), mask]));
      const actual = await losses(counterpart, 50, { weights, masks });
      const expected = await losses(keras, 50, { weights: same, masks: named });
      for (const [step, loss] of actual.entries()) {
        expect(Math.abs(loss - expected[step]), `step ${step}`).toBeLessThan(1e-3);
      }
    });
  },
);
