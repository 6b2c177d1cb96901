/** Presets of methods, and ProsPr over several draws. */
import { describe, expect, it } from 'vitest';
import { createReferenceExecutor } from '../../../server/executors/reference';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import type { Batch } from '../../../server/protocol/data';
import {
  findCriterion,
  initialWeights,
  type Masks,
  type ScoringOptions,
  scoreNetwork,
  selectMasks,
} from '../../../server/pruning';
import { createRandom } from '../../../server/random';
import { findMethod } from '../../../server/request/methods';
import { checkPreset, withPreset } from '../../../server/request/presets';
import { expandSweep } from '../../../server/sweep/expand';
import { chain } from '../../support/networks';

const network = createNetwork(
  chain([6], ['a', 'Dense', { units: 9, activation: 'tanh' }], ['b', 'Dense', { units: 3 }]),
);
const prunable = network.parameters.filter((parameter) => parameter.prunable).map(({ name }) => name);
const weights = initialWeights(network, 3);

function batch(seed: number): Batch {
  const x = new Float32Array(8 * 6);
  createRandom(seed, 'presets test').fillNormal(x, 0, 1);
  return { x, y: Int32Array.from({ length: 8 }, (_, i) => (i + seed) % 3), size: 8 };
}

function score(method: string, options: Partial<ScoringOptions>, first = 0) {
  const batches = async (count: number) => Array.from({ length: count }, (_, i) => batch(first + i));
  const shared = { network, weights, prunable, executor: createReferenceExecutor(), seed: 3, batches };
  return scoreNetwork({ criterion: findCriterion(method), options, ...shared });
}

const keptIn = (masks: Masks) =>
  [...masks.values()].reduce((sum, mask) => sum + mask.reduce((all, bit) => all + bit, 0), 0);

describe('presets', () => {
  const options = { innerLearningRate: 'auto', innerMomentum: 0.9, variant: 'exact', sameBatch: false } as never;

  it('are options of the method that has them', () => {
    const preset = { name: 'released', given: [] };
    expect(withPreset(findMethod('prospr'), { options, preset })).toEqual({
      ...{ innerLearningRate: 0.1, innerMomentum: 0, variant: 'released', sameBatch: true },
    });
    expect(withPreset(findMethod('magnitude'), { options, preset })).toBe(options);
    expect(withPreset(findMethod('prospr'), { options })).toBe(options);
  });

  it('of the releases set what can be set, and say where the release is another method', () => {
    const releases = ['force', 'iterative-snip', 'grasp', 'px', 'synflow', 'prospr'];
    const options = releases.map((name) =>
      withPreset(findMethod(name), { options: {} as never, preset: { name: 'released', given: [] } }),
    );
    expect(options.slice(0, 5)).toEqual([
      { iterations: 10, batches: 1 },
      { iterations: 10, batches: 1 },
      { temperature: 200, batches: 2 },
      { iterations: 100, batches: 2 },
      { iterations: 100, rounding: 'truncate' },
    ]);
    for (const name of releases) {
      const preset = findMethod(name).presets!.find((one) => one.name === 'released')!;
      expect(preset.text, name).toMatch(/\. \w.*\.$/);
    }
    expect(
      withPreset(findMethod('snip'), { options: {} as never, preset: { name: 'synaptic-flow', given: [] } }),
    ).toEqual({
      batches: 1,
    });
  });

  it('yield to options that are given', () => {
    const preset = { name: 'readme', given: ['innerMomentum'] };
    expect(withPreset(findMethod('prospr'), { options, preset })).toMatchObject({
      ...{ innerLearningRate: 0.5, innerMomentum: 0.9 },
    });
  });

  it('that no method has are refused with those that there are', () => {
    expect(() => checkPreset([findMethod('prospr'), findMethod('magnitude')], 'paper')).toThrow(
      expect.objectContaining({
        message: 'There is no preset paper here.',
        hint: 'ProsPr has released, readme, former; Magnitude has none.',
      }),
    );
    checkPreset([findMethod('prospr'), findMethod('snip')], 'readme');
  });

  it('of a sweep are values of those methods that have them', () => {
    const file = {
      ...{ models: ['a.ts'], methods: ['prospr', 'synflow', 'snip'], sparsities: [0.9], dense: false },
      settings: { preset: ['former', 'released'] },
    };
    const { variants } = expandSweep(file, { folder: '.', name: 'sweep', out: 'out' });
    expect(variants.map(({ name }) => name)).toEqual([
      ...['prospr+preset=former', 'prospr+preset=released', 'synflow+preset=released', 'snip'],
    ]);
  });

  it('of SynFlow keeps as many as the authors, who cut the fraction off what goes', async () => {
    const total = 6 * 9 + 9 * 3;
    const sparsity = 0.506;
    const released = await score('synflow', { sparsity, iterations: 5, rounding: 'truncate' });
    expect(keptIn(selectMasks(released, { sparsity }))).toBe(total - Math.trunc(sparsity * total));
    const nearest = await score('synflow', { sparsity, iterations: 5 });
    expect(keptIn(selectMasks(nearest, { sparsity }))).toBe(Math.round((1 - sparsity) * total));
  });
});

describe('ProsPr over draws', () => {
  const options = { sparsity: 0.5, steps: 1, innerLearningRate: 0.1 };

  it('is the mean of signed meta-gradients, the first at the weights themselves', async () => {
    const [one, two] = [await score('prospr', options), await score('prospr', { ...options, draws: 2 })];
    const other = await score('prospr', options, 2);
    // Starts are close to the weights, so the second draw is close to a scoring of its batches.
    const isBetween = prunable.flatMap((name) =>
      Array.from(two.scores.get(name)!, (value, i) => {
        const [a, b] = [one.scores.get(name)![i], other.scores.get(name)![i]];
        return Math.min(Math.abs((a + b) / 2 - value), Math.abs(Math.abs(a - b) / 2 - value)) < 0.01 * (a + b) + 1e-6;
      }),
    );
    expect(isBetween.every(Boolean)).toBe(true);
    expect(two.scores).not.toEqual(one.scores);
  });

  it('counts the work of all draws', async () => {
    const reports: number[] = [];
    const batches = async (count: number) => Array.from({ length: count }, (_, i) => batch(i));
    await scoreNetwork({
      ...{ criterion: findCriterion('prospr'), network, weights, prunable, executor: createReferenceExecutor() },
      ...{ seed: 3, batches, options: { ...options, draws: 3 } },
      onProgress: (done, total) => reports.push(done / total),
    });
    expect(reports.at(-1)).toBe(1);
    expect(reports).toHaveLength(9);
  });
});
