/** Data sets of the user's Python: what is read, and that seed, epoch and index alone decide it; what is told of bad ones. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openPythonData, type PythonData } from '../../../../server/frontends/torch/data/openData';
import type { Dataset } from '../../../../server/protocol/data';
import { openNamedData } from '../../../../server/request/namedData';
import { temporaryFolder } from '../../../support/models';
import { TEST_PYTHON, whyNoPython } from '../../../support/python';

const missing = whyNoPython();
const FILE = resolve(__dirname, '../../../fixtures/torch/reading.py');
const interpreter = { flag: TEST_PYTHON };

const open = (construct: string, itemSeconds = 60, workers = 1): Promise<PythonData> =>
  openPythonData({ file: FILE, exportName: construct }, { interpreter, workers, itemSeconds, onOutput() {} });
const dataset = (construct: string): Promise<Dataset> =>
  openNamedData({ name: `${FILE}#${construct}` }, { interpreter });

/** Numbers of the lines that contain a text. */
const line = async (text: string) => {
  const { readFile } = await import('node:fs/promises');
  const lines = (await readFile(FILE, 'utf8')).split('\n');
  return lines.flatMap((one, index) => (one.includes(text) ? [index + 1] : []));
};

describe.skipIf(missing !== undefined)(`data of Python${missing ? ` (left out because ${missing})` : ''}`, () => {
  it('is read by seed, epoch and index, whatever else is read by whom', async () => {
    const [one, two] = await Promise.all([open('train_set'), open('train_set', 60, 2)]);
    const read = ({ read: ask }: PythonData, indices: number[], seed = 3, epoch = 0) =>
      ask({ split: 'train', indices, seed, epoch, classes: 4 });
    const first = await read(one, [5, 9, 30]);
    expect(first.x).toHaveLength(3 * 48);
    expect(await read(one, [5, 9, 30])).toEqual(first);
    // The other one has two processes, which take turns, and other neighbours.
    await read(two, [1]);
    const alone = await read(two, [9]);
    expect(alone.x).toEqual(first.x.slice(48, 96));
    expect((await read(two, [5])).y[0]).toBe(first.y[0]);
    for (const [seed, epoch] of [
      [3, 1],
      [4, 0],
    ]) {
      const other = await read(two, [9], seed, epoch);
      expect(other.y).toEqual(alone.y);
      expect(other.x).not.toEqual(alone.x);
    }
    // Nothing else of the file has run.
    expect(existsSync(resolve(FILE, '../reading.log'))).toBe(false);
  });

  it('is the same in large batches, which come over shared memory where there is some', async () => {
    const data = await open('wide', 60, 2);
    const read = (indices: number[], epoch = 0) => data.read({ split: 'train', indices, seed: 1, epoch, classes: 3 });
    const all = Array.from({ length: 24 }, (_, index) => index);
    const [large, again, ...small] = await Promise.all([
      read(all),
      read(all),
      ...all.map((index) => read([index])),
      ...all.map(() => read(all, 1)),
    ]);
    expect(large.x.byteLength).toBeGreaterThan(2 ** 16);
    expect(again).toEqual(large);
    const each = large.x.length / all.length;
    for (const index of all) {
      expect(large.x.subarray(index * each, (index + 1) * each)).toEqual(small[index].x);
      expect(large.y[index]).toBe(small[index].y[0]);
    }
    // Red, green and blue of the first pixel, whose values tell where they were.
    expect([...large.x.subarray(0, 3)].map(Math.floor)).toEqual([0, 1024, 2048]);
  });

  it('has images with their channels last, and a test split of its own or set aside', async () => {
    const [pair, alone, plain] = await Promise.all([dataset('pair'), dataset('train_set'), dataset('plain')]);
    expect(pair).toMatchObject({ shape: [4, 4, 3], classes: 4, train: { size: 60 }, test: { size: 20 } });
    const { x, y } = await pair.test.fetch!(Int32Array.of(7), { seed: 0, epoch: 0 });
    const [row, column] = [Math.floor(y[0] / 2), y[0] % 2];
    const corner = (2 * row * 4 + 2 * column) * 3;
    expect([...x.slice(corner, corner + 3)]).toEqual([1, 2, 3]);
    expect([alone.train.size, alone.test.size]).toEqual([42, 18]);
    expect(plain.train.labels).toEqual(alone.train.labels);
    expect(plain.train.isOrdered).toBeUndefined();
  });

  it('comes as streams, in the order of the epoch', async () => {
    const { train, test, shape } = await dataset('flows');
    expect([shape, train.size, test.size, train.isOrdered]).toEqual([[2], 24, 6, true]);
    const read = async (indices: number[], epoch: number) =>
      (await train.fetch!(Int32Array.from(indices), { seed: 1, epoch })).x.filter((_, i) => i % 2 === 0);
    const first = [...(await read([0, 1, 2], 0)), ...(await read([3, 4], 0))];
    expect(first.map(Math.floor)).toEqual([0, 1, 2, 3, 4]);
    expect([...(await read([3, 1], 0))]).toEqual([first[3], first[1]]);
    expect([...(await read([0, 1], 1))]).not.toEqual(first.slice(0, 2));
  });

  it.each([
    ['sampler and the collate function', 'loader', 60],
    ['number of draws', 'drawn', 40],
    ['batches', 'batches', 40],
  ])('keeps the %s of a DataLoader', async (_title, construct, size) => {
    const { train } = await dataset(construct);
    expect([train.size, train.isOrdered]).toEqual([size, true]);
    const at = async (epoch: number) =>
      (
        await train.fetch!(
          Int32Array.from({ length: 20 }, (_, i) => i),
          { seed: 1, epoch },
        )
      ).y;
    const first = await at(0);
    expect(await at(1)).not.toEqual(first);
    expect(await at(0)).toEqual(first);
  });

  it('may have values as labels, and ids as examples', async () => {
    const [values, tokens] = await Promise.all([dataset('values'), dataset('tokens')]);
    expect(values).toMatchObject({ labelShape: [1], shape: [3] });
    expect(values.train.labels).toBeInstanceOf(Float32Array);
    expect(tokens).toMatchObject({ holdsIds: true, classes: 2 });
    expect([...(await tokens.train.fetch!(Int32Array.of(0), { seed: 0, epoch: 0 })).x]).toHaveLength(3);
  });

  it('may keep a cache below a folder that it reads from, and writes nowhere else', async () => {
    const caching = `import os
import torch
from torch.utils.data import TensorDataset

def cached(folder):
    with open("sets/values.txt") as file:
        values = [float(one) for one in file]
    os.makedirs(f"{folder}/cache", exist_ok=True)
    torch.save(values, f"{folder}/cache/values.pt")
    return TensorDataset(torch.tensor(values).reshape(-1, 1), torch.arange(len(values)) % 2)
`;
    const folder = temporaryFolder({ '.git/HEAD': '', 'sets/values.txt': '1\n2\n3\n4\n', 'src/caching.py': caching });
    const openCached = (into: string) =>
      openPythonData(
        { file: join(folder, 'src/caching.py'), exportName: `cached("${into}")` },
        { interpreter, workers: 1, onOutput() {} },
      );
    expect((await openCached('sets')).splits.train).toMatchObject({ size: 4, shape: [1] });
    expect(existsSync(join(folder, 'sets/cache/values.pt'))).toBe(true);
    await expect(openCached('src')).rejects.toThrow('writes into the workspace');
    await expect(openCached('.')).rejects.toThrow('writes into the workspace');
  });

  it('says which item is wrong, and reads on where it can', async () => {
    const { read } = await open('broken', 2);
    const failure = (index: number) =>
      read({ split: 'train', indices: [20, index], seed: 0, epoch: 0, classes: 4 }).then(
        () => undefined,
        (caught) => caught,
      );
    const told: [index: number, message: string, place?: string][] = [
      [11, 'broken[11]: ValueError: truncated picture', 'raise ValueError'],
      [12, 'broken[12] is [3, 3, 4], where the first one is [3, 4, 4]'],
      [13, 'broken[13] holds nan'],
      [14, 'The label of reading.py#broken[14] is -3; the classes are 0 to 3'],
      [15, 'broken[15] is NoneType, and no pair'],
      [17, 'The label of reading.py#broken[17] is 4; the classes are 0 to 3'],
      [18, 'broken[18]: SystemExit: no more pictures', 'raise SystemExit'],
      [16, 'Reading reading.py#broken[16] did not finish within 2 seconds', 'time.sleep(1000)'],
    ];
    for (const [index, message, place = 'def __getitem__'] of told) {
      const error = await failure(index);
      expect(error?.message).toContain(message);
      const lines = await line(place);
      expect(error.location, message).toMatchObject({ file: FILE, line: expect.toBeOneOf(lines) });
    }
    // The process that hung has ended; another one goes on.
    expect(await failure(30)).toBeUndefined();
    const killed = 'was ended by SIGKILL, while it read items 20, 19 of reading.py#broken.';
    expect((await failure(19)).message).toContain(killed);
    expect(await failure(30)).toBeUndefined();
  });

  it.each([
    ['nothing', 'reading.py#nothing holds nothing'],
    ['huge', 'says that it has 1,000,000,000 examples'],
    ['endless', 'item 1 did not finish within 2 seconds'],
    ['number', 'is int, and no data set'],
    ['loading(5, 30, 20, 9, 11)', 'loading(5, 30, 20, 9, 11), dataset[11]: ValueError: truncated picture'],
    ['loading(2, 3, data=Subset(broken, range(9, 20)))', ', dataset[2]: ValueError: truncated picture'],
    ['loading(5, 30, 20, 9, 12)', ', the batch of items 3 to 4: RuntimeError: stack expects each tensor'],
    ['loading(5, 30, 20, 9, 13)', ', item 4 holds nan'],
    ['loading(5, gives=none)', ', item 0 is NoneType, and no pair'],
    ['loading(5, 30, gives=none)', ', the batch of items 0 to 1 is NoneType, and no pair'],
    ['loading(5, 16)', 'Reading reading.py#loading(5, 16), dataset[16] did not finish within 2 seconds'],
    ['stopping', 'reading.py#stopping, item 4: EOFError: the archive ends here'],
    ['calls()', 'goes to the network (example.org), which is refused'],
  ])('of %s says what is wrong', async (construct, message) => {
    await expect(open(construct, 2)).rejects.toThrow(message);
  });
});
