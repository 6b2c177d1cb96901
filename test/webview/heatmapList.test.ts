/** Which layers the heatmap lists, and the whole network at a glance. */
import { describe, expect, it } from 'vitest';
import { allGroups, FIRST_LIST, groupNumbers, type ListEntry, listEntries } from '../../webview/heatmap/listing';
import { overviewData, overviewOptions } from '../../webview/heatmap/overview';
import { rowNumbers } from '../../webview/heatmap/rowNumbers';
import { axesOf, pictureSize } from '../../webview/heatmap/viewport';
import { rampOf, shareAt } from '../../webview/shared/densityColor';
import { heatmapState, selectionOf } from './support/scores';

const { summary, scores } = heatmapState();
const rows = rowNumbers(summary, scores[0], selectionOf('prospr-1', 0.998, true), undefined);
const names = (entries: readonly ListEntry[]) =>
  entries.map((entry) => (entry.kind === 'row' ? entry.row.layer : `[${entry.group.name}]`));
const list = (choice: Partial<typeof FIRST_LIST>) => names(listEntries(summary, rows, { ...FIRST_LIST, ...choice }));

describe('the list of layers', () => {
  it('has groups in the order of the network, which fold', () => {
    expect(list({}).slice(0, 4)).toEqual(['stem', '[stage1]', 'stage1_conv1', 'stage1_conv2']);
    expect(allGroups(summary)).toEqual(['stage1', 'stage2', 'stage3', 'stage4']);
    expect(list({ folded: allGroups(summary) })).toEqual([
      'stem',
      '[stage1]',
      '[stage2]',
      '[stage3]',
      '[stage4]',
      'classes',
    ]);
    const [, stage] = listEntries(summary, rows, FIRST_LIST);
    const inStage = rows.filter(({ layer }) => layer.startsWith('stage1'));
    if (stage.kind !== 'group') throw new Error('a group was expected');
    expect(groupNumbers(stage.group.rows).total).toBe(inStage.reduce((sum, { total }) => sum + total, 0));
  });

  it('finds all words in names, kinds and shapes', () => {
    expect(list({ find: 'stage2 conv3' })).toEqual(['[stage2]', 'stage2_conv3']);
    expect(list({ find: 'DENSE' })).toEqual(['classes']);
    expect(list({ find: '512×512' }).filter((name) => !name.startsWith('['))).toHaveLength(3);
    expect(list({ find: 'nothing' })).toEqual([]);
  });

  it('is ordered by size, sparsity and nearness to collapse, without groups', () => {
    expect(list({ order: 'size' })[0]).toBe('stage4_conv2');
    const collapsed = rows.find(({ kept }) => kept === 0)!.layer;
    expect(list({ order: 'collapse' })[0]).toBe(collapsed);
    const densities = listEntries(summary, rows, { ...FIRST_LIST, order: 'sparsity' }).map((entry) =>
      entry.kind === 'row' ? entry.row.kept / entry.row.total : Number.NaN,
    );
    expect(densities).toEqual([...densities].sort((a, b) => a - b));
    expect(list({ order: 'size' }).some((name) => name.startsWith('['))).toBe(false);
  });
});

describe('the whole network', () => {
  const palette = { series: ['#111111', '#222222', '#333333'] };

  it('has density, effective density and its part of the multiplications, on the scale of the bars', () => {
    const [places, density, effective, macs] = overviewData(rows);
    expect(places).toEqual(rows.map((_, at) => at));
    expect(density[0]).toBe(rampOf(rows[0].kept / rows[0].total));
    expect(effective[0]).toBe(rampOf(rows[0].connected! / rows[0].total));
    const shares = macs.map((value) => shareAt(value!));
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 8);
  });

  it('names its layers and its scale, and tells which layer is clicked', () => {
    const options = overviewOptions(
      ['a', 'b'],
      palette,
      () => rows,
      () => {},
    );
    expect([0, 1].map((at) => [options.x.format(at), options.x.tell!(at)])).toEqual([
      ['1', 'a'],
      ['2', 'b'],
    ]);
    expect(options.y.marks!.map((mark) => options.y.format(mark))).toEqual(['0 %', '1 %', '10 %', '100 %']);
  });

  it('tells the shares of the network in its legend, and those of a layer at its place', () => {
    const { series } = overviewOptions(
      ['a', 'b'],
      palette,
      () => rows,
      () => {},
    );
    const told = (at?: number) => series.map(({ valueAt }) => valueAt!(at)).map((place) => place && shareAt(place));
    const sum = (of: (row: (typeof rows)[number]) => number) => rows.map(of).reduce((total, one) => total + one, 0);
    const total = sum((row) => row.total);
    const [density, effective, macs] = told();
    expect(density).toBeCloseTo(sum(({ kept }) => kept) / total, 8);
    expect(effective).toBeCloseTo(sum(({ connected }) => connected!) / total, 8);
    expect(macs).toBeUndefined();
    const last = rows.length - 1;
    expect(told(last)).toEqual(
      overviewData(rows)
        .slice(1)
        .map((places) => shareAt(places[last]!)),
    );
  });
});

it('names the axes of a tile', () => {
  expect(axesOf([3, 3, 16, 32])).toEqual({ across: '16 in, each 3 wide', down: '32 out, each 3 high' });
  expect(axesOf([1, 1, 16, 32])).toEqual({ across: '16 in', down: '32 out' });
  expect(axesOf([300, 10])).toEqual({ across: '300 in', down: '10 out' });
});

it('gives a tile that is alone the room there is', () => {
  const most = { width: 1200, height: 700 };
  expect(pictureSize({ rows: 1536, columns: 1536 }, 1300, most)).toEqual({ width: 700, height: 700 });
  expect(pictureSize({ rows: 1536, columns: 1536 }, 1300)).toEqual({ width: 150, height: 150 });
});
