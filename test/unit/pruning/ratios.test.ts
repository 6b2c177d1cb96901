import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReferenceExecutor } from '../../../server/executors/reference';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import { sizeOf } from '../../../server/protocol/tensor';
import { countKept, findCriterion, initialWeights, scoreNetwork, selectMasks } from '../../../server/pruning';
import { layerRatios, type RatioTensor } from '../../../server/pruning/ratios';
import { shareOut } from '../../../server/pruning/ratios/share';
import { keptCount } from '../../../server/pruning/selection';
import { countsPerTensor, createRanking } from '../../../server/worker/scores/ranking';
import { chain } from '../../support/networks';

interface Published {
  readonly [network: string]: {
    readonly shapes: readonly (readonly number[])[];
    readonly cases: readonly { readonly sparsity: number; readonly lamp: number[]; readonly erk: number[] }[];
  };
}

/** By the authors' code: see generate.py beside it. */
const published = JSON.parse(readFileSync('test/fixtures/ratios/authors.json', 'utf8')) as Published;

function tensorsOf(shapes: readonly (readonly number[])[]): RatioTensor[] {
  return shapes.map((shape, i) => ({ name: `layer${i}/kernel`, layer: `layer${i}`, shape }));
}

/** The values that generate.py makes. */
function weightsOf(shape: readonly number[], layer: number): Float32Array {
  const scale = Math.sqrt(2 / sizeOf(shape.slice(0, -1)));
  return Float32Array.from({ length: sizeOf(shape) }, (_, i) => {
    const uniform = ((i * 1103515245 + 12345 + 777 * layer) % 2 ** 31) / 2 ** 31;
    return uniform ** 3 * scale;
  });
}

const NAMES = ['uniform', 'erk', 'balanced', 'pyramidal', 'lamp'] as const;
const shape = fc.oneof(
  fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 })),
  fc.tuple(fc.constant(3), fc.constant(3), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 })),
);
const shapes = fc.array(shape, { minLength: 1, maxLength: 6 });
const sparsity = fc.double({ min: 0, max: 0.999, noNaN: true });

describe.each(Object.entries(published))(
  'the densities of %s equal the published code of the authors',
  (_name, { shapes, cases }) => {
    const tensors = tensorsOf(shapes);
    const sizes = shapes.map(sizeOf);
    const weights = new Map(tensors.map(({ name, shape }, i) => [name, weightsOf(shape, i)]));

    it('LAMP, to the weight', () => {
      const counts = layerRatios('lamp', tensors, weights)!;
      for (const { sparsity, lamp } of cases) expect([...counts(sparsity, 0).kept.values()]).toEqual(lamp);
    });

    it('Erdős-Rényi-kernel, but for counts being whole', () => {
      const counts = layerRatios('erk', tensors, weights)!;
      for (const { sparsity, erk } of cases) {
        // The authors round the weights removed of each layer down, which this does once for all of them.
        const slack = tensors.length;
        [...counts(sparsity, 0).kept.values()].forEach((kept, i) => {
          expect(Math.abs(kept - erk[i] * sizes[i])).toBeLessThanOrEqual(slack);
        });
      }
    });
  },
);

