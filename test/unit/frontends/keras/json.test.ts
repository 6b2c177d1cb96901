import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readKerasJson } from '../../../../server/frontends/keras/json/kerasJson';
import { createNetwork } from '../../../../server/frontends/keras/network/createNetwork';
import { callsOf, failureOf, fixture, layerOf, load, temporaryFolder } from '../../../support/models';

const read = (name: string) => readKerasJson(readFileSync(fixture(name), 'utf8'), fixture(name));

const sequential = (layers: unknown, name?: string) =>
  JSON.stringify({ class_name: 'Sequential', config: name === undefined ? layers : { name, layers } });

describe('layers without names', () => {
  it('are named by their class, in sequential models that are a list of layers too', () => {
    const dense = (units: number, more: object = {}) => ({ class_name: 'Dense', config: { units, ...more } });
    const inner = {
      class_name: 'Sequential',
      config: [{ class_name: 'LeakyReLU', config: { batch_input_shape: [null, 4] } }, dense(3)],
    };
    const model = readKerasJson(sequential([dense(4, { batch_input_shape: [null, 5] }), inner]), '/m/model.json');
    expect(model.layers.map(({ name }) => name)).toEqual(['dense_1_input', 'dense_1', 'sequential_2']);
    expect(model.layers[2].model?.layers.map(({ name }) => name)).toEqual([
      'leaky_re_lu_1_input',
      'leaky_re_lu_1',
      'dense_2',
    ]);
    expect(createNetwork(model).parameters.map(({ name }) => name)).toContain('dense_2/kernel');
  });

  it('frozen by the model around them are frozen', () => {
    const text = JSON.stringify({
      class_name: 'Sequential',
      config: {
        name: 's',
        trainable: false,
        layers: [{ class_name: 'Dense', config: { units: 4, batch_input_shape: [null, 5] } }],
      },
    });
    expect(createNetwork(readKerasJson(text, '/m/model.json')).parameters.some(({ trainable }) => trainable)).toBe(
      false,
    );
  });
});

describe('wrapped, recurrent and attention layers', () => {
  const names = JSON.parse(readFileSync(fixture('wrapped-names.json'), 'utf8'));

  it.each(['keras3-wrapped.json', 'keras2-wrapped.json'])('of %s have the names and shapes of Keras 3', (file) => {
    const { parameters } = createNetwork(read(file));
    expect(Object.fromEntries(parameters.map(({ name, shape }) => [name, shape]))).toEqual(names);
  });

  it('take what they attend to in their own order, however the call names it', () => {
    for (const file of ['keras3-wrapped.json', 'keras2-wrapped.json']) {
      const [call] = layerOf(read(file), 'attention').calls;
      expect(call.map(({ layer }) => layer)).toEqual(['bidirectional', 'narrow', 'bidirectional']);
    }
  });

  it('are also known by the names without what is inside them', () => {
    const { parameters } = createNetwork(read('keras2-wrapped.json'));
    const aliases = (name: string) => parameters.find((parameter) => parameter.name === name)?.aliases;
    expect(aliases('each/out/kernel')).toEqual(['each/kernel']);
    expect(aliases('both1/forward_gru/gru_cell/bias')).toEqual(['both1/forward_gru/bias']);
    expect(aliases('lstm/lstm_cell/kernel')).toEqual(['lstm/kernel']);
  });
});

