/** A workspace whose modules leave a marker when they run, under names that look like data. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSafetensors } from '../../server/files/safetensors';

export interface EvilWorkspace {
  /** Written by each module that runs, beside the workspace. */
  readonly marker: string;
  /** Names of models, each of which means one of the modules, or nothing. */
  readonly names: readonly string[];
  /** Run folders whose configs name the modules. */
  readonly runs: readonly string[];
  /** A `.json` that leads to a module, which is read as JSON all the same. */
  readonly link: string;
}

/** Fills `folder` (absolute). */
export async function writeEvilWorkspace(folder: string): Promise<EvilWorkspace> {
  // Beside the workspace: what a module that may run writes there is not refused.
  const marker = `${folder}.marker`;
  rmSync(marker, { force: true });
  const code = `
    import * as tf from '@tensorflow/tfjs';
    import { writeFileSync } from 'node:fs';
    writeFileSync(${JSON.stringify(marker)}, '');
    export default () =>
      tf.sequential({ layers: [tf.layers.dense({ name: 'out', units: 2, inputShape: [4], activation: 'softmax' })] });`;
  const path = (name: string) => join(folder, name);
  for (const name of ['evil.ts', 'model.json#evil.ts']) writeFileSync(path(name), code);
  writeFileSync(path('prunelens.json'), '{ "data": "noise:4:2:8" }');
  symlinkSync(path('evil.ts'), path('link.json'));
  const modules = [
    { file: path('evil.ts') },
    { file: path('model.json#evil.ts') },
    { file: path('model.json'), exportName: 'evil.ts' },
    { file: path('evil.ts#a/b.json') },
    { file: path('evil.ts'), exportName: 'x.json' },
  ];
  const runs: string[] = [];
  for (const [index, { file, exportName }] of modules.entries()) {
    const run = path(`run-${index}`);
    runs.push(run);
    mkdirSync(run);
    const config = {
      format: 'prunelens-run-1',
      kind: 'keras-json',
      file,
      backend: 'cpu',
      origin: { method: 'snip', sparsity: 0.5, ...(exportName !== undefined && { exportName }) },
      training: { epochs: 1, seed: 0 },
      started: '2026-01-31T12:30:00.000Z',
    };
    writeFileSync(join(run, 'config.json'), JSON.stringify(config));
    const masks = { 'out/kernel': { dtype: 'int32', shape: [4, 2], data: new Int32Array(8).fill(1) } } as const;
    await writeSafetensors(join(run, 'masks.safetensors'), masks);
  }
  const names = ['model.json#evil.ts', 'evil.ts#x.json', 'evil.ts#a/b.json', 'evil.ts#default', 'evil.ts'].map(path);
  return { marker, names, runs, link: path('link.json') };
}
