import fc from 'fast-check';
import { expect, test } from 'vitest';
import { adaptToInput, isReadAs } from '../../../server/data/adapt';
import { augment } from '../../../server/data/augmentation';
import {
  assembleBatch,
  batchCount,
  epochBatches,
  evaluationBatches,
  pruningBatches,
  pruningIndices,
} from '../../../server/data/batches';
import { openNoise } from '../../../server/data/noise';
import type { InputFormat, Split } from '../../../server/protocol/data';
import type { Shape } from '../../../server/protocol/tensor';

/** One input of numbers. */
const numbers = (shape: Shape): InputFormat[] => [{ shape, dtype: 'float32' }];

/** Examples of shape [2] that hold their own number. */
function numbered(labels: number[]): Split {
  return {
    size: labels.length,
    labels: Int32Array.from(labels),
    read(indices, out) {
      for (let i = 0; i < indices.length; i++) out.fill(indices[i], 2 * i, 2 * i + 2);
    },
  };
}

const split = numbered(Array.from({ length: 10 }, (_, i) => i % 3));
const epoch = { split, inputs: numbers([2]), batchSize: 4, seed: 1, epoch: 0 };

const sizes = fc.record({ size: fc.integer({ min: 1, max: 60 }), batchSize: fc.integer({ min: 1, max: 20 }) });

test('a batch holds its examples and their labels', () => {
  const { x, y, size } = assembleBatch(split, numbers([2]), [4, 9]);
  expect([[...x], [...y], size]).toEqual([[4, 4, 9, 9], [1, 0], 2]);
});

test('an epoch gives every example once, the last batch holds the rest', () => {
  fc.assert(
    fc.property(sizes, fc.integer(), fc.nat(), (options, seed, number) => {
      const all = {
        ...epoch,
        split: numbered(Array(options.size).fill(0)),
        batchSize: options.batchSize,
        seed,
        epoch: number,
      };
      const batches = [...epochBatches(all)];
      expect(batches.length).toBe(batchCount(options.size, options.batchSize));
      expect(batches.map(({ position }) => position)).toEqual(batches.map((_, i) => i));
      expect(batches.slice(0, -1).every(({ size }) => size === options.batchSize)).toBe(true);
      const seen = batches.flatMap(({ indices }) => [...indices]).sort((a, b) => a - b);
      expect(seen).toEqual(Array.from({ length: options.size }, (_, i) => i));
      const full = [...epochBatches({ ...all, dropLast: true })];
      expect(full.length).toBe(Math.floor(options.size / options.batchSize));
      expect(full).toEqual(batches.slice(0, full.length));
    }),
    { numRuns: 50 },
  );
});

test('order depends on seed and epoch only, and an epoch can be continued anywhere', () => {
  const order = (change: object) => [...epochBatches({ ...epoch, ...change })].flatMap(({ indices }) => [...indices]);
  expect(order({})).toEqual(order({}));
  expect(order({ epoch: 1 })).not.toEqual(order({}));
  expect(order({ seed: 2 })).not.toEqual(order({}));
  expect(order({ batchSize: 3 })).toEqual(order({}));
  const whole = [...epochBatches(epoch)];
  for (let start = 0; start <= whole.length; start++) {
    expect([...epochBatches({ ...epoch, start })]).toEqual(whole.slice(start));
  }
});

test('evaluation goes through the examples in order', () => {
  const batches = [...evaluationBatches({ split, inputs: numbers([2]), batchSize: 6 })];
  expect(batches.map(({ size }) => size)).toEqual([6, 4]);
  expect(batches.flatMap(({ indices }) => [...indices])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect([...batches[1].x.slice(0, 4)]).toEqual([6, 6, 7, 7]);
});

test('a batch size below one is refused', () => {
  expect(() => [...epochBatches({ ...epoch, batchSize: 0 })]).toThrow(RangeError);
});

const labelled = fc.record({
  labels: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 80 }),
  count: fc.integer({ min: 1, max: 6 }),
  size: fc.integer({ min: 1, max: 20 }),
  seed: fc.integer(),
});