describe('Keras 3', () => {
  it('reads layers that name the mode which changes images, and refuses others', () => {
    const kerasTensor = { class_name: '__keras_tensor__', config: { keras_history: ['in', 0, 0] } };
    const model = (className: string) =>
      readKerasJson(
        JSON.stringify({
          class_name: 'Functional',
          config: {
            name: 'm',
            layers: [
              {
                class_name: 'InputLayer',
                name: 'in',
                config: { name: 'in', batch_shape: [null, 4, 4, 1] },
                inbound_nodes: [],
              },
              {
                ...{ class_name: className, name: 'mid', config: { name: 'mid' } },
                inbound_nodes: [{ args: [kerasTensor], kwargs: { training: true } }],
              },
            ],
            input_layers: [['in', 0, 0]],
            output_layers: [['mid', 0, 0]],
          },
        }),
        '/m/model.json',
      );
    expect(model('RandomFlip').layers.map(({ className }) => className)).toEqual(['InputLayer', 'RandomFlip']);
    expect(() => model('Dropout')).toThrow('is called with training');
  });

  it('reads a sequential model with lines', () => {
    const model = read('keras3-sequential.json');
    expect(model.name).toBe('seq');
    expect(model.layers.map(({ className }) => className)).toEqual([
      'InputLayer',
      'Conv2D',
      'BatchNormalization',
      'ReLU',
      'GlobalAveragePooling2D',
      'Dense',
    ]);
    expect(model.layers[0].config.batchInputShape).toEqual([null, 28, 28, 1]);
    const convolution = layerOf(model, 'conv1');
    expect(convolution.config).toMatchObject({
      filters: 8,
      kernelSize: [3, 3],
      useBias: false,
      dataFormat: 'channelsLast',
      dtype: 'float32',
      kernelInitializer: { className: 'HeNormal' },
    });
    expect(convolution.source).toEqual([{ file: fixture('keras3-sequential.json'), line: 36, column: 9 }]);
  });

  it('reads a functional model with shared layers and nested models', () => {
    const model = read('keras3-functional.json');
    expect(callsOf(layerOf(model, 'shared'))).toEqual([['left'], ['right']]);
    expect(callsOf(layerOf(model, 'encoder'))).toEqual([['shared'], ['shared@1']]);
    expect(callsOf(layerOf(model, 'head'))).toEqual([['encoder'], ['encoder@1']]);
    expect(callsOf(layerOf(model, 'join'))).toEqual([['head', 'head@1']]);
    expect(layerOf(model, 'encoder').model!.layers.map(({ name }) => name)).toEqual(['enc_in', 'enc_dense']);
    expect(layerOf(model, 'head').model!.layers.at(-1)!.name).toBe('head_dense');
    expect(layerOf(model, 'shared').config.kernelRegularizer).toMatchObject({ className: 'L2' });
    expect(model.outputs).toEqual([{ layer: 'out', call: 0, output: 0 }]);
  });
});

describe('Keras 2', () => {
  it('reads calls of nested models, which it counts from 1', () => {
    const model = read('keras2-functional.json');
    expect(model.inputs.map(({ layer }) => layer)).toEqual(['left', 'right']);
    expect(callsOf(layerOf(model, 'encoder'))).toEqual([['shared'], ['shared@1']]);
    expect(callsOf(layerOf(model, 'head'))).toEqual([['encoder'], ['encoder@1']]);
    expect(callsOf(layerOf(model, 'join'))).toEqual([['head', 'head@1']]);
    expect(layerOf(model, 'head').className).toBe('Functional');
    expect(layerOf(model, 'encoder').model!.layers[0]).toMatchObject({
      name: 'enc_dense_input',
      config: { batchInputShape: [null, 16] },
    });
  });

  it('agrees with the model that wrote it', async () => {
    const text = `import * as tf from '@tensorflow/tfjs';
      import { readFileSync } from 'node:fs';
      export default () => tf.models.modelFromJSON(JSON.parse(readFileSync(${JSON.stringify(fixture('keras2-functional.json'))}, 'utf8')));`;
    const folder = temporaryFolder({ 'model.ts': text });
    const built = await load(join(folder, 'model.ts'));
    const stated = read('keras2-functional.json');
    const wiring = (model: typeof built) =>
      Object.fromEntries(model.layers.map((layer) => [layer.name, [layer.className, callsOf(layer)]]));
    expect(wiring(built)).toEqual(wiring(stated));
    // TensorFlow.js made these layers, so the export that asked for it stands for their lines.
    expect(layerOf(built, 'shared').source[0]).toMatchObject({ file: join(folder, 'model.ts'), line: 3 });
    for (const name of ['shared', 'join', 'out']) {
      expect(layerOf(stated, name).config).toMatchObject(layerOf(built, name).config);
    }
  });
});

const DENSE = (name: string, more = '') =>
  `{"class_name": "Dense", "config": {"name": "${name}", "units": 2${more}}, "inbound_nodes": []}`;

