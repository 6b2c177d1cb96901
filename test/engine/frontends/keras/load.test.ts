import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { callsOf, fixture, layerOf, linesOf, load, sample, temporaryFolder } from '../../../support/models';

describe('source lines', () => {
  it('follows loops, helpers in other files, callbacks and subclasses to each layer', async () => {
    const model = await load(fixture('loop-and-helper.ts'));
    const lines = Object.fromEntries(model.layers.map((layer) => [layer.name, linesOf(layer)]));
    expect(lines).toEqual({
      input: ['loop-and-helper.ts:18'],
      loop_0: ['loop-and-helper.ts:22'],
      loop_1: ['loop-and-helper.ts:22'],
      helper_a: ['blocks.ts:4', 'loop-and-helper.ts:25'],
      helper_a_relu: ['blocks.ts:9', 'blocks.ts:5', 'loop-and-helper.ts:25'],
      helper_b: ['blocks.ts:4', 'loop-and-helper.ts:26'],
      helper_b_relu: ['blocks.ts:9', 'blocks.ts:5', 'loop-and-helper.ts:26'],
      scale: ['loop-and-helper.ts:27'],
      list_0: ['loop-and-helper.ts:28', 'loop-and-helper.ts:28'],
      list_1: ['loop-and-helper.ts:28', 'loop-and-helper.ts:28'],
    });
    expect(layerOf(model, 'helper_a').source[0]).toEqual({ file: fixture('support/blocks.ts'), line: 4, column: 24 });
    expect(layerOf(model, 'scale').className).toBe('Scale');
  });

  it('finds layers made in a list, and through an await', async () => {
    const list = await load(`${fixture('sequential-forms.ts')}#fromList`);
    expect(linesOf(layerOf(list, 'a'))).toEqual(['sequential-forms.ts:3', 'sequential-forms.ts:8']);
    expect(linesOf(layerOf(list, 'b'))).toEqual(['sequential-forms.ts:3', 'sequential-forms.ts:9']);
    const nested = await load(`${fixture('sequential-forms.ts')}#nested`);
    expect(linesOf(layerOf(nested, 'last'))).toEqual(['sequential-forms.ts:3', 'sequential-forms.ts:29']);
    expect(linesOf(layerOf(nested, 'inner'))).toEqual(['sequential-forms.ts:27']);
  });
});

describe('topology', () => {
  it('describes a sequential model with its implied input layer', async () => {
    const model = await load(sample('lenet-300-100.ts'));
    expect(model).toMatchObject({ name: 'lenet-300-100', file: sample('lenet-300-100.ts'), exportName: 'default' });
    expect(model.layers.map(({ name, className }) => `${name} ${className}`)).toEqual([
      'flatten_input InputLayer',
      'flatten Flatten',
      'fc1 Dense',
      'fc2 Dense',
      'logits Dense',
    ]);
    expect(model.layers.map(callsOf)).toEqual([[[]], [['flatten_input']], [['flatten']], [['fc1']], [['fc2']]]);
    expect(model.inputs).toEqual([{ layer: 'flatten_input', call: 0, output: 0 }]);
    expect(model.outputs).toEqual([{ layer: 'logits', call: 0, output: 0 }]);
    expect(model.layers[0].config.batchInputShape).toEqual([null, 28, 28, 1]);
    expect(layerOf(model, 'fc1').config).toMatchObject({ units: 300, activation: 'relu', useBias: true });
    expect(layerOf(model, 'fc1').weights).toBeUndefined();
  });

  it('takes batchInputShape and an input layer of its own', async () => {
    const batch = await load(`${fixture('sequential-forms.ts')}#batchShape`);
    expect(batch.layers[0]).toMatchObject({ name: 'first_input', config: { batchInputShape: [8, 5] } });
    const explicit = await load(`${fixture('sequential-forms.ts')}#explicitInput`);
    expect(explicit.layers.map(({ name }) => name)).toEqual(['entrance', 'only']);
    expect(callsOf(explicit.layers[1])).toEqual([['entrance']]);
  });

  it('keeps nested models nested', async () => {
    const model = await load(`${fixture('sequential-forms.ts')}#nested`);
    expect(model.layers.map(({ className }) => className)).toEqual(['InputLayer', 'Sequential', 'Dense']);
    const inner = layerOf(model, 'inner').model!;
    expect(inner.layers.map(({ name }) => name)).toEqual(['a_input', 'a', 'b']);
    expect(inner.outputs).toEqual([{ layer: 'b', call: 0, output: 0 }]);
    expect(callsOf(layerOf(model, 'last'))).toEqual([['inner']]);
  });

  it('lists the calls of shared layers and models that belong to the model', async () => {
    const model = await load(fixture('shared.ts'));
    expect(callsOf(layerOf(model, 'shared'))).toEqual([['left'], ['right']]);
    expect(callsOf(layerOf(model, 'encoder'))).toEqual([['shared'], ['shared@1']]);
    expect(callsOf(layerOf(model, 'joined'))).toEqual([['encoder@1', 'encoder']]);
    expect(model.inputs.map(({ layer }) => layer)).toEqual(['left', 'right']);
    const encoder = layerOf(model, 'encoder');
    expect(encoder.className).toBe('Functional');
    expect(callsOf(layerOf(encoder.model!, 'encoder_dense'))).toEqual([['encoder_input']]);
  });

  it.each([
    ['conv-net.ts', 15],
    ['resnet-20.ts', 73],
    ['unet.ts', 38],
    ['vgg-16.ts', 46],
    ['keras-convnet.json', 12],
  ])('loads the sample %s', async (name, layers) => {
    const model = await load(sample(name));
    expect(model.layers).toHaveLength(layers);
    expect(model.layers.every(({ source }) => source.length > 0)).toBe(true);
    expect(model.layers.every(({ weights }) => weights === undefined)).toBe(true);
  });
});

