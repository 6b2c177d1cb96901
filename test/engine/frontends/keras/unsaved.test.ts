/** Text of an editor that is not on disk yet, and what it is taken for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failureOf, fixture, layerOf, linesOf, load, temporaryFolder } from '../../../support/models';

const MODEL = `import * as tf from '@tensorflow/tfjs';
import { units } from './units';
export default () => tf.sequential({ layers: [tf.layers.dense({ name: 'fc', units, inputShape: [4] })] });
`;

describe('unsaved text', () => {
  it('counts for the model file', async () => {
    const folder = temporaryFolder({ 'model.ts': MODEL, 'units.ts': 'export const units = 3;' });
    const file = join(folder, 'model.ts');
    const text = `// One line more.\n${MODEL.replace("name: 'fc'", "name: 'renamed'")}`;
    const model = await load(file, { unsaved: [{ file, text }] });
    expect(linesOf(layerOf(model, 'renamed'))).toEqual(['model.ts:4']);
    expect(linesOf(layerOf(await load(file), 'fc'))).toEqual(['model.ts:3']);
  });

  it('counts for files it imports, with their own place', async () => {
    const folder = temporaryFolder({ 'model.ts': MODEL, 'units.ts': 'export const units = 3;' });
    const imported = join(folder, 'units.ts');
    const text = `import { basename } from 'node:path';\nexport const units: number = basename(__filename).length;`;
    const model = await load(join(folder, 'model.ts'), { unsaved: [{ file: imported, text }] });
    expect(layerOf(model, 'fc').config.units).toBe('units.ts'.length);
  });

  it('counts for Keras JSON, and mistakes have its lines', async () => {
    const file = fixture('keras3-sequential.json');
    const text = readFileSync(file, 'utf8');
    const model = await load(file, { unsaved: [{ file, text: text.replace('"seq"', '"edited"') }] });
    expect(model.name).toBe('edited');
    const error = await failureOf(load(file, { unsaved: [{ file, text: '{\n"class_name": }' }] }));
    expect(error.location).toMatchObject({ file, line: 2 });
  });
});

describe('separable convolutions', () => {
  it('keep their depth multiplier', async () => {
    const layer = `tf.layers.separableConv2d({ name: 'conv', filters: 2, kernelSize: 3, depthMultiplier: 3, inputShape: [8, 8, 1] })`;
    const text = `import * as tf from '@tensorflow/tfjs';\nexport default tf.sequential({ layers: [${layer}] });\n`;
    const model = await load(join(temporaryFolder({ 'model.ts': text }), 'model.ts'));
    expect(layerOf(model, 'conv').config.depthMultiplier).toBe(3);
  });
});
