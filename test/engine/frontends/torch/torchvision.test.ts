/** Data of torchvision: pictures in folders with random crops and flips, loaders of them, and sets by their names. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openNamedData } from '../../../../server/request/namedData';
import { torchFixture } from '../../../support/exportTorch';
import { TEST_PYTHON, whyNoPackage } from '../../../support/python';

const missing = whyNoPackage('torchvision');
const folder = mkdtempSync(join(tmpdir(), 'prunelens-torchvision-'));
const file = join(folder, 'pictures.py');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open = (name: string, workers = 1) =>
  openNamedData({ name, baseFolder: folder, workers }, { interpreter: { flag: TEST_PYTHON } });

describe.skipIf(missing !== undefined)(`data of torchvision${missing ? ` (left out because ${missing})` : ''}`, () => {
  beforeAll(() => {
    cpSync(torchFixture('pictures.py'), file);
    execFileSync(TEST_PYTHON, [file, folder]);
  });

  it('is an ImageFolder whose crops and flips are those of seed, epoch and index', async () => {
    const [one, two, pair] = await Promise.all([
      open('pictures.py#folder'),
      open('pictures.py#folder()', 2),
      open('pictures.py#pair'),
    ]);
    expect(one).toMatchObject({ shape: [8, 8, 3], classes: 2, classNames: ['dark', 'light'] });
    expect([pair.train.size, pair.test.size, one.train.size + one.test.size]).toEqual([40, 40, 40]);
    const read = (data: typeof one, seed: number, epoch: number) =>
      data.train.fetch!(Int32Array.of(3, 11), { seed, epoch });
    const first = await read(one, 3, 0);
    expect(await read(two, 3, 0)).toEqual(first);
    expect(await read(one, 3, 0)).toEqual(first);
    for (const [seed, epoch] of [
      [3, 1],
      [4, 0],
    ]) {
      const other = await read(two, seed, epoch);
      expect(other.y).toEqual(first.y);
      expect(other.x).not.toEqual(first.x);
    }
    // Without chance an epoch is like another.
    const still = (epoch: number) => pair.test.fetch!(Int32Array.of(0), { seed: 0, epoch });
    expect(await still(1)).toEqual(await still(0));
  });

  it('is a DataLoader of pictures with a sampler and a way to collate', async () => {
    const { train } = await open('pictures.py#loader');
    expect([train.size, train.isOrdered]).toEqual([40, true]);
    const read = (epoch: number) =>
      train.fetch!(
        Int32Array.from({ length: 10 }, (_, i) => i),
        { seed: 1, epoch },
      );
    const first = await read(0);
    expect((await read(1)).x).not.toEqual(first.x);
    expect(await read(0)).toEqual(first);
  });

  it('is a set by its name, of the files that are there', async () => {
    const mnist = await open('torchvision:MNIST@sets');
    expect(mnist).toMatchObject({ name: 'torchvision:MNIST@sets', shape: [28, 28, 1], classes: 10 });
    expect([mnist.train.size, mnist.test.size]).toEqual([30, 10]);
    const { x, y } = await mnist.train.fetch!(Int32Array.of(7), { seed: 0, epoch: 0 });
    expect([y[0], Math.max(...x) <= 1, Math.max(...x) > 0.5]).toEqual([7, true, true]);
    await expect(open('torchvision:CIFAR10@sets')).rejects.toThrow(/cannot open CIFAR10 in .*sets: Dataset not found/);
    await expect(open('torchvision:mnist')).rejects.toMatchObject({ hint: 'Write torchvision:MNIST.' });
  });

  it('is a folder of photographs in all sizes, brought to the input of the model, cropped by seed, epoch and index', async () => {
    const photographs = (example?: readonly number[]) =>
      openNamedData(
        { name: 'torchvision:ImageFolder@photographs', baseFolder: folder, workers: 2 },
        { interpreter: { flag: TEST_PYTHON }, ...(example && { example }) },
      );
    const data = await photographs([48, 40, 3]);
    expect(data).toMatchObject({ shape: [48, 40, 3], classes: 2, classNames: ['cat', 'dog'] });
    expect([data.train.size, data.test.size]).toEqual([12, 4]);
    expect([...data.train.labels]).toEqual([...Array(6).fill(0), ...Array(6).fill(1)]);
    const read = async (split: 'train' | 'test', seed: number, epoch: number) =>
      (await data[split].fetch!(Int32Array.of(1, 3), { seed, epoch })).x;
    expect(await read('train', 1, 0)).toEqual(await read('train', 1, 0));
    expect(await read('train', 1, 1)).not.toEqual(await read('train', 1, 0));
    expect(await read('test', 1, 1)).toEqual(await read('test', 2, 0));
    expect((await photographs()).shape).toEqual([224, 224, 3]);
  });
});