describe('layer ratios', () => {
  it('keep exactly what the sparsity leaves, within what layers have and at least keep', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...NAMES),
        shapes,
        sparsity,
        fc.integer({ min: 0, max: 3 }),
        (name, shapes, s, least) => {
          const tensors = tensorsOf(shapes);
          const sizes = shapes.map(sizeOf);
          const total = keptCount(
            sizes.reduce((sum, size) => sum + size, 0),
            s,
          );
          fc.pre(sizes.reduce((sum, size) => sum + Math.min(size, least), 0) <= total);
          const weights = new Map(tensors.map(({ name, shape }, i) => [name, weightsOf(shape, i)]));
          const counts = [...layerRatios(name, tensors, weights)!(s, least).kept.values()];
          expect(counts.reduce((sum, count) => sum + count, 0)).toBe(total);
          counts.forEach((count, i) => {
            expect(count).toBeGreaterThanOrEqual(Math.min(least, sizes[i]));
            expect(count).toBeLessThanOrEqual(sizes[i]);
          });
        },
      ),
    );
  });

  const tensors = tensorsOf([
    [10, 10],
    [100, 10],
    [20, 10],
  ]);
  const keptBy = (ratios: string, s: number) => [...layerRatios(ratios, tensors, new Map())!(s, 0).kept.values()];

  it('uniform: the same density', () => expect(keptBy('uniform', 0.9)).toEqual([10, 100, 20]));

  it('balanced: the same number, small layers dense where it is more than they have', () => {
    expect(keptBy('balanced', 0.9)).toEqual([44, 43, 43]);
    expect(keptBy('balanced', 0.5)).toEqual([100, 350, 200]);
    expect(layerRatios('balanced', tensors, new Map())!(0.5, 0).full).toEqual(['layer0/kernel', 'layer2/kernel']);
  });

  it('pyramidal: densities p, p^2, p^3', () => {
    const [first, second, third] = keptBy('pyramidal', 0.9).map((kept, i) => kept / sizeOf(tensors[i].shape));
    expect(second).toBeCloseTo(first ** 2, 2);
    expect(third).toBeCloseTo(first ** 3, 1);
  });

  it('given: in proportion, the first pattern that matches', () => {
    const [a, b, c] = keptBy('layer0=1,*=0.1', 0.9);
    expect(a / 100).toBeCloseTo((10 * b) / 1000, 1);
    expect(b / 1000).toBeCloseTo(c / 200, 2);
  });

  it('global leaves it to the scores', () => expect(layerRatios('global', tensors, new Map())).toBeUndefined());

  it.each([
    ['erkk', 'neither a name nor densities'],
    ['layer0=2', 'neither a name nor densities'],
    ['layer0=', 'neither a name nor densities'],
    ['conv*=0.1', 'conv* matches no layer'],
    ['layer0=0.5', 'says nothing of layer layer1'],
  ])('refuses %s', (text, message) => {
    expect(() => layerRatios(text, tensors, new Map())).toThrow(message);
  });
});

it('shares that are held at their least or their size leave the rest to the others', () => {
  expect(shareOut(12, [10, 1, 1], [4, 10, 10])).toEqual({ counts: [4, 4, 4], full: [0] });
  expect(shareOut(12, [10, 1, 1], [20, 10, 10], [0, 3, 0])).toEqual({ counts: [8, 3, 1], full: [] });
});

describe('scoring', () => {
  const network = createNetwork(
    chain([6], ['a', 'Dense', { units: 8, activation: 'relu' }], ['b', 'Dense', { units: 3, activation: 'softmax' }]),
  );
  const prunable = network.parameters.filter((parameter) => parameter.prunable).map(({ name }) => name);
  const weights = initialWeights(network, 3);
  const score = (method: string, ratios: string, sparsity = 0.5) =>
    scoreNetwork({
      criterion: findCriterion(method),
      network,
      weights,
      prunable,
      executor: createReferenceExecutor(),
      options: { sparsity, ratios, iterations: 4 },
      seed: 1,
    });

  it.each(['magnitude', 'synflow'])('%s keeps its highest in each layer, as many as the ratios say', async (method) => {
    const saliency = await score(method, 'balanced');
    const masks = selectMasks(saliency, { sparsity: 0.5 });
    expect([...masks.values()].map(countKept)).toEqual([18, 18]);
    // What was removed in an earlier round does not come back.
    for (const [name, scores] of saliency.scores) {
      expect(scores.some((value, i) => masks.get(name)![i] === 1 && value < 0)).toBe(false);
    }
  });

  it('the sliders of editors keep what the command keeps', async () => {
    const saliency = await score('magnitude', 'erk');
    const ranking = await createRanking(saliency, async () => {});
    for (const sparsity of [0.1, 0.5, 0.9]) {
      const masks = selectMasks(saliency, { sparsity });
      expect([...countsPerTensor(ranking, sparsity, 0).values()]).toEqual([...masks.values()].map(countKept));
    }
  });

  it('says which layers a ratio wanted more of', async () => {
    const { diagnostics } = await score('magnitude', 'balanced', 0.1);
    expect(diagnostics?.warnings?.join()).toContain('want more weights of b/kernel than there are');
  });
});
