import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom, restoreRandom } from '../../server/random';

function moments(values: ArrayLike<number>) {
  const list = Array.from(values);
  const mean = list.reduce((sum, value) => sum + value, 0) / list.length;
  const variance = list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / list.length;
  return { mean, deviation: Math.sqrt(variance) };
}

test('a seed and a name give the same numbers everywhere', () => {
  const random = createRandom(0, 'initialization', 'conv1/kernel');
  expect([random.uniform(), random.uniform(), random.integer(1000), random.normal()]).toEqual([
    0.46878018297958735, 0.6363623186706477, 708, -0.10017223209650429,
  ]);
});

test('streams differ by seed, by name, by type and by length of their path', () => {
  const streams = [
    createRandom(0),
    createRandom(1),
    createRandom(-1),
    createRandom(0, 'a'),
    createRandom(0, 'b'),
    createRandom(0, 'a', 'b'),
    createRandom(0, 'ab'),
    createRandom(0, 1),
    createRandom(0, '1'),
    createRandom(0, 1, 2),
    createRandom(0, 12),
  ];
  expect(new Set(streams.map((random) => random.uniform())).size).toBe(streams.length);
});

test('a seed that is not a whole number is refused', () => {
  for (const seed of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60]) {
    expect(() => createRandom(seed)).toThrow(`The seed must be a whole number, not ${seed}.`);
  }
});

test('a restored stream continues exactly', () => {
  const random = createRandom(7, 'x');
  random.fillNormal(new Float32Array(11), 0, 1);
  const copy = restoreRandom(JSON.parse(JSON.stringify(random.state())));
  const [a, b] = [new Float64Array(100), new Float64Array(100)];
  random.fillNormal(a, 0, 1);
  copy.fillNormal(b, 0, 1);
  expect(a).toEqual(b);
  expect(random.permutation(20)).toEqual(copy.permutation(20));
});

test('uniform values have the moments of the uniform distribution and stay in range', () => {
  const values = new Float64Array(200_000);
  createRandom(1).fillUniform(values, -2, 4);
  const { mean, deviation } = moments(values);
  expect(mean).toBeCloseTo(1, 1);
  expect(deviation).toBeCloseTo(6 / Math.sqrt(12), 1);
  expect(values.every((value) => value >= -2 && value < 4)).toBe(true);
});

test('normal values have the moments and the tails of the normal distribution', () => {
  const values = new Float32Array(200_001);
  createRandom(2).fillNormal(values, 3, 0.5);
  const { mean, deviation } = moments(values);
  expect(Math.abs(mean - 3)).toBeLessThan(0.005);
  expect(Math.abs(deviation - 0.5)).toBeLessThan(0.005);
  for (const [bound, share] of [
    [1, 0.6827],
    [2, 0.9545],
    [3, 0.9973],
  ]) {
    const inside = values.filter((value) => Math.abs(value - 3) <= bound * 0.5).length / values.length;
    expect(Math.abs(inside - share)).toBeLessThan(0.005);
  }
});

test('neighbouring normals are not correlated', () => {
  const values = new Float64Array(200_000);
  createRandom(3).fillNormal(values, 0, 1);
  let sum = 0;
  for (let i = 1; i < values.length; i++) sum += values[i] * values[i - 1];
  expect(Math.abs(sum / values.length)).toBeLessThan(0.01);
});

test('truncated normals stay within two deviations, with the variance that leaves', () => {
  const values = new Float64Array(100_001);
  createRandom(4).fillTruncatedNormal(values, 1, 0.1);
  const { mean, deviation } = moments(values);
  expect(values.every((value) => Math.abs(value - 1) <= 0.2)).toBe(true);
  expect(Math.abs(mean - 1)).toBeLessThan(0.002);
  // sqrt(1 - 4 phi(2) / (2 Phi(2) - 1)), the constant by which Keras divides.
  expect(Math.abs(deviation / 0.1 - 0.87962566)).toBeLessThan(0.01);
});

test('integers are uniform, and out-of-range bounds are refused', () => {
  const random = createRandom(5);
  const counts = new Int32Array(7);
  for (let i = 0; i < 70_000; i++) counts[random.integer(7)]++;
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  expect(random.integer(1)).toBe(0);
  expect(random.integer(2 ** 32)).toBeLessThan(2 ** 32);
  for (const n of [0, -1, 1.5, 2 ** 33]) expect(() => random.integer(n)).toThrow(RangeError);
});

test('a permutation holds every index once', () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(300), (seed, n) => {
      const order = createRandom(seed, 'order').permutation(n);
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
    }),
  );
});

test('all orders of three are equally likely', () => {
  const random = createRandom(6);
  const counts = new Map<string, number>();
  for (let i = 0; i < 12_000; i++) {
    const key = random.permutation(3).join();
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  for (const count of counts.values()) expect(Math.abs(count - 2000)).toBeLessThan(200);
});
