/** How runs are called that nobody has named. */
import { expect, it } from 'vitest';
import type { RunSummary } from '../../../server/protocol/results';
import { comparisonsToldApart, isMasked, type LabelledConfig, labelOf, toldApart } from '../../../server/runs/labels';

const labelWith = (origin: LabelledConfig['origin']) =>
  labelOf({ file: '/models/lenet.ts', origin, training: { seed: 3 } });

it.each<[string, LabelledConfig['origin']]>([
  ['lenet · prospr · 99.5 % · seed 3', { method: 'prospr', sparsity: 0.995 }],
  ['lenet · snip+shuffle · 98 % · seed 3', { method: 'snip', sparsity: 0.98, control: 'shuffle' }],
  ['lenet · lottery-ticket · seed 3', { method: 'lottery-ticket' }],
  ['lenet-small · snip · 98 % · seed 3', { exportName: 'small', method: 'snip', sparsity: 0.98 }],
  ['lenet · dense · seed 3', { exportName: 'default' }],
  ['lenet · dense · seed 3', { method: 'dense', sparsity: 0 }],
  ['lenet · masks.safetensors · seed 3', { masksFile: '/masks/masks.safetensors' }],
])('is %s', (label, origin) => expect(labelWith(origin)).toBe(label));

it('knows what trains all weights', () => {
  const masked = [{ method: 'prospr' }, { masksFile: 'masks.safetensors' }].map((origin) => isMasked({ origin }));
  const dense = [{}, { method: 'dense', sparsity: 0 }].map((origin) => isMasked({ origin }));
  expect([masked, dense]).toEqual([
    [true, true],
    [false, false],
  ]);
});

it('says the folders of models whose files have the same name', () => {
  const run = (model: string): RunSummary => ({
    run: `/runs/${model}`,
    label: 'net · dense · seed 0',
    state: 'finished',
    model,
    epochs: 1,
    finishedEpochs: 1,
  });
  expect(toldApart([run('/one/net.ts'), run('/two/net.ts')]).map(({ label }) => label)).toEqual([
    'one/net · dense · seed 0',
    'two/net · dense · seed 0',
  ]);
  const compared = ['/one', '/two'].map((root) => ({ ...run(`${root}/net.ts`), run: `${root}/runs/compare-net/a` }));
  const comparisons = ['/one/runs/compare-net', '/two/runs/compare-net'].map((folder) => ({ folder, rows: [] }));
  expect(comparisonsToldApart(comparisons, compared).map(({ label }) => label)).toEqual([
    'one/compare-net',
    'two/compare-net',
  ]);
  expect(comparisonsToldApart(comparisons, compared.slice(1))).toEqual(comparisons);
});

it('tells runs of the same apart by their start, those that are named stay', () => {
  const run = (label: string, started: string, renamed?: true): RunSummary => ({
    run: started,
    label,
    state: 'finished',
    epochs: 1,
    finishedEpochs: 1,
    started,
    ...(renamed && { renamed }),
  });
  const runs = [
    run('a', '2026-01-31T12:30:00'),
    run('a', '2026-02-01T08:00:05'),
    run('a', '2026-02-02T08:00:05', true),
    run('b', '2026-01-31T12:30:00'),
  ];
  expect(toldApart(runs).map(({ label }) => label)).toEqual([
    'a · 2026-01-31 12:30:00',
    'a · 2026-02-01 08:00:05',
    'a',
    'b',
  ]);
});
