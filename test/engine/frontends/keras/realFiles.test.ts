/** Model files as people write them: names, links, optional parameters, packages, what belongs to a page. */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createNetwork } from '../../../../server/frontends/keras/network/createNetwork';
import { failureOf, linesOf, load, temporaryFolder } from '../../../support/models';

const IMPORT = "import * as tf from '@tensorflow/tfjs';\n";
const LAYERS = "[tf.layers.dense({ units: 4, inputShape: [3], name: 'a' }), tf.layers.dense({ units: 2, name: 'b' })]";
const MODEL = `tf.sequential({ layers: ${LAYERS} })`;
const TEXT = `${IMPORT}export default () =>\n  ${MODEL};\n`;

const sources = async (specifier: string) => {
  const { file, layers } = await load(specifier);
  return { file, sources: layers.map(({ source }) => source[0].file), lines: linesOf(layers[1]) };
};

describe('names of files', () => {
  it.each(['réseau.ts', 'm#1.ts', '100%.ts', 'a b.ts', '%41.ts', '网络.tsx', 'new\nline.ts'])(
    'finds lines in %j',
    async (name) => {
      const file = join(temporaryFolder({ [name]: TEXT }), name);
      expect(await sources(`${file}#default`)).toEqual({ file, sources: [file, file, file], lines: [`${name}:3`] });
    },
  );

  it('names sources as the model was named, by a link to its folder or to itself', async () => {
    const folder = temporaryFolder({
      'real/parts.ts': `${IMPORT}export const net = () =>\n  ${MODEL};\n`,
      'real/m.ts': "import { net } from './parts';\nexport default () => net();\n",
      'files/x': '',
    });
    symlinkSync(join(folder, 'real'), join(folder, 'link'));
    symlinkSync(join('..', 'real', 'm.ts'), join(folder, 'files', 'm.ts'));
    const linked = await load(join(folder, 'link', 'm.ts'));
    expect(linked.layers[1].source.map(({ file }) => file)).toEqual([
      join(folder, 'link', 'parts.ts'),
      join(folder, 'link', 'm.ts'),
    ]);
    const file = await load(join(folder, 'files', 'm.ts'));
    expect(file.layers[1].source.map((one) => one.file)).toEqual([
      join(folder, 'real', 'parts.ts'),
      join(folder, 'files', 'm.ts'),
    ]);
  });
});

describe('what an export is', () => {
  it('calls a function whose parameters are optional', async () => {
    const text = `${IMPORT}export function net(options?: { units?: number }) { return options ? undefined : ${MODEL}; }\n`;
    const folder = temporaryFolder({ 'net.ts': text, 'other.ts': "export { net } from './net';\n" });
    expect((await load(join(folder, 'net.ts'))).exportName).toBe('net');
    expect((await load(join(folder, 'other.ts#net'))).exportName).toBe('net');
  });

  it('takes the only export that is known to be a model, and calls no other', async () => {
    const text = `${IMPORT}
export const net = () => ${MODEL};
export function retrain(epochs = 10) { throw new Error('called'); }
`;
    expect((await load(join(temporaryFolder({ 'net.ts': text }), 'net.ts'))).exportName).toBe('net');
  });

  it('is no program: require.main and module.parent say so', async () => {
    const text = `${IMPORT}
export const net = () => ${MODEL};
declare const module: any;
if (require.main === module || !module.parent) throw new Error('run');
`;
    expect((await load(join(temporaryFolder({ 'net.ts': text }), 'net.ts'))).layers).toHaveLength(3);
  });

  it('says that nothing is exported before anything runs', async () => {
    const folder = temporaryFolder({
      'app.js': `${IMPORT}import { draw } from './ui';\nfunction createModel() { return ${MODEL}; }\ndraw(createModel());\n`,
      'ui.js': 'export const draw = (model) => document.body.append(model.name);\n',
      'page.js': `${IMPORT}import './ui';\nexport const net = () => { document.title = 'x'; return ${MODEL}; };\n`,
    });
    const failure = await failureOf(load(join(folder, 'app.js')));
    expect(failure.message).toBe('app.js exports nothing, so no model can be taken from it.');
    expect(failure.hint).toBe('Export the model or the function that builds it: export { createModel }.');
    const page = await failureOf(load(join(folder, 'page.js')));
    expect(page).toMatchObject({ message: 'ReferenceError: document is not defined', location: { line: 3 } });
    expect(page.hint).toContain('there is no page');
  });
});

