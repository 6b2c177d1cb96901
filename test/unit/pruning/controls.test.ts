/** Sanity controls: what each spoils, and what it leaves alone. */
import { describe, expect, it } from 'vitest';
import { createReferenceExecutor } from '../../../server/executors/reference';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import {
  countKept,
  findCriterion,
  initialWeights,
  reinitializedWeights,
  scoreNetwork,
  selectMasks,
  shuffleMasks,
} from '../../../server/pruning';
import { chain } from '../../support/networks';

const network = createNetwork(chain([20], ['a', 'Dense', { units: 30 }], ['b', 'Dense', { units: 10 }]));
const prunable = ['a/kernel', 'b/kernel'];

const score = (method: string, seed = 3) =>
  scoreNetwork({
    criterion: findCriterion(method),
    network,
    weights: initialWeights(network, 3),
    prunable,
    executor: createReferenceExecutor(),
    seed,
  });

describe('shuffle', () => {
  it('keeps the number of weights of each layer, at every sparsity, and not the weights', async () => {
    const [plain, shuffled] = [await score('magnitude'), await score('magnitude+shuffle')];
    for (const sparsity of [0.3, 0.6, 0.8]) {
      const [before, after] = [plain, shuffled].map((saliency) => selectMasks(saliency, { sparsity }));
      for (const name of prunable) {
        expect(countKept(after.get(name)!)).toBe(countKept(before.get(name)!));
        expect(after.get(name)).not.toEqual(before.get(name));
      }
    }
  });

  it('follows from the seed', async () => {
    expect((await score('magnitude+shuffle')).scores).toEqual((await score('magnitude+shuffle')).scores);
    expect((await score('magnitude+shuffle', 4)).scores).not.toEqual((await score('magnitude+shuffle')).scores);
  });

  it('of masks is that of scores', async () => {
    const masks = selectMasks(await score('magnitude'), { sparsity: 0.8 });
    expect(shuffleMasks(masks, 3)).toEqual(selectMasks(await score('magnitude+shuffle'), { sparsity: 0.8 }));
  });
});

describe('invert', () => {
  it('keeps what the method would remove first', async () => {
    const half = { sparsity: 0.5 };
    const [kept, inverted] = [await score('magnitude'), await score('magnitude+invert')].map((saliency) =>
      selectMasks(saliency, half),
    );
    for (const name of prunable) expect(inverted.get(name)).toEqual(kept.get(name)!.map((bit) => 1 - bit));
  });
});

describe('reinitialize', () => {
  it('leaves the scores alone and draws other weights, the same for the same seed', async () => {
    expect((await score('magnitude+reinitialize')).scores).toEqual((await score('magnitude')).scores);
    const drawn = await reinitializedWeights(network, 3);
    expect(drawn).toEqual(await reinitializedWeights(network, 3));
    expect(drawn.get('a/kernel')).not.toEqual(initialWeights(network, 3).get('a/kernel'));
    expect(drawn.get('a/kernel')).not.toEqual((await reinitializedWeights(network, 4)).get('a/kernel'));
  });
});

it('names say so, and unknown ones are refused', () => {
  expect(findCriterion('snip+shuffle')).toMatchObject({ name: 'snip+shuffle', title: 'SNIP (shuffled in each layer)' });
  expect(() => findCriterion('snip+mix')).toThrow('there is no control "mix"');
  expect(() => findCriterion('snap+shuffle')).toThrow('there is no method "snap"');
});
