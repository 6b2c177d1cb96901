import { symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findModels, findModelsInText } from '../../../../server/frontends';
import type { UserError } from '../../../../server/protocol/errors';
import { failureOf, fixture, sample, temporaryFolder } from '../../../support/models';

const found = (text: string, file = '/m/model.ts') =>
  findModelsInText(text, file).map(
    ({ exportName, kind, range }) => `${exportName} ${kind} ${range.start.line}-${range.end.line}`,
  );

const IMPORT = "import * as tf from '@tensorflow/tfjs';\n";

describe('findModels', () => {
  it('finds the samples', async () => {
    const models = await findModels(sample('.'));
    expect(models.map(({ file, kind }) => `${relative(sample('.'), file)} ${kind}`)).toEqual([
      'cifar-conv-net.ts builder',
      'conv-net.ts builder',
      'friedman.ts builder',
      'keras/convnet.py builder',
      'keras-convnet.json keras-json',
      'lenet-300-100.ts builder',
      'pytorch/resnet20.py builder',
      'pytorch/shapes.py builder',
      'pytorch/vit.py builder',
      'resnet-20.ts builder',
      'reviews.ts builder',
      'sentences.ts builder',
      'unet.ts builder',
      'vgg-16-slim.ts builder',
      'vgg-16.ts builder',
    ]);
    const lenet = models[5];
    expect(lenet.specifier).toBe(`${sample('lenet-300-100.ts')}#default`);
    expect(lenet.range).toEqual({ start: { line: 7, column: 1 }, end: { line: 16, column: 2 } });
  });

  it('follows names that a project gives to paths', async () => {
    const folder = temporaryFolder({
      'tsconfig.json': '{ "extends": "./base" /* a comment */ }',
      'base.json': '{ "compilerOptions": { "paths": { "@parts/*": ["./lib/parts/*"], "@net": ["./lib/net.ts"] } } }',
      'lib/parts/block.ts': `${IMPORT}export const block = () => tf.sequential();\n`,
      'lib/net.ts': "export { block as net } from '@parts/block';\n",
      'app/model.ts': "import { net } from '@net';\nexport default () => net();\n",
      'app/other.ts': "import { net } from '@nets';\nexport default () => net();\n",
      'js/jsconfig.json': '{ "compilerOptions": { "baseUrl": "src" } }',
      'js/src/deep/block.js': `${IMPORT}export const block = () => tf.sequential();\n`,
      'js/model.js': "import { block } from 'deep/block';\nexport const model = block();\n",
    });
    const names = (await findModels(folder)).map(({ specifier }) => relative(folder, specifier));
    expect(names).toEqual([
      'app/model.ts#default',
      'js/model.js#model',
      'js/src/deep/block.js#block',
      'lib/net.ts#net',
      'lib/parts/block.ts#block',
    ]);
  });

  it('skips hidden, built and installed folders, and reports files it cannot read', async () => {
    const model = `${IMPORT}export default () => tf.sequential();\n`;
    const folder = temporaryFolder({
      'a/model.ts': model,
      'a/types.d.ts': model,
      'b/.hidden/model.ts': model,
      'dist/model.ts': model,
      'node_modules/x/model.ts': model,
      'package.json': '{"name": "x"}',
      'broken.ts': `${IMPORT}export default (;\n`,
      'notes.txt': model,
    });
    const problems: UserError[] = [];
    const models = await findModels(folder, { onProblem: (problem) => problems.push(problem) });
    expect(models.map(({ file }) => relative(folder, file))).toEqual([join('a', 'model.ts')]);
    expect(problems.map(({ location }) => location)).toEqual([
      { file: join(folder, 'broken.ts'), line: 2, column: 17 },
    ]);
    expect((await failureOf(findModels(join(folder, 'broken.ts')))).location).toMatchObject({ line: 2 });
    expect((await failureOf(findModels(join(folder, 'absent')))).kind).toBe('usage');
  });

  it('finds the exports of one file', async () => {
    const names = (await findModels(fixture('sequential-forms.ts'))).map(({ exportName }) => exportName);
    expect(names).toEqual(['fromList', 'batchShape', 'explicitInput', 'nested', 'empty']);
  });
});

