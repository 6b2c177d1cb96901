/** The table of a sweep's runs as Parquet: read by another library, it is the CSV file with types. */
import { parquetMetadata, parquetReadObjects, parquetSchema } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { formatCsv } from '../../../server/comparison/csv';
import type { RunOutcome } from '../../../server/protocol/comparison';
import { sweepColumns } from '../../../server/sweep/columns';
import { expandSweep } from '../../../server/sweep/expand';
import { formatParquet } from '../../../server/sweep/parquet';
import type { ReportedNetworks } from '../../../server/sweep/results';

const plan = expandSweep(
  {
    models: ['net.ts'],
    methods: ['snip', 'prospr'],
    sparsities: [0.9],
    seeds: 2,
    settings: { steps: [0, 3], 'inner-lr': ['auto', 0.1] },
  },
  { folder: '.', name: 'sweep', out: 'out' },
);
const networks: ReportedNetworks = new Map(
  plan.networks.map(({ label }) => {
    const network = { file: 'net.ts', layers: [{ name: 'dense', macs: 3e10 }] };
    return [
      label,
      { label, data: '=nöise, "so"', settings: {}, model: { network }, dataset: { name: 'noise' } } as never,
    ];
  }),
);
const layers = [{ layer: 'dense', kept: 1, total: 10 }];
const runs = plan.runs.map(({ key }, index) => ({
  ...key,
  final: { epoch: 2, trainLoss: 0.5, testLoss: 1 / 3, testAccuracy: 0.5 + index / 100 },
  pruning: { prunable: 10, kept: 1, effectiveKept: 1, layers, seconds: 0.25 },
  seconds: 1.5,
})) as unknown as readonly RunOutcome[];
const columns = sweepColumns(plan, networks);

function open(bytes: Uint8Array): ArrayBuffer {
  return bytes.slice().buffer;
}

describe('results.parquet', () => {
  const file = open(formatParquet(runs, columns));

  it('has the rows, columns and values of results.csv', async () => {
    const rows = await parquetReadObjects({ file });
    const [head, ...lines] = formatCsv(runs, columns).trim().split('\n');
    const titles = head.split(',');
    expect(rows).toHaveLength(lines.length);
    expect(Object.keys(rows[0])).toEqual(titles);
    // The values here have no comma but in one column, which is compared below.
    const place = titles.indexOf('data');
    for (const [index, line] of lines.entries()) {
      const cells = line.replace(`"'=nöise, ""so"""`, 'data').split(',');
      const stored = titles.map((title) => {
        const value: unknown = rows[index][title];
        return value === null ? '' : typeof value === 'bigint' ? Number(value) : value;
      });
      const expected = cells.map((cell, i) => (typeof stored[i] === 'number' ? Number(cell) : cell));
      expect(stored.with(place, 'data')).toEqual(expected);
    }
    // Nothing is a formula here.
    expect(rows[0].data).toBe('=nöise, "so"');
    expect(rows[0].variant).toBe('dense');
  });

  it('has types that do not follow from the values', () => {
    const types = (bytes: ArrayBuffer) =>
      Object.fromEntries(
        parquetSchema(parquetMetadata(bytes)).children.map(({ element }) => [element.name, element.type]),
      );
    const all = types(file);
    expect(all).toMatchObject({
      ...{ variant: 'BYTE_ARRAY', 'inner-lr': 'BYTE_ARRAY', steps: 'DOUBLE', sparsity: 'DOUBLE', seed: 'INT64' },
      ...{ dense_macs: 'INT64', test_accuracy: 'DOUBLE' },
    });
    const dense = types(open(formatParquet(runs.slice(0, 1), columns)));
    expect(dense).toEqual(all);
    expect(types(open(formatParquet([], columns)))).toMatchObject({ sparsity: 'DOUBLE', seed: 'INT64' });
  });
});