test('pruning batches are balanced over the classes that occur, each and together', () => {
  fc.assert(
    fc.property(labelled, ({ labels, count, size, seed }) => {
      const present = new Set(labels);
      const batches = pruningIndices(Int32Array.from(labels), 6, { count, size, seed });
      expect(batches.map((batch) => batch.length)).toEqual(Array(count).fill(size));
      for (const indices of [...batches, batches.flatMap((batch) => [...batch])]) {
        const counts = new Map([...present].map((label) => [label, 0]));
        for (const index of indices) counts.set(labels[index], counts.get(labels[index])! + 1);
        expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1);
      }
    }),
  );
});

test('no example comes again before all of its class have been used', () => {
  fc.assert(
    fc.property(labelled, ({ labels, count, size, seed }) => {
      const drawn = pruningIndices(Int32Array.from(labels), 6, { count, size, seed }).flatMap((batch) => [...batch]);
      for (const label of new Set(labels)) {
        const members = labels.filter((other) => other === label).length;
        const ofClass = drawn.filter((index) => labels[index] === label);
        for (let start = 0; start < ofClass.length; start += members) {
          const round = ofClass.slice(start, start + members);
          expect(new Set(round).size).toBe(round.length);
        }
      }
    }),
  );
});

test('pruning batches depend on the seed', () => {
  const dataset = { train: split, shape: [2], classes: 3 };
  const draw = (seed: number) => pruningBatches(dataset, { count: 2, size: 3, seed, balanced: true });
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  expect([...draw(1)[0].y].sort()).toEqual([0, 1, 2]);
  expect(draw(1)[1].x[0]).toBe(draw(1)[1].indices[0]);
});

const image = Float32Array.from({ length: 2 * 5 * 4 * 2 }, (_, i) => i + 1);
const shape = [5, 4, 2];
const both = { cropPadding: 2, horizontalFlip: true };

test('without padding and flip nothing changes, and the input is left alone', () => {
  const copy = image.slice();
  const same = augment(image, shape, [0, 1], { cropPadding: 0, horizontalFlip: false }, { seed: 0, epoch: 0 });
  expect(same).toEqual(image);
  expect(same).not.toBe(image);
  augment(image, shape, [0, 1], both, { seed: 0, epoch: 0 });
  expect(image).toEqual(copy);
});

/** The image shifted and mirrored by definition: cut from a padded copy. */
function expected(down: number, right: number, flip: boolean): number[] {
  const [height, width, channels] = shape;
  const out: number[] = [];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const y = row + down;
      const x = (flip ? width - 1 - column : column) + right;
      for (let channel = 0; channel < channels; channel++) {
        const inside = y >= 0 && y < height && x >= 0 && x < width;
        out.push(inside ? image[(y * width + x) * channels + channel] : 0);
      }
    }
  }
  return out;
}

test('every result is a shifted and perhaps mirrored image, and all of them occur', () => {
  const results = new Map<string, number>();
  for (let index = 0; index < 1000; index++) {
    const key = augment(image.subarray(0, 40), shape, [index], both, { seed: 3, epoch: 0 }).join();
    results.set(key, (results.get(key) ?? 0) + 1);
  }
  const possible = new Set<string>();
  for (const down of [-2, -1, 0, 1, 2]) {
    for (const right of [-2, -1, 0, 1, 2]) {
      for (const flip of [false, true]) possible.add(expected(down, right, flip).join());
    }
  }
  expect(new Set(results.keys())).toEqual(possible);
  // 50 outcomes, 20 each on average.
  expect(Math.max(...results.values())).toBeLessThan(45);
});

