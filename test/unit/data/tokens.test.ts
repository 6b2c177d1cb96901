/** Data of token ids: read as they are stored, checked against the model, and labelled token by token. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { adaptToInput, adaptToInputs } from '../../../server/data/adapt';
import { pruningBatches } from '../../../server/data/batches';
import { openDataset } from '../../../server/data/open';
import { writeSafetensors } from '../../../server/files/safetensors';
import type { InputFormat } from '../../../server/protocol/data';
import { floatTensor, type HostTensor, intTensor } from '../../../server/protocol/tensor';
import { temporaryFolder } from '../../support/command';
import { failureOf } from '../../support/models';

const ids: InputFormat = { shape: [3], dtype: 'int32', vocabulary: 50 };
const x = intTensor([2, 3], Int32Array.of(7, 0, 49, 1, 2, 3));
const y = intTensor([2], Int32Array.of(0, 1));

async function stored(change: { [name: string]: HostTensor } = {}, options: { storage?: 'U8' } = {}): Promise<string> {
  const path = join(temporaryFolder(), 'texts.safetensors');
  await writeSafetensors(path, { 'train/x': x, 'train/y': y, 'test/x': x, 'test/y': y, ...change }, options);
  return path;
}

describe('ids', () => {
  it('are read as they are stored, whatever the normalization, and numbers where a model wants those', async () => {
    const path = await stored();
    const dataset = adaptToInput(await openDataset(path, { normalize: 'standard' }), ids);
    const [batch] = pruningBatches(dataset, { count: 1, size: 2, seed: 1, balanced: false });
    expect(batch.x).toBeInstanceOf(Int32Array);
    expect(batch.x.subarray(0, 3)).toEqual(x.data.subarray(3 * batch.indices[0], 3 * batch.indices[0] + 3));
    const out = new Int32Array(6);
    dataset.train.read([1, 0], out);
    expect([...out]).toEqual([1, 2, 3, 7, 0, 49]);
    const numbers = new Float32Array(6);
    (await openDataset(path)).train.read([0, 1], numbers);
    expect([...numbers]).toEqual([7, 0, 49, 1, 2, 3]);
  });

  it('may be bytes', async () => {
    const dataset = adaptToInput(await openDataset(await stored({}, { storage: 'U8' })), ids);
    const out = new Int32Array(3);
    dataset.test.read([0], out);
    expect([...out]).toEqual([7, 0, 49]);
  });

  it.each([
    ['train/x', 'training', 50],
    ['test/x', 'test', -1],
  ])("of %s that are not the model's are named with row and column", async (name, split, wrong) => {
    const dataset = await openDataset(await stored({ [name]: intTensor([2, 3], Int32Array.of(1, 1, 1, 1, 1, wrong)) }));
    const error = await failureOf(() => adaptToInput(dataset, ids));
    expect(error.message).toBe(
      `The token id ${wrong} in row 1, column 2 of the ${split} examples of texts.safetensors is not one of the model's, which are 0 to 49.`,
    );
    expect(error.kind).toBe('usage');
  });

  it('are whole numbers', async () => {
    const dataset = await openDataset(await stored({ 'train/x': floats(), 'test/x': floats() }));
    expect((await failureOf(() => adaptToInput(dataset, ids))).message).toBe(
      'The model looks up token ids, but the examples of texts.safetensors are no whole numbers.',
    );
  });

  it('of noise are below the vocabulary, the same each time', async () => {
    const read = async () => {
      const dataset = adaptToInput(await openDataset('noise:3@50:2:100'), ids);
      const out = new Int32Array(300);
      dataset.train.read(
        Array.from({ length: 100 }, (_, i) => i),
        out,
      );
      return [...out];
    };
    const values = await read();
    expect(Math.max(...values)).toBeLessThan(50);
    expect(new Set(values).size).toBeGreaterThan(40);
    expect(await read()).toEqual(values);
    expect((await failureOf(openDataset('noise:3@0:2'))).message).toContain("'noise:3@0:2' is not a noise data set.");
  });
});

function floats(): HostTensor {
  return floatTensor([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));
}

describe('labels of tokens', () => {
  const labels = intTensor([2, 3], Int32Array.of(2, -1, 0, -100, -100, -100));
  const good = { 'train/y': labels, 'test/y': labels };

  it('are read where the model has one a token, with those that do not count', async () => {
    const { labelShape, classes, train } = await openDataset(await stored(good), {
      labels: { shape: [3], dtype: 'int32' },
    });
    expect([labelShape, classes, train.size]).toEqual([[3], 3, 2]);
    expect([...train.labels]).toEqual([2, -1, 0, -100, -100, -100]);
  });

  it('may look like one-hot rows', async () => {
    const rows = intTensor([2, 3], Int32Array.of(0, 1, 0, 1, 0, 0));
    const path = await stored({ 'train/y': rows, 'test/y': rows });
    expect([...(await openDataset(path, { labels: { shape: [3], dtype: 'int32' } })).train.labels]).toEqual([
      0, 1, 0, 1, 0, 0,
    ]);
    expect([...(await openDataset(path, { labels: { shape: [], dtype: 'int32' } })).train.labels]).toEqual([1, 0]);
  });

  it('are classes otherwise', async () => {
    const wrong = intTensor([2, 3], Int32Array.of(0, 1, 2, 0, -2, 1));
    const error = await failureOf(
      openDataset(await stored({ ...good, 'test/y': wrong }), { labels: { shape: [3], dtype: 'int32' } }),
    );
    expect(error.message).toContain("array 'test/y': example 1 has label -2, which is not in 0 to 2.");
  });

  it('of noise are drawn for each', async () => {
    const { labelShape, train } = await openDataset('noise:4@9:5:6:tokens4');
    expect([labelShape, train.size, train.labels.length]).toEqual([[4], 6, 24]);
    expect(Math.max(...train.labels)).toBe(4);
  });
});

describe('parts of examples', () => {
  const numbers = floats();
  const named = { 'train/x/text': x, 'train/x/scores': numbers, 'test/x/text': x, 'test/x/scores': numbers };

  async function storedParts(change: { [name: string]: HostTensor | undefined } = {}): Promise<string> {
    const path = join(temporaryFolder(), 'parts.safetensors');
    const all = Object.entries({ ...named, 'train/y': y, 'test/y': y, ...change });
    const kept = all.filter((entry): entry is [string, HostTensor] => entry[1] !== undefined);
    await writeSafetensors(path, Object.fromEntries(kept));
    return path;
  }

  const scores: InputFormat = { shape: [3], dtype: 'float32' };
  const inputs = [
    { name: 'scores', ...scores },
    { name: 'text', ...ids },
  ];

  it('are read by the names of the inputs, each as its input takes it', async () => {
    const dataset = adaptToInputs(await openDataset(await storedParts()), inputs);
    const [batch] = pruningBatches(dataset, { count: 1, size: 2, seed: 1, balanced: true });
    const [first] = batch.indices;
    expect([...batch.x.subarray(0, 3)]).toEqual([...numbers.data.subarray(3 * first, 3 * first + 3)]);
    expect(batch.further![0]).toBeInstanceOf(Int32Array);
    expect([...batch.further![0].subarray(0, 3)]).toEqual([...x.data.subarray(3 * first, 3 * first + 3)]);
  });

  it('may be more than a model of one input takes', async () => {
    const dataset = adaptToInputs(await openDataset(await storedParts()), [inputs[1]]);
    const out = new Int32Array(3);
    dataset.train.read([0], out);
    expect([...out]).toEqual([7, 0, 49]);
  });

  it('are told by name where one is missing, or does not fit', async () => {
    const missing = await failureOf(openDataset(await storedParts({ 'test/x/text': undefined })));
    expect(missing.message).toContain("has an array 'train/x/text', but no array 'test/x/text'.");
    const wrong = intTensor([2, 3], Int32Array.of(1, 1, 1, 1, 50, 1));
    const dataset = await openDataset(await storedParts({ 'train/x/text': wrong }));
    expect((await failureOf(() => adaptToInputs(dataset, inputs))).message).toContain(
      'The token id 50 in row 1, column 1 of the training examples of parts.safetensors (text) is not',
    );
    const short = await failureOf(
      openDataset(await storedParts({ 'train/x/scores': floatTensor([1, 3], new Float32Array(3)) })),
    );
    expect(short.message).toContain("array 'train/x/scores' holds 1 examples");
  });
});
