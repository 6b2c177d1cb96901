/** The settings that a copied sample gets. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
// @ts-expect-error: scripts of the packaging have no types.
import { SHARED_FILES } from '../../../client/packaging/platforms.mjs';
import { settingsForSample } from '../../../client/sampleSettings';

const all = readFileSync('samples/prunelens.json', 'utf8');

describe('settings of a sample', () => {
  it('are those that name it', () => {
    expect(JSON.parse(settingsForSample(all, 'lenet-300-100.ts'))).toEqual({
      data: [{ models: 'lenet-*.ts', data: 'mnist' }],
      overrides: [{ models: 'lenet-*.ts', epochs: 3 }],
    });
    expect(JSON.parse(settingsForSample(all, 'vit.py'))).toEqual({
      data: [{ models: 'vit.py', data: 'mnist' }],
      models: [{ file: 'vit.py', inputs: [{ shape: [1, 28, 28] }] }],
      overrides: [{ models: 'vit.py', epochs: 5, optimizer: { kind: 'adam', learningRate: 0.001 } }],
    });
  });

  it('are nothing where none do', () => {
    expect(JSON.parse(settingsForSample(all, 'other.ts'))).toEqual({});
    expect(JSON.parse(settingsForSample(all, 'my-lenet-5.ts'))).toEqual({});
  });

  it('come from files that are packed', () => {
    expect(SHARED_FILES).toEqual(
      expect.arrayContaining(['samples/prunelens.json', 'samples/lenet-300-100.ts', 'samples/pytorch/vit.py']),
    );
  });
});
