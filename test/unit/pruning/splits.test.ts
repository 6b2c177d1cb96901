/** Axes that come apart in a reshape, heads and their features: which of them may lose indices is seen at the end. */
import { describe, expect, it } from 'vitest';
import { createLabels, fixAxis, STAYS } from '../../../server/pruning/structured/labels';
import { reshapeLabels, type Split, settleSplits } from '../../../server/pruning/structured/reshape';

/** Labels [n, 6] that become [n, 2, 3], and what was split. */
function split() {
  const labels = createLabels();
  const splits: Split[] = [];
  const units = labels.fresh(6);
  const axes = reshapeLabels(labels, [undefined, units], [2, 6], [2, 2, 3], 'it comes apart', splits);
  const sets = () => new Set(units.map((label) => labels.find(label))).size;
  return { labels, splits, units, heads: axes[1]!, features: axes[2]!, axes, sets };
}

describe('an axis that comes apart', () => {
  it('goes by the first of its axes that can lose indices, and the others stay', () => {
    const { labels, splits, units, heads, features, sets } = split();
    settleSplits(labels, splits);
    expect(sets()).toBe(2);
    expect(labels.find(units[0])).toBe(labels.find(heads[0]));
    expect(labels.find(units[5])).toBe(labels.find(heads[1]));
    expect(labels.describe(units[0]).reason).toBeUndefined();
    expect(labels.describe(features[0]).reason).toBe('it comes apart');
  });

  it('goes by a later one where the first stays, and not at all where all do', () => {
    const one = split();
    fixAxis(one.labels, one.heads, 'parts of another kind');
    settleSplits(one.labels, one.splits);
    expect(one.sets()).toBe(3);
    expect(one.labels.find(one.units[1])).toBe(one.labels.find(one.features[1]));

    const none = split();
    fixAxis(none.labels, none.heads, 'parts of another kind');
    none.labels.unite(none.features[1], STAYS, 'it is mixed');
    settleSplits(none.labels, none.splits);
    expect(none.sets()).toBe(6);
    for (const label of none.units) expect(none.labels.describe(label).reason).toBe('it comes apart');
  });

  it('has one label for the same head of each example where examples and heads are one axis', () => {
    const labels = createLabels();
    const splits: Split[] = [];
    const units = labels.fresh(6);
    const [merged] = reshapeLabels(labels, [undefined, units], [2, 6], [4, 3], 'it comes apart', splits);
    expect([merged![2], merged![3]]).toEqual([merged![0], merged![1]]);
    const [examples, heads] = reshapeLabels(labels, [merged], [4], [2, 2], 'it comes apart', splits);
    expect([...heads!]).toEqual([merged![0], merged![1]]);
    expect([...examples!]).toEqual([STAYS, STAYS]);
    expect(splits).toHaveLength(1);
  });

  it('stays where nobody collects what comes apart', () => {
    const labels = createLabels();
    const units = labels.fresh(6);
    const axes = reshapeLabels(labels, [undefined, units], [2, 6], [2, 2, 3], 'it comes apart');
    expect([...axes[1]!]).toEqual([STAYS, STAYS]);
    expect(labels.describe(units[3]).reason).toBe('it comes apart');
  });
});