describe('tfjs model.json', () => {
  const topology = `{"class_name": "Sequential", "config": {"name": "s", "layers": [${DENSE('a', ', "batch_input_shape": [null, 1]')}]}}`;
  const manifest = (dtype = 'float32') =>
    JSON.stringify([
      {
        paths: ['one.bin', 'two.bin'],
        weights: [
          { name: 'a/kernel', shape: [1, 2], dtype },
          { name: 'a/bias', shape: [2], dtype },
        ],
      },
    ]);
  const file = (weights: string) =>
    `{"format": "layers-model",\n"modelTopology": {"model_config": ${topology}},\n"weightsManifest": ${weights}}`;
  const values = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
  // The cut between the shards is inside a number.
  const shards = { 'one.bin': values.slice(0, 6), 'two.bin': values.slice(6) };

  it('reads the weights beside it', async () => {
    const folder = temporaryFolder({ 'model.json': file(manifest()), ...shards });
    const model = await load(join(folder, 'model.json'));
    expect(layerOf(model, 'a').weights).toEqual({
      kernel: { shape: [1, 2], data: Float32Array.of(1, 2) },
      bias: { shape: [2], data: Float32Array.of(3, 4) },
    });
  });

  it('goes without them when none is there', async () => {
    const folder = temporaryFolder({ 'model.json': file(manifest()) });
    const model = await load(join(folder, 'model.json'));
    expect(layerOf(model, 'a').weights).toBeUndefined();
    expect(layerOf(model, 'a').source[0].line).toBe(2);
  });

  it.each([
    ['a missing shard', { 'one.bin': shards['one.bin'] }, manifest(), /two\.bin is missing/],
    ['a short shard', { ...shards, 'two.bin': shards['two.bin'].slice(1) }, manifest(), /have 15 bytes .* need 16/],
    ['another type', shards, manifest('int32'), /stored as int32/],
    ['an unknown weight', shards, manifest().replace('a/bias', 'b/bias'), /"b\/bias" belongs to no layer/],
  ])('rejects %s', async (_, files, weights, message) => {
    const folder = temporaryFolder({ 'model.json': file(weights), ...files });
    expect((await failureOf(load(join(folder, 'model.json')))).message).toMatch(message);
  });

  it('rejects graph models', async () => {
    const failure = await failureOf(() => readKerasJson('{"format": "graph-model", "modelTopology": {}}', 'm.json'));
    expect(failure.message).toMatch(/graph model/);
  });
});

describe('mistakes', () => {
  const functional = (layers: string, outputs = '[["a", 0, 0]]') =>
    `{"class_name": "Functional",\n"config": {"name": "m", "layers": [\n${layers}\n],\n"input_layers": [["i", 0, 0]], "output_layers": ${outputs}}}`;
  const input =
    '{"class_name": "InputLayer", "config": {"name": "i", "batch_input_shape": [null, 1]}, "inbound_nodes": []}';
  const wired = (name: string, from: string) =>
    DENSE(name).replace('"inbound_nodes": []', `"inbound_nodes": [[["${from}", 0, 0, {}]]]`);

  it.each([
    ['broken JSON', '{\n"class_name": "Sequential",\n"config": }', /not valid JSON: value expected/, 3],
    ['an empty file', '', /not valid JSON/, 1],
    ['no model', '{"hello": 1}', /no Keras model/, 1],
    ['no layers', '{"class_name": "Sequential",\n"config": {"layers": []}}', /model is empty/, 2],
    [
      'no shape',
      `{"class_name": "Sequential",\n"config": {"layers": [\n${DENSE('a')}]}}`,
      /before its input shape was known/,
      3,
    ],
    [
      'a layer without config',
      '{"class_name": "Sequential", "config": {"layers": [\n\n{"class_name": "Dense"}]}}',
      /"config"/,
      3,
    ],
    ['an unknown input', functional(`${input},\n${wired('a', 'zz')}`), /takes call 0 of "zz"/, 4],
    [
      'two equal names',
      functional(`${input},\n${wired('a', 'i')},\n${wired('a', 'i')}`),
      /Two layers are named "a"/,
      5,
    ],
    ['an unknown output', functional(`${input},\n${wired('a', 'i')}`, '[["b", 0, 0]]'), /name "b"/, 1],
    ['a constant', functional(`${input},\n${wired('a', 'i').replace('0, 0, {}', '-1, 2')}`), /constant/, 4],
  ])('%s', async (_, text, message, line) => {
    const failure = await failureOf(() => readKerasJson(text, 'model.json'));
    expect(failure.message).toMatch(message);
    expect(failure.location).toMatchObject({ file: 'model.json', line });
  });
});

describe('hard_sigmoid', () => {
  const withActivation = (name: string): string => {
    const text = readFileSync(fixture(name), 'utf8');
    return text.replace(/"activation": "(linear|relu|softmax)"/, '"activation": "hard_sigmoid"');
  };

  it('is refused in files of Keras 3, where it is another function', async () => {
    const text = withActivation('keras3-sequential.json');
    const error = await failureOf(() => readKerasJson(text, '/models/net.json'));
    expect(error.message).toMatch(/^The layer "\w+" has Keras 3's hard_sigmoid/);
    const line = text.split('\n').findIndex((one) => one.includes('"hard_sigmoid"')) + 1;
    expect(error.location).toMatchObject({ file: '/models/net.json', line });
    expect(error.hint).toContain('sigmoid');
  });

  it('is read from files of Keras 2', () => {
    const model = readKerasJson(withActivation('keras2-functional.json'), '/models/net.json');
    expect(JSON.stringify(model)).toContain('hardSigmoid');
  });
});
