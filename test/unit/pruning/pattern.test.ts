/** N:M masks. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReferenceExecutor } from '../../../server/executors/reference';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import { findCriterion, initialWeights, scoreNetwork, selectMasks } from '../../../server/pruning';
import {
  groupLayout,
  parsePattern,
  patternChoice,
  patternFaults,
  patternSparsity,
  selectByPattern,
} from '../../../server/pruning/pattern';
import { createRandom } from '../../../server/random';
import type { PreparedModel } from '../../../server/request/model';
import { scoreModel } from '../../../server/request/scoring';
import type { ScoringChoice } from '../../../server/request/types';
import { chain } from '../../support/networks';

const tensor = (shape: readonly number[], outputAxis?: number) => ({
  name: 'layer/kernel',
  layer: 'layer',
  shape,
  ...(outputAxis !== undefined && { outputAxis }),
});

describe('a pattern', () => {
  it('is read, and refused where it is none', () => {
    expect(parsePattern('2:4')).toEqual({ kept: 2, of: 4 });
    expect(patternSparsity(parsePattern('1:4'))).toBe(0.75);
    for (const text of ['4:4', '0:4', '5:4', '2', '2:4:8', 'two of four', '-1:2']) {
      expect(() => parsePattern(text), text).toThrow('is not N:M');
    }
  });

  it('goes along the inputs of dense kernels and convolutions, wherever they lie', () => {
    expect(groupLayout(tensor([8, 3]))).toEqual({ inputs: 8, stride: 3 });
    expect(groupLayout(tensor([3, 3, 8, 5]))).toEqual({ inputs: 8, stride: 5 });
    // A transposed convolution has its outputs first.
    expect(groupLayout(tensor([3, 3, 5, 8], 2))).toEqual({ inputs: 8, stride: 1 });
    expect(groupLayout(tensor([8]))).toBeUndefined();
    // Attention of Keras: [inputs, heads, size], and [heads, size, outputs] back.
    expect(groupLayout({ shape: [8, 2, 3], inputAxes: [0] })).toEqual({ inputs: 8, stride: 6 });
    expect(groupLayout({ shape: [2, 4, 5], inputAxes: [0, 1] })).toEqual({ inputs: 8, stride: 5 });
  });

  it('is refused where a dimension does not divide, with the layer', () => {
    const pattern = parsePattern('2:4');
    expect(() => patternChoice(pattern, [tensor([6, 3])])).toThrow('layer/kernel has 6 of them');
    expect(() => patternChoice(pattern, [tensor([8, 3]), { ...tensor([3, 3, 8, 1], 2), name: 'depthwise' }])).toThrow(
      'depthwise has 1 of them',
    );
  });
});

describe('masks of a pattern', () => {
  it('keep the highest scores of each group, the first among equals', () => {
    const choice = patternChoice(parsePattern('2:4'), [tensor([4, 2])]);
    const scores = new Map([['layer/kernel', Float32Array.of(1, 0, 2, 0, 3, 0, 4, 0)]]);
    expect([...selectByPattern(scores, choice).get('layer/kernel')!]).toEqual([0, 1, 0, 1, 1, 0, 1, 0]);
  });

  it('keep exactly n of every m, and the checker finds what breaks them', () => {
    const sizes = fc.record({
      m: fc.integer({ min: 2, max: 8 }),
      groups: fc.integer({ min: 1, max: 5 }),
      outputs: fc.integer({ min: 1, max: 6 }),
      window: fc.integer({ min: 1, max: 3 }),
      seed: fc.nat(1000),
    });
    fc.assert(
      fc.property(sizes, fc.nat(1000), ({ m, groups, outputs, window, seed }, pick) => {
        const pattern = { kept: 1 + (pick % (m - 1)), of: m };
        const shape = [window, window, m * groups, outputs];
        const choice = patternChoice(pattern, [tensor(shape)]);
        const values = new Float32Array(window * window * m * groups * outputs);
        createRandom(seed, 'scores').fillNormal(values, 0, 1);
        const mask = selectByPattern(new Map([['layer/kernel', values]]), choice).get('layer/kernel')!;
        const layout = groupLayout(tensor(shape))!;
        expect(mask.reduce((sum, bit) => sum + bit, 0)).toBe((values.length / m) * pattern.kept);
        expect(patternFaults(mask, layout, pattern)).toBe(0);
        const broken = mask.slice();
        broken[mask.indexOf(0)] = 1;
        expect(patternFaults(broken, layout, pattern)).toBe(1);
      }),
      { numRuns: 50 },
    );
  });
});

describe('any score', () => {
  const network = createNetwork(
    chain([8], ['fc1', 'Dense', { units: 12, activation: 'relu' }], ['fc2', 'Dense', { units: 3 }]),
  );
  const prunable = network.parameters.filter((parameter) => parameter.prunable).map(({ name }) => name);
  const score = (method: string, options: object) =>
    scoreNetwork({
      criterion: findCriterion(method),
      network,
      weights: initialWeights(network, 1),
      prunable,
      executor: createReferenceExecutor(),
      options,
      seed: 1,
    });

  it.each(['magnitude', 'random', 'synflow'])('can be selected by a pattern: %s', async (method) => {
    const saliency = await score(method, { pattern: '1:4', sparsity: 0.75, iterations: 3 });
    const masks = selectMasks(saliency, { sparsity: 0.75 });
    for (const { name, shape } of network.parameters.filter((one) => prunable.includes(one.name))) {
      expect(patternFaults(masks.get(name)!, groupLayout({ shape })!, { kept: 1, of: 4 })).toBe(0);
      expect(masks.get(name)!.reduce((sum, bit) => sum + bit, 0)).toBe((shape[0] * shape[1]) / 4);
    }
  });

  it('is refused another sparsity, layer ratios, and what decides them itself', async () => {
    const saliency = await score('magnitude', { pattern: '2:4', sparsity: 0.5 });
    expect(() => selectMasks(saliency, { sparsity: 0.9 })).toThrow('removes 0.5');
    await expect(score('magnitude', { pattern: '2:4', ratios: 'erk' })).rejects.toThrow('--ratios erk');
    const model = { network, weights: initialWeights(network, 1), prunable, seed: 1 } as unknown as PreparedModel;
    const { signal } = new AbortController();
    const scoring = { options: { pattern: '2:4' }, batchSize: 1, exactPredictor: false } as unknown as ScoringChoice;
    const executor = createReferenceExecutor();
    const erk = { criterion: findCriterion('random-erk'), model, executor, source: {}, scoring, sparsity: 0.5, signal };
    await expect(scoreModel(erk)).rejects.toThrow('both say');
    await expect(score('magnitude', { pattern: '3:5' })).rejects.toThrow('fc1/kernel has 8 of them');
  });
});
