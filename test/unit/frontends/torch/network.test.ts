/** What a network of an exported model knows, and what its graphs are made of. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { ExportedModel } from '../../../../server/frontends/torch/exported';
import { createTorchNetwork } from '../../../../server/frontends/torch/network/createNetwork';
import { gradient } from '../../../../server/graph/autodiff';
import { createBuilder } from '../../../../server/graph/builder';
import { createProgram } from '../../../../server/graph/program';
import { declareInputs, declareParameters } from '../../../../server/models/parameters';
import type { Network } from '../../../../server/models/types';
import { UserError } from '../../../../server/protocol/errors';
import { createUnitGraph } from '../../../../server/pruning/unitGraph';
import { type ExportJob, exportTorch, torchFixture } from '../../../support/exportTorch';
import { whyNoPython } from '../../../support/python';

const missing = whyNoPython();
const families = torchFixture('families.py');
const unsupported = torchFixture('unsupported.py');

const JOBS: readonly ExportJob[] = [
  { file: torchFixture('resnet20.py'), expression: 'ResNet(1, 4)', inputs: [[[3, 12, 12]]] },
  { file: families, expression: 'Mobile()', inputs: [[[3, 14, 14]]] },
  { file: families, expression: 'GPT()', inputs: [[[5], 'int64', 7]] },
  { file: families, expression: 'Computed()', inputs: [[[3, 7, 7]]] },
  { file: families, expression: 'UNet()', inputs: [[[3, 9, 8]]] },
  { file: families, expression: 'nn.Sequential(nn.Linear(8, 3), nn.Sigmoid())', inputs: [[[8]]] },
  { file: families, expression: 'nn.Sequential(nn.Linear(8, 1))', inputs: [[[8]]] },
  { file: families, expression: 'nn.Sequential(nn.Linear(8, 3), nn.Tanh())', inputs: [[[8]]] },
  { file: families, expression: 'nn.Sequential(nn.Linear(8, 3))', inputs: [[[8]]] },
  { file: unsupported, expression: 'Net()', inputs: [[[8]]] },
];

/** How often an operation is in the gradient of a network's loss. */
function countInStep(network: Network, op: string): number {
  const b = createBuilder();
  const nodes = declareParameters(b, network);
  const x = declareInputs(b, network, 4);
  const y = b.input('y', [4, ...network.labelShape], 'int32');
  const { logits, statistics } = network.apply(b, x, nodes, 'train');
  const loss = network.objective.loss(b, { logits, y, labels: network.labels });
  const trained = network.parameters.filter(({ trainable }) => trainable);
  const gradients = gradient(
    b,
    loss,
    trained.map(({ name }) => nodes.get(name)!),
  );
  const outputs = [...gradients, ...statistics.values()];
  const program = createProgram('step', Object.fromEntries(outputs.map((node, i) => [`${i}`, node])));
  return program.nodes.filter((node) => node.op === op).length;
}

