/** Weight files beside a model.json: what is not one of a few bytes in that folder is not read. */
import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadDescription } from '../../../../server/frontends/keras/loadDescription';
import { failureOf, temporaryFolder } from '../../../support/models';

const config = { name: 'd', units: 4, batch_input_shape: [null, 3] };
const modelTopology = {
  class_name: 'Sequential',
  config: { name: 's', layers: [{ class_name: 'Dense', config }] },
};
const group = { paths: ['w.bin'], weights: [{ name: 'd/kernel', shape: [3, 4], dtype: 'float32' }] };

function folderWith(weightsManifest: unknown, files: Record<string, string | Uint8Array> = {}): string {
  return temporaryFolder({ 'model.json': JSON.stringify({ modelTopology, weightsManifest }), ...files });
}

const read = (folder: string) => loadDescription({ file: join(folder, 'model.json') }, { trusted: false });

describe('weights of a manifest', () => {
  it('are read from regular files', async () => {
    const { layers } = await read(folderWith([group], { 'w.bin': new Uint8Array(48) }));
    expect(layers[1].weights?.kernel.shape).toEqual([3, 4]);
  });

  it.skipIf(process.platform === 'win32')(
    'are not read from elsewhere, by links or names, nor from devices and pipes',
    async () => {
      const endless = folderWith([group]);
      symlinkSync('/dev/zero', join(endless, 'w.bin'));
      expect((await failureOf(read(endless))).message).toContain('w.bin is not in the folder of the model');
      const outside = folderWith([{ ...group, paths: ['../../../../../../../../etc/passwd'] }]);
      expect((await failureOf(read(outside))).message).toContain('is not in the folder of the model');
      const pipe = folderWith([group]);
      execFileSync('mkfifo', [join(pipe, 'w.bin')]);
      expect((await failureOf(read(pipe))).message).toContain('is not a regular file');
    },
  );

  it('have the size that the shapes say', async () => {
    const failure = await failureOf(read(folderWith([group], { 'w.bin': new Uint8Array(52) })));
    expect(failure.message).toBe('The files w.bin have more than 48 bytes where the weights need 48.');
  });

  it.each([
    { groups: 'no list' },
    { groups: [{ paths: 3, weights: [] }] },
    { groups: [{ paths: ['a'], weights: [{ name: 'x', shape: [-1] }] }] },
    { groups: [null] },
    { groups: [{ paths: ['a\0b'], weights: [] }] },
  ])('are refused where the manifest is %j', async ({ groups }) => {
    expect((await failureOf(read(folderWith(groups)))).message).toContain('"weightsManifest" is no list of groups');
  });
});
