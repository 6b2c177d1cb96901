/** Masks of dropout and noise. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createRandom } from '../../../server/random';
import { drawMask, drawNoise, dropMaskOf } from '../../../server/training/dropout';
import { train } from '../../../server/training/train';
import { denseNetwork, trainingTask } from '../../support/training';

const CHANCE = { seed: 3, epoch: 2, step: 5 };
const noise = (input: string, rate: number, size = 40_000) => ({ input, rate, shape: [size / 10, 10] });

it('leaves out the given part of the elements, whatever its place', () => {
  for (const rate of [0.01, 0.1, 0.5, 0.9]) {
    const { data, shape } = drawNoise(noise('drop', rate), CHANCE);
    expect(shape).toEqual([4000, 10]);
    expect(new Set(data)).toEqual(new Set([0, Math.fround(1 / (1 - rate))]));
    const left = Array.from(data, (value) => (value === 0 ? 1 : 0));
    const deviation = Math.sqrt(rate * (1 - rate));
    const share = left.reduce<number>((sum, one) => sum + one, 0) / left.length;
    expect(Math.abs(share - rate)).toBeLessThan((4 * deviation) / Math.sqrt(left.length));
    // Elements that are near each other have nothing in common.
    for (const distance of [1, 2, 3, 8, 10, 64, 256, 4096]) {
      const both = left.filter((one, i) => one === 1 && left[(i + distance) % left.length] === 1).length / left.length;
      const spread = Math.sqrt(rate ** 2 * (1 - rate ** 2));
      expect(Math.abs(both - rate ** 2), `${rate} ${distance}`).toBeLessThan((5 * spread) / Math.sqrt(left.length));
    }
  }
});

it('depends on seed, epoch, step and input, and on nothing else', () => {
  const draw = (chance: Partial<typeof CHANCE>, input = 'drop') =>
    drawNoise(noise(input, 0.5), { ...CHANCE, ...chance }).data;
  const first = draw({});
  expect(draw({})).toEqual(first);
  for (const other of [draw({ seed: 4 }), draw({ epoch: 3 }), draw({ step: 6 }), draw({}, 'drop_1')]) {
    const equal = first.filter((value, i) => value === other[i]).length / first.length;
    expect(Math.abs(equal - 0.5)).toBeLessThan(0.01);
  }
});

it('is the same forever', () => {
  expect(dropMaskOf({ input: 'drop', rate: 0.25, shape: [4] }, CHANCE)).toEqual({
    shape: [4],
    keys: [3943635015, 2247348216],
    threshold: 2 ** 30,
    kept: Math.fround(4 / 3),
  });
  const mask = { shape: [16], keys: [0x12345678, 0x9abcdef0], threshold: 2 ** 31, kept: 1 } as const;
  expect(Array.from(drawMask(mask).data).join('')).toBe('0110110100110110');
});

it('draws what runs of before the counter drew, where it is told to, and noise as ever', () => {
  const random = createRandom(3, 'dropout', 2, 5, 'drop');
  const expected = Float32Array.from({ length: 20 }, () => (random.uniform() < 0.25 ? 0 : 4 / 3));
  expect(drawNoise(noise('drop', 0.25, 20), CHANCE, 'sequence').data).toEqual(expected);
  const normal = { input: 'noise', deviation: 2, shape: [3] };
  const values = new Float32Array(3);
  createRandom(3, 'dropout', 2, 5, 'noise').fillNormal(values, 0, 2);
  for (const source of ['counter', 'sequence'] as const) {
    expect(drawNoise(normal, CHANCE, source).data).toEqual(values);
  }
});

it('goes on as a run began: one that does not say how masks are drawn is older than the counter', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'prunelens-dropout-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const network = denseNetwork();
  const run = (name: string, rest: object = {}) =>
    train(trainingTask({ epochs: 2 }, { network, runDir: join(folder, name), ...rest }));
  /** Begins a run that is stopped at once, as it was written before there was a counter. */
  const beginOld = async (name: string) => {
    await run(name, { signal: AbortSignal.abort() });
    const file = join(folder, name, 'config.json');
    const { dropout, ...config } = JSON.parse(await readFile(file, 'utf8'));
    expect(dropout).toBe('counter');
    await writeFile(file, JSON.stringify(config));
  };
  const stopAfterFirst = () => {
    const stop = new AbortController();
    return { signal: stop.signal, onProgress: ({ kind }: { kind: string }) => kind === 'epoch' && stop.abort() };
  };
  await beginOld('old');
  const old = await run('old', { resume: true });
  await beginOld('stopped');
  expect((await run('stopped', { resume: true, ...stopAfterFirst() })).epochs).toHaveLength(1);
  const resumed = await run('stopped', { resume: true });
  expect(resumed.weights).toEqual(old.weights);
  const counted = await run('new');
  expect(counted.weights).not.toEqual(old.weights);
  await run('new stopped', stopAfterFirst());
  expect((await run('new stopped', { resume: true })).weights).toEqual(counted.weights);
});