describe.skipIf(missing !== undefined)(`a network of PyTorch${missing ? ` (left out because ${missing})` : ''}`, () => {
  let models: readonly ExportedModel[];
  let networks: readonly Network[];
  const parameterOf = (network: Network, name: string) => network.parameters.find((one) => one.name === name)!;

  beforeAll(() => {
    models = exportTorch(JOBS);
    networks = models.slice(0, -1).map((model) => createTorchNetwork(model, { file: '/workspace/net.py' }));
  });

  it('is for what its output says, and leaves out the sigmoid at its end', () => {
    const heads = networks.slice(-4);
    expect(heads.map(({ objective }) => objective.name)).toEqual([
      'binary-cross-entropy',
      'mse',
      'mse',
      'cross-entropy',
    ]);
    const ops = heads.map((network) => {
      const b = createBuilder();
      return network.apply(b, declareInputs(b, network, 2), declareParameters(b, network), 'train').logits.op;
    });
    expect(ops[0]).toBe(ops[1]);
    expect(ops[2]).toBe('tanh');
  });

  it('has no transposition between the layers of a convolutional model, forwards or backwards', () => {
    const [resnet, mobile] = networks;
    expect(countInStep(resnet, 'conv2d')).toBe(7);
    expect(countInStep(resnet, 'transpose')).toBe(0);
    expect(countInStep(mobile, 'conv2d')).toBe(11);
    expect(countInStep(mobile, 'transpose')).toBe(0);
  });

  it('keeps the names and layouts of the state_dict', () => {
    const [resnet] = networks;
    expect(parameterOf(resnet, 'stages.1.0.conv1.weight')).toMatchObject({
      layer: 'stages.1.0.conv1',
      role: 'kernel',
      shape: [3, 3, 4, 8],
      stored: { name: 'stages.1.0.conv1.weight', order: [3, 2, 0, 1], shape: [8, 4, 3, 3] },
      prunable: true,
    });
    expect(parameterOf(resnet, 'linear.weight')).toMatchObject({ shape: [16, 10], stored: { shape: [10, 16] } });
    expect(parameterOf(resnet, 'bn1.running_var')).toMatchObject({ role: 'moving-variance', trainable: false });
    expect(resnet.parameters.some(({ name }) => name.endsWith('num_batches_tracked'))).toBe(false);
    const model = models[0];
    const stored = model.tensors.find(({ name }) => name === 'linear.weight')!.values;
    const inside = parameterOf(resnet, 'linear.weight').initialize(0);
    expect(inside[1]).toBe(stored[16]);
  });

  it('takes images channels-last, which files of batches have as the model does', () => {
    expect(networks[0].inputs).toEqual([
      { name: 'x', shape: [12, 12, 3], dtype: 'float32', stored: { shape: [3, 12, 12], order: [2, 0, 1] } },
    ]);
    expect(networks[2].inputs).toEqual([{ name: 'ids', shape: [5], dtype: 'int32', vocabulary: 7 }]);
  });

  it('prunes what products and convolutions read, whatever its class', () => {
    const prunable = (network: Network) => network.parameters.filter((one) => one.prunable).map(({ name }) => name);
    expect(prunable(networks[2])).toEqual([
      'attention.qkv.weight',
      'attention.out.weight',
      'mlp.0.weight',
      'mlp.2.weight',
    ]);
    expect(parameterOf(networks[2], 'words.weight').role).toBe('embedding');
    expect(prunable(networks[3])).toEqual([
      'projection',
      'masked.weight',
      'standardized.weight',
      'normed.parametrizations.weight.original1',
      'old.weight_v',
    ]);
    expect(parameterOf(networks[3], 'frozen.weight')).toMatchObject({
      role: 'kernel',
      trainable: false,
      prunable: false,
    });
    expect(parameterOf(networks[3], 'masked.mask')).toMatchObject({ role: 'fixed', trainable: false });
    expect(networks[3].parameters.some(({ layer }) => layer === 'unused')).toBe(false);
    expect(parameterOf(networks[3], 'normed.parametrizations.weight.original1').layer).toBe('normed');
  });

  it('has layers with what they cost', () => {
    const layer = networks[0].layers.find(({ name }) => name === 'stages.1.0.conv1');
    expect(layer).toMatchObject({ className: 'Conv2d', outputShape: [6, 6, 8], macs: 6 * 6 * 8 * 9 * 4 });
    expect(layer?.source[0]).toMatchObject({ file: torchFixture('resnet20.py'), line: 18 });
    expect(networks[0].layers[0]).toMatchObject({ name: 'x', className: 'Input', outputShape: [12, 12, 3] });
  });

  it('has units that weights connect, also through what they are computed by', () => {
    const weightsOf = (network: Network) =>
      createUnitGraph(network).links.flatMap((link) => (link.kind === 'weight' ? link.weight : []));
    expect(weightsOf(networks[0])).toContain('stages.0.0.conv1.weight');
    expect(weightsOf(networks[3])).toEqual(
      expect.arrayContaining(['masked.weight', 'standardized.weight', 'old.weight_v', 'frozen.weight', 'projection']),
    );
    // An image that is resized has a matrix of numbers between its pixels, which is no weight.
    expect(weightsOf(networks[4])).toContain('up.weight');
  });

  it('has a fingerprint of what is computed, not of where or with which weights', () => {
    const [model] = models;
    const moved = {
      ...model,
      tensors: model.tensors.map((tensor) => ({ ...tensor, values: tensor.values.map((value) => value + 1) })),
    };
    expect(createTorchNetwork(moved, { file: '/other.py' }).fingerprint).toBe(networks[0].fingerprint);
    expect(networks[1].fingerprint).not.toBe(networks[0].fingerprint);
  });

  it('says all that is not supported at once, with modules and lines', () => {
    const refused = () => createTorchNetwork(models.at(-1)!, { file: unsupported });
    expect(refused).toThrow(UserError);
    expect(refused).toThrow(
      /aten\.sort\S* in 'ranks' \(model\.Ranks\) at .*unsupported\.py:14.*aten\.fft_rfft in 'spectrum'/,
    );
  });
});