describe('what a model file uses', () => {
  it('reads models by the address of a file, as TensorFlow.js does in Node', async () => {
    const config = (name: string, units: number) => ({ name, units, batch_input_shape: [null, 3] });
    const topology = {
      class_name: 'Sequential',
      config: { name: 's', layers: [{ class_name: 'Dense', config: config('d', 2) }] },
    };
    const manifest = [
      {
        paths: ['w.bin'],
        weights: [
          { name: 'd/kernel', shape: [3, 2], dtype: 'float32' },
          { name: 'd/bias', shape: [2], dtype: 'float32' },
        ],
      },
    ];
    const folder = temporaryFolder({
      'model.json': JSON.stringify({ format: 'layers-model', modelTopology: topology, weightsManifest: manifest }),
      'w.bin': new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8).buffer),
      'url.ts':
        "import * as tf from '@tensorflow/tfjs-node';\nexport default async () => tf.loadLayersModel(`file://${__dirname}/model.json`);\n",
      'handler.ts':
        "import * as tf from '@tensorflow/tfjs-node';\nexport default () => tf.loadLayersModel(tf.io.fileSystem(`${__dirname}/model.json`));\n",
    });
    for (const name of ['url.ts', 'handler.ts']) {
      const { layers } = await load(join(folder, name));
      expect(layers[1].weights?.kernel.data).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
    }
  });

  it('gives packages that reach inside TensorFlow.js its one copy', async () => {
    const folder = temporaryFolder({
      'node_modules/plots/package.json': '{"name":"plots","version":"1.0.0","main":"index.js"}',
      'node_modules/plots/index.js':
        "import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops'; export const plot = () => {};",
      'net.ts': `${IMPORT}import { plot } from 'plots';\nexport const net = () => ${MODEL};\nexport const show = (x: number) => plot(x);\n`,
    });
    expect((await load(join(folder, 'net.ts'))).layers).toHaveLength(3);
  });
});

describe('frozen weights', () => {
  const base = `
const base = () => tf.sequential({ layers: [
  tf.layers.conv2d({ inputShape: [8, 8, 3], filters: 4, kernelSize: 3, name: 'c1' }),
  tf.layers.conv2d({ filters: 4, kernelSize: 3, name: 'c2' }), tf.layers.flatten({ name: 'f' })] });
const head = () => tf.layers.dense({ units: 3, name: 'head' });
`;
  const onto = 'const m = tf.sequential(); for (const l of b.layers) m.add(l); m.add(head()); return m;';
  it.each([
    ['the model that its layers were taken from', `const b = base(); b.trainable = false; ${onto}`],
    [
      'a model within',
      'const b = base(); b.trainable = false; const m = tf.sequential(); m.add(b); m.add(head()); return m;',
    ],
    ['each layer', `const b = base(); for (const l of b.layers) l.trainable = false; ${onto}`],
    [
      'a weight',
      `const b = base(); for (const l of b.layers) for (const w of l.trainableWeights) w.trainable = false; ${onto}`,
    ],
    [
      'a kernel',
      `const b = base(); for (const l of b.layers.slice(0, 2)) l.trainableWeights[0].trainable = false; ${onto}`,
    ],
  ])('by %s are neither trained nor pruned', async (what, body) => {
    const text = `${IMPORT}${base}export function net() { ${body} }\n`;
    const network = createNetwork(await load(join(temporaryFolder({ 'net.ts': text }), 'net.ts')));
    const isOnly = what === 'a kernel';
    const trained = network.parameters.filter(({ trainable }) => trainable).map(({ name }) => name);
    expect(trained).toEqual([...(isOnly ? ['c1/bias', 'c2/bias'] : []), 'head/kernel', 'head/bias']);
    expect(network.parameters.filter(({ prunable }) => prunable).map(({ name }) => name)).toEqual(['head/kernel']);
  });

  it('by the whole model leave nothing to train', async () => {
    const text = `${IMPORT}export function net() { const m = ${MODEL}; m.trainable = false; return m; }\n`;
    const network = createNetwork(await load(join(temporaryFolder({ 'net.ts': text }), 'net.ts')));
    expect(network.parameters.filter(({ trainable }) => trainable)).toEqual([]);
  });
});