test('what happens to an example does not depend on its batch, but on seed and epoch', () => {
  const stream = { seed: 5, epoch: 2 };
  const together = augment(image, shape, [7, 8], both, stream);
  expect(augment(image.subarray(40), shape, [8], both, stream)).toEqual(together.subarray(40));
  const many = (change: object) => {
    const x = new Float32Array(20 * 40).map((_, i) => i);
    return augment(
      x,
      shape,
      Array.from({ length: 20 }, (_, i) => i),
      both,
      { ...stream, ...change },
    );
  };
  expect(many({})).toEqual(many({}));
  expect(many({ epoch: 3 })).not.toEqual(many({}));
  expect(many({ seed: 6 })).not.toEqual(many({}));
});

test('only images can be augmented', () => {
  expect(() => augment(new Float32Array(4), [4], [0], both, { seed: 0, epoch: 0 })).toThrow(
    'Random crops and flips need images, but the examples have shape [4].',
  );
});

test('crop padding is a whole number below the image size', () => {
  for (const cropPadding of [-1, 0.5, 4, Number.NaN]) {
    expect(() => augment(image, shape, [0, 1], { ...both, cropPadding }, { seed: 0, epoch: 0 })).toThrow(
      `The crop padding must be a whole number below the image's size 5x4, not ${cropPadding}.`,
    );
  }
});

test('a data set serves an input that has its values in the same order', () => {
  const dataset = openNoise('noise:28x28x1:10');
  expect(adaptToInput(dataset, numbers([28, 28, 1])[0])).toBe(dataset);
  const flat = adaptToInput(dataset, numbers([784])[0]);
  expect([flat.shape, flat.train.size]).toEqual([[784], 1024]);
  expect(assembleBatch(flat.train, numbers(flat.shape), [3])).toEqual(
    assembleBatch(dataset.train, numbers(dataset.shape), [3]),
  );
  expect(() => adaptToInput(dataset, numbers([32, 32, 3])[0])).toThrow(
    'The model takes inputs of shape [32, 32, 3], but the examples of noise:28x28x1:10 are [28, 28, 1].',
  );
});

test('axes are compared, not numbers of values', () => {
  const served: readonly (readonly [Shape, Shape])[] = [
    [[28, 28, 1], [784]],
    [
      [28, 28, 1],
      [28, 28],
    ],
    [
      [28, 28],
      [28, 28, 1],
    ],
    [
      [4, 3, 2],
      [12, 2],
    ],
    [
      [4, 3, 2],
      [4, 6],
    ],
    [[5], [5]],
    [[1], [1]],
    [[3, 1, 1], [3]],
  ];
  for (const [shape, wanted] of served) expect([shape, wanted, isReadAs(shape, wanted)]).toEqual([shape, wanted, true]);
  const refused: readonly (readonly [Shape, Shape])[] = [
    [[784], [28, 28]],
    [[784], [28, 28, 1]],
    [
      [1, 28, 28],
      [28, 28, 1],
    ],
    [
      [28, 28, 1],
      [1, 28, 28],
    ],
    [
      [3, 32, 32],
      [32, 32, 3],
    ],
    [
      [32, 32, 3],
      [3, 32, 32],
    ],
    [
      [4, 6],
      [6, 4],
    ],
    [
      [4, 6],
      [8, 3],
    ],
    [[5], [5, 1]],
    [[28, 28, 1], [783]],
  ];
  for (const [shape, wanted] of refused) {
    expect([shape, wanted, isReadAs(shape, wanted)]).toEqual([shape, wanted, false]);
  }
});

test('examples in another order are refused with what to do', () => {
  expect(() => adaptToInput(openNoise('noise:3x32x32:10'), numbers([32, 32, 3])[0])).toThrow(
    expect.objectContaining({
      message: 'The model takes inputs of shape [32, 32, 3], but the examples of noise:3x32x32:10 are [3, 32, 32].',
      hint: expect.stringContaining('Store the examples as [32, 32, 3]'),
    }),
  );
});
