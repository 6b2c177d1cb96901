/** What a run keeps of the model's source and of its repository. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { gitState, parseStatus } from '../../../server/runs/git';
import { keepSource, readSource } from '../../../server/runs/source';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'prunelens-source-'));
});
afterEach(() => rm(root, { recursive: true }));

const COMMIT = '0123456789abcdef0123456789abcdef01234567';

it('reads the commit, the branch, and whether known files differ', () => {
  const header = `# branch.oid ${COMMIT}\n# branch.head main\n# branch.upstream origin/main\n# branch.ab +1 -0\n`;
  expect(parseStatus(header)).toEqual({ commit: COMMIT, branch: 'main', dirty: false });
  const changed = `${header}1 .M N... 100644 100644 100644 ${COMMIT} ${COMMIT} net.ts\n`;
  expect(parseStatus(changed)).toMatchObject({ dirty: true });
  expect(parseStatus(`# branch.oid ${COMMIT}\n# branch.head (detached)\n`)).toEqual({ commit: COMMIT, dirty: false });
  expect(parseStatus('# branch.oid (initial)\n# branch.head main\n')).toBeUndefined();
});

it('knows of no commit where there is no repository, or no folder', async () => {
  expect(await gitState(root)).toBeUndefined();
  expect(await gitState(join(root, 'missing'))).toBeUndefined();
});

it('keeps the model first, then what it was made from, but no packages, data or large files', async () => {
  const write = async (name: string, contents: string | Uint8Array) => {
    const path = join(root, ...name.split('/'));
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, contents);
    return path;
  };
  const net = await write('net.ts', 'export default 1;\n');
  const block = await write('block.ts', 'export const block = 1;\n');
  const reads = [
    block,
    net,
    await write('node_modules/tfjs/index.js', 'package'),
    await write('weights.bin', Uint8Array.of(1, 0, 255)),
    await write('large.json', 'x'.repeat(2 ** 18 + 1)),
    join(root, 'gone.ts'),
  ];
  const run = join(root, 'run');
  await mkdir(run);
  await keepSource(run, net, reads);
  expect(await readSource(run)).toEqual([
    { path: net, text: 'export default 1;\n' },
    { path: block, text: 'export const block = 1;\n' },
  ]);
});

it('keeps nothing where nothing can be read, and reads nothing from damaged files', async () => {
  await keepSource(root, join(root, 'gone.ts'));
  expect(await readdir(root)).toEqual([]);
  await writeFile(join(root, 'source.json'), '{"files":[{"path":1}]}');
  expect(await readSource(root)).toEqual([]);
});