describe('findModelsInText', () => {
  it('tells models from builders and other exports', () => {
    const text = `${IMPORT}
export const model = tf.sequential();
export const build = async (units = 3) => tf.model({ inputs: [], outputs: [] });
export function block(x: tf.SymbolicTensor) { return tf.model(x as never); }
export class Custom extends tf.layers.Layer {}
export const units = 3;
export const list = [tf.sequential()];
export function unrelated() { return units; }
export type Model = tf.LayersModel;
`;
    expect(found(text)).toEqual(['model model 3-3', 'build builder 4-4']);
  });

  it('follows functions of the module and names of imports', () => {
    const text = `import { sequential, type LayersModel } from '@tensorflow/tfjs-layers';
import { blocks } from './blocks';
function stack(sizes: number[]) { return sizes.length ? sequential() : stack([1]); }
export default function () {
  return stack([3]);
}
const helper = () => stack([2]);
export { helper as small };
export const big = await helper();
export const other = () => blocks();
export const typed = (): LayersModel => (globalThis as never);
export const nothing = () => console.log(1);
`;
    expect(found(text)).toEqual(['default builder 4-6', 'small builder 7-7', 'big model 9-9', 'typed builder 11-11']);
  });

  it('follows imports to other files, classes, re-exports and callbacks', async () => {
    const folder = temporaryFolder({
      'parts.ts': `${IMPORT}
export const build = (units: number) => tf.sequential({ layers: [tf.layers.dense({ units, inputShape: [3] })] });
export const small = () => build(4);
export { tf };
`,
      'wrapper.ts': "import { build } from './parts'; export default () => build(8);\n",
      'reexport.ts': "export { small } from './parts';\n",
      'renamed.ts': "export { small as default } from './parts.js';\n",
      'all.ts': "export * from './reexport';\n",
      'again.ts': "import { tf } from './parts'; export const net = () => tf.sequential();\n",
      'instance.ts': `${IMPORT}
class Base { net?: tf.Sequential; build() { return this.net; } }
class Net extends Base { constructor() { super(); this.net = tf.sequential(); } static make() { return new Net().build(); } }
class Own extends tf.Sequential {}
export const model = new Net().build();
export const made = () => Net.make();
export const own = new Own();
export const list = { a: () => tf.sequential(), units: 3 };
export const { a } = list;
`,
      'common.cjs': "module.exports.net = () => require('./parts').small();\n",
      'late.ts': `${IMPORT}
export async function net(options?: { units?: number }) {
  let made;
  if (options) { made = tf.sequential(); } else { made = undefined; }
  return made;
}
export const tidied = () => tf.tidy(() => tf.sequential());
export const promised = () => tf.loadLayersModel('file://model.json').then((loaded) => loaded);
/** @returns {tf.LayersModel} */
export function documented() { return globalThis.net; }
`,
      'view.tsx': `${IMPORT}export const net = () => tf.sequential();\nexport const view = () => <div />;\n`,
      'view.jsx': `${IMPORT}export const net = () => tf.sequential();\nexport const view = () => <div />;\n`,
      'circle.ts': "export * from './circle2'; export const x = () => x();\n",
      'circle2.ts': `${IMPORT}export * from './circle'; export const y = () => y();\n`,
    });
    const models = await findModels(folder);
    expect(models.map(({ file, exportName }) => `${relative(folder, file)}#${exportName}`)).toEqual([
      'again.ts#net',
      'all.ts#small',
      'common.cjs#net',
      'instance.ts#model',
      'instance.ts#made',
      'instance.ts#own',
      'instance.ts#a',
      'late.ts#net',
      'late.ts#tidied',
      'late.ts#promised',
      'late.ts#documented',
      'parts.ts#small',
      'reexport.ts#small',
      'renamed.ts#default',
      'view.jsx#net',
      'view.tsx#net',
      'wrapper.ts#default',
    ]);
  });

  it('takes nothing for a model of which the code does not say that it is one', () => {
    const text = `${IMPORT}
import { log } from './log';
export async function retrain(epochs = 10) { log('training'); const model = tf.sequential(); await model.fit(); }
export const count = () => tf.sequential().countParams();
export const both = () => ({ model: tf.sequential() });
export const many = (): Record<string, tf.LayersModel> => globalThis as never;
export const summary = () => { const build = () => tf.sequential(); build().summary(); };
export const needs = (units: number) => tf.sequential();
`;
    expect(found(text)).toEqual([]);
  });

  it('leaves out code that is too long to be written by hand, and says so', async () => {
    const folder = temporaryFolder({
      'bundle.js': `${IMPORT}export const net = () => tf.sequential();\n//${'x'.repeat(2 ** 20)}\n`,
    });
    const problems: string[] = [];
    expect(await findModels(folder, { onLeftOut: ({ message }) => problems.push(message) })).toEqual([]);
    expect(problems.map((text) => text.replace(folder, ''))).toEqual([
      '/bundle.js is not searched for models: it has 1.0 MiB, more than 0.5 MiB.',
    ]);
  });

  it('follows links that lead out of the folder, and no link twice', async () => {
    const folder = temporaryFolder({ 'real/m.ts': `${IMPORT}export default () => tf.sequential();\n`, 'files/x': '' });
    symlinkSync(join(folder, 'real'), join(folder, 'link'));
    symlinkSync(join(folder, 'real'), join(folder, 'files', 'folder'));
    symlinkSync(join('..', 'real', 'm.ts'), join(folder, 'files', 'm.ts'));
    symlinkSync(folder, join(folder, 'real', 'loop'));
    symlinkSync('nowhere', join(folder, 'files', 'broken.ts'));
    const search = async (name: string) =>
      (await findModels(join(folder, name))).map(({ file }) => relative(folder, file));
    expect(await search('')).toEqual([join('real', 'm.ts')]);
    expect(await search('link')).toEqual([join('link', 'm.ts')]);
    expect(await search('files')).toEqual([join('files', 'folder', 'm.ts'), join('files', 'm.ts')]);
  });

  it('reads CommonJS', () => {
    const text = `const tf = require('@tensorflow/tfjs');
const build = () => tf.sequential();
exports.one = tf.sequential();
module.exports.two = build;
module.exports = { build, three: () => tf.model({}), size: 3 };
`;
    expect(found(text, '/m/model.cjs')).toEqual([
      'one model 3-3',
      'two builder 2-2',
      'build builder 2-2',
      'three builder 5-5',
    ]);
  });

  it('needs an import of TensorFlow.js', () => {
    expect(found('export default () => tf.sequential();')).toEqual([]);
    expect(found("// '@tensorflow/tfjs'\nexport default () => tf.sequential();")).toEqual([]);
  });

  it('goes on after mistakes that can be stepped over', () => {
    const text = `${IMPORT}const a = 1; const a = 2;\nexport default () => tf.sequential();\n`;
    expect(found(text)).toEqual(['default builder 3-3']);
  });
});
