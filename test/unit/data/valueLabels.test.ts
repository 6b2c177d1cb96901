/** Labels that are values: read from arrays where they can be no classes, and made by noise. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { pruningBatches } from '../../../server/data/batches';
import { openDataset } from '../../../server/data/open';
import { writeSafetensors } from '../../../server/files/safetensors';
import { floatTensor, type HostTensor, intTensor } from '../../../server/protocol/tensor';

const folder = mkdtempSync(join(tmpdir(), 'prunelens-values-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function opened(y: HostTensor, x: HostTensor = floatTensor([2, 3], new Float32Array(6))) {
  const path = join(folder, 'arrays.safetensors');
  await writeSafetensors(path, { 'train/x': x, 'train/y': y, 'test/x': x, 'test/y': y });
  const { train, labelShape, classes, storedLabels } = await openDataset(path);
  return { labels: train.labels, labelShape, classes, storedLabels };
}
const floats = (shape: readonly number[], ...values: number[]) => floatTensor(shape, Float32Array.from(values));

describe('labels of an array file', () => {
  it.each([
    ['with a fraction', floats([2], 0, 0.5), [1], [0, 0.5]],
    ['in a column', floats([2, 1], 1, -2.5), [1], [1, -2.5]],
    ['negative', floats([2], -1, 2), [1], [-1, 2]],
    ['in rows', floats([2, 2], 1, 0, 0.25, 0.75), [2], [1, 0, 0.25, 0.75]],
    ['of several ones, as whole numbers', intTensor([2, 2], Int32Array.of(1, 1, 0, 1)), [2], [1, 1, 0, 1]],
  ])('are values %s', async (_, y, labelShape, values) => {
    const found = await opened(y);
    expect(found).toMatchObject({ labelShape, storedLabels: undefined });
    expect(found.labels).toEqual(Float32Array.from(values));
  });

  it('are classes where they are whole or one-hot, and it is known that they could be values', async () => {
    expect(await opened(floats([2], 2, 1))).toMatchObject({ labels: Int32Array.of(2, 1), storedLabels: 'numbers' });
    expect(await opened(floats([2, 2], 0, 1, 1, 0))).toMatchObject({
      labels: Int32Array.of(1, 0),
      classes: 2,
      storedLabels: 'rows',
    });
    const whole = await opened(intTensor([2], Int32Array.of(2, 1)));
    expect(whole).toMatchObject({ labels: Int32Array.of(2, 1), storedLabels: undefined });
  });

  it('may be images of values', async () => {
    const images = floatTensor([1, 2, 2, 1], Float32Array.of(0, 0.5, 1, 0.25));
    expect(await opened(images, images)).toMatchObject({ labelShape: [2, 2, 1] });
  });
});

describe('noise', () => {
  it('has normal labels, or zeros and ones', async () => {
    const normal = await openDataset('noise:4:2x3:50:values');
    expect(normal).toMatchObject({ shape: [4], labelShape: [2, 3], classes: 6 });
    expect(normal.train.labels).toHaveLength(300);
    expect(new Set(normal.train.labels).size).toBeGreaterThan(290);
    const binary = await openDataset('noise:4:3:50:binary');
    expect(new Set(binary.train.labels)).toEqual(new Set([0, 1]));
    expect((await openDataset('noise:4:3:50:binary')).train.labels).toEqual(binary.train.labels);
  });

  it('is refused with a name that is none', async () => {
    await expect(openDataset('noise:4:0:values')).rejects.toThrow("'noise:4:0:values' is not a noise data set.");
  });

  it('is drawn without regard to values', async () => {
    const dataset = await openDataset('noise:4:1:6:values');
    const batches = pruningBatches(dataset, { count: 2, size: 3, seed: 1, balanced: false });
    expect(batches.flatMap(({ indices }) => [...indices]).sort()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(batches[0].y).toEqual(Float32Array.from(batches[0].indices, (index) => dataset.train.labels[index]));
  });
});
