/** The golden scores through the command, as a user would ask for them: a model file, weights, exact batches. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { relativeError } from '../../server/executors/selfTest';
import { readSafetensors, writeSafetensors } from '../../server/files/safetensors';
import { type GoldenName, loadGolden } from '../support/golden';

const run = promisify(execFile);
const command = join(import.meta.dirname, '..', '..', 'dist', 'prunelens.js');

const models: { readonly [K in GoldenName]?: string } = {
  conv_odd: `
    const conv = (name: string, filters: number, kernelSize: number, strides: number, options = {}) =>
      tf.layers.conv2d({ name, filters, kernelSize, strides, padding: 'same', useBias: false, ...options });
    const model = tf.sequential();
    model.add(conv('c1', 6, 5, 2, { inputShape: [11, 9, 2] }));
    model.add(tf.layers.batchNormalization({ name: 'c1_bn' }));
    model.add(tf.layers.reLU());
    model.add(conv('c2', 10, 3, 2));
    model.add(tf.layers.batchNormalization({ name: 'c2_bn' }));
    model.add(tf.layers.reLU());
    model.add(conv('c3', 10, 1, 1, { useBias: true, activation: 'relu' }));
    model.add(tf.layers.globalAveragePooling2d({}));
    model.add(tf.layers.dense({ name: 'fc', units: 7, activation: 'softmax' }));
    export default model;`,
  resnet_bn: `
    type Tensor = tf.SymbolicTensor;
    function conv(x: Tensor, name: string, filters: number, kernelSize: number, strides: number): Tensor {
      const y = tf.layers.conv2d({ name, filters, kernelSize, strides, padding: 'same', useBias: false }).apply(x);
      return tf.layers.batchNormalization({ name: name + '_bn' }).apply(y) as Tensor;
    }
    const relu = (x: Tensor) => tf.layers.reLU().apply(x) as Tensor;
    function block(x: Tensor, name: string, filters: number, strides: number): Tensor {
      const y = conv(relu(conv(x, name + '_conv1', filters, 3, strides)), name + '_conv2', filters, 3, 1);
      const shortcut = strides === 1 ? x : conv(x, name + '_short', filters, 1, strides);
      return relu(tf.layers.add().apply([y, shortcut]) as Tensor);
    }
    export async function build() {
      const input = tf.input({ shape: [12, 12, 3] });
      let x = relu(conv(input, 'stem', 8, 3, 1));
      x = block(block(x, 'b1', 8, 1), 'b2', 16, 2);
      x = tf.layers.globalAveragePooling2d({}).apply(x) as Tensor;
      return tf.model({ inputs: input, outputs: tf.layers.dense({ name: 'fc', units: 10 }).apply(x) as Tensor });
    }`,
};

const requests: readonly (readonly [kind: string, batches: number, ...args: string[]])[] = [
  ['snip', 1, '--method', 'snip'],
  ['snip_mb', 4, '--method', 'snip'],
  ['synflow_1', 0, '--method', 'synflow', '--iterations', '1'],
  ['prospr', 4, '--method', 'prospr', '--steps', '3', '--inner-lr', '0.1', '--inner-momentum', '0.9'],
  ['prospr_released', 4, '--method', 'prospr', '--variant', 'released'],
  ['prospr_structured', 4, '--method', 'prospr', '--structured'],
];

for (const [name, source] of Object.entries(models) as [GoldenName, string][]) {
  describe(`prunelens score on ${name}`, () => {
    let folder: string;
    let golden: Awaited<ReturnType<typeof loadGolden>>;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'prunelens-golden-'));
      golden = await loadGolden(name);
      await writeFile(join(folder, 'model.ts'), `import * as tf from '@tensorflow/tfjs';\n${source}\n`);
      await writeSafetensors(join(folder, 'weights.safetensors'), golden.parameters);
      for (const count of [1, 4]) {
        const batches = [...golden.tensors].filter(([key]) => key.startsWith('batch/') && Number(key[6]) < count);
        const renamed = new Map(batches.map(([key, tensor]) => [key.slice('batch/'.length), tensor]));
        await writeSafetensors(join(folder, `batches${count}.safetensors`), renamed);
      }
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    for (const [kind, count, ...args] of requests) {
      it(kind, async () => {
        const given = count > 0 ? ['--batches', `batches${count}.safetensors`] : [];
        const all = [
          'score',
          'model.ts',
          ...args,
          ...given,
          '--weights',
          'weights.safetensors',
          '--out',
          `${kind}.safetensors`,
        ];
        const { stdout } = await run('node', [command, ...all, '--backend', 'cpu', '--json'], { cwd: folder });
        const report = JSON.parse(stdout);
        expect(report.backend).toBe('cpu');
        expect(
          report.layers.every(
            (layer: { file: string; line: number }) => layer.file.endsWith('model.ts') && layer.line > 1,
          ),
        ).toBe(true);
        const { tensors } = await readSafetensors(join(folder, `${kind}.safetensors`));
        expect(tensors.size).toBe(report.layers.length);
        for (const [weight, { data }] of tensors) {
          expect(relativeError(data, golden.tensors.get(`score/${kind}/${weight}`)!.data), weight).toBeLessThan(1e-3);
        }
      });
    }
  });
}