describe('weights', () => {
  it('reports what setWeights gave, and only that', async () => {
    const model = await load(fixture('weights.ts'));
    expect(layerOf(model, 'drawn').weights).toBeUndefined();
    expect(layerOf(model, 'given').weights).toEqual({
      kernel: { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
      bias: { shape: [2], data: Float32Array.of(5, 6) },
    });
    // Computed from the values of its initializer, which are there when they are read.
    expect(layerOf(model, 'half').weights).toEqual({ kernel: { shape: [2, 2], data: new Float32Array(4).fill(0.5) } });
  });

  it('keeps weights equal that were copied from one model to another', async () => {
    const model = await load(`${fixture('weights.ts')}#copied`);
    const [original, copy] = ['original', 'copy'].map(
      (name) => layerOf(layerOf(model, name).model!, `${name}_dense`).weights!.kernel.data,
    );
    expect(copy).toEqual(original);
    expect(original.some((value) => value !== 0)).toBe(true);
  });

  it('leaves weights to the seed that were only looked at', async () => {
    const model = await load(`${fixture('weights.ts')}#observed`);
    expect(layerOf(model, 'seen').weights).toBeUndefined();
  });
});

describe('exports and module kinds', () => {
  it('uses the only candidate, here a promise, and takes the default import', async () => {
    const model = await load(fixture('only-one.ts'));
    expect(model.exportName).toBe('network');
    expect(model.layers[1].config.units).toBe(4);
  });

  it('uses the export that is named', async () => {
    expect((await load(`${fixture('several.ts')}#second`)).exportName).toBe('second');
  });

  it('reads CommonJS and module files, which know their own place', async () => {
    expect(await load(fixture('common.cjs'))).toMatchObject({ name: 'common.cjs', exportName: 'build' });
    expect(await load(fixture('meta.mjs'))).toMatchObject({ name: 'meta.mjs', exportName: 'default' });
  });

  it('gives each file its own place', async () => {
    const folder = temporaryFolder({
      'model.ts': `import { place } from './parts/part'; import { basename } from 'node:path';
        import * as tf from '@tensorflow/tfjs'; import '@tensorflow/tfjs-backend-wasm';
        const name = basename(__dirname) === 'parts' ? 'wrong' : place;
        export default tf.sequential({ name, layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });`,
      'parts/part.ts': "import { basename } from 'node:path';\nexport const place = basename(__dirname);\n",
    });
    expect((await load(join(folder, 'model.ts'))).name).toBe('parts');
  });

  it('uses another version of TensorFlow.js where the folder has one', async () => {
    const own = fileURLToPath(new URL('../../../../node_modules/@tensorflow/tfjs/dist/tf.node.js', import.meta.url));
    const folder = temporaryFolder({
      'model.js': `import * as tf from '@tensorflow/tfjs';
        export default tf.sequential({ name: tf.marker, layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });`,
    });
    const installed = join(folder, 'node_modules', '@tensorflow', 'tfjs');
    mkdirSync(installed, { recursive: true });
    writeFileSync(join(installed, 'package.json'), JSON.stringify({ version: '4.21.0', main: 'main.js' }));
    writeFileSync(
      join(installed, 'main.js'),
      `module.exports = { ...require(${JSON.stringify(own)}), marker: 'own' };`,
    );
    const output: string[] = [];
    const model = await load(join(folder, 'model.js'), { onOutput: (line) => output.push(line) });
    expect(model.name).toBe('own');
    expect(model.layers[1].source[0].line).toBe(2);
    expect(output.join('\n')).not.toContain('Hi, looks like');
  });

  it('passes on what the code prints, line by line', async () => {
    const output: string[] = [];
    await load(`${fixture('failures.ts')}#prints`, { onOutput: (line) => output.push(line) });
    expect(output.sort()).toEqual(['to standard error', 'to standard output']);
  });
});
