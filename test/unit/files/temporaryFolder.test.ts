import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { withTemporaryFolder } from '../../../server/files/temporaryFolder';
import { temporaryFolder } from '../../support/models';

it('is gone after the work, and takes those of dead processes with it', async () => {
  const parent = temporaryFolder({ 'prunelens-other/x': '' });
  const dead = spawnSync(process.execPath, ['-e', '0']).pid;
  const abandoned = await withTemporaryFolder(async (folder) => {
    const path = join(parent, basename(folder).replace(`-${process.pid}-`, `-${dead}-`));
    mkdirSync(path);
    writeFileSync(join(path, 'model.mjs'), '');
    return path;
  }, parent);
  expect(readdirSync(parent).sort()).toEqual([basename(abandoned), 'prunelens-other'].sort());
  const failing = withTemporaryFolder(async (folder) => {
    expect(existsSync(abandoned)).toBe(false);
    writeFileSync(join(folder, 'x'), '');
    throw new Error('failed');
  }, parent);
  await expect(failing).rejects.toThrow('failed');
  expect(readdirSync(parent)).toEqual(['prunelens-other']);
});
