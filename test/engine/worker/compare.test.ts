/** Comparisons of the compute process: scores made once for all sparsities, and one comparison at a time in a folder. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { createReferenceExecutor } from '../../../server/executors/reference';
import { lockFolder } from '../../../server/files/lock';
import type { RunOutcome } from '../../../server/protocol/comparison';
import type { CompareParams } from '../../../server/protocol/worker';
import * as criterion from '../../../server/request/scoring';
import { compare } from '../../../server/worker/calls/compare';
import { createDescriptions } from '../../../server/worker/descriptions';
import type { CallContext } from '../../../server/worker/session';
import { temporaryFolder } from '../../support/models';

vi.mock('../../../server/request/scoring', async (original) => {
  const module = await original<typeof criterion>();
  return { ...module, scoreModel: vi.fn(module.scoreModel) };
});

const MODEL = JSON.stringify({
  class_name: 'Sequential',
  config: {
    name: 'small',
    layers: [
      { class_name: 'Dense', config: { name: 'hidden', units: 6, activation: 'relu', batch_input_shape: [null, 4] } },
      { class_name: 'Dense', config: { name: 'output', units: 3, activation: 'softmax' } },
    ],
  },
});
// Its script and style lie beside the built command only.
vi.mock('../../../server/reports/comparison', () => ({ createReport: () => '' }));

/** Parameters of a comparison in a folder of the test's own. */
function paramsOf(): CompareParams {
  const folder = temporaryFolder({ 'model.json': MODEL });
  return {
    model: join(folder, 'model.json'),
    data: 'noise:4:3:256',
    methods: ['snip', 'random+shuffle'],
    sparsities: [0.5, 0.75],
    seeds: 1,
    epochs: 1,
    folder: join(folder, 'comparison'),
  };
}
const context = {
  session: { executors: { open: async () => createReferenceExecutor() }, descriptions: createDescriptions() },
  trusted: true,
  signal: new AbortController().signal,
  report() {},
} as unknown as CallContext;

it('scores once for all sparsities, as the command line does', async () => {
  const params = paramsOf();
  const { rows } = await compare(params, context);
  expect(rows).toHaveLength(5);
  expect(vi.mocked(criterion.scoreModel)).toHaveBeenCalledTimes(2);
  const { runs } = JSON.parse(readFileSync(join(params.folder, 'results.json'), 'utf8'));
  const kept = (runs as RunOutcome[]).filter(({ method }) => method === 'snip').map(({ pruning }) => pruning.kept);
  expect(kept).toEqual([21, 11]);
});

it('records how it scores, and is not resumed with other scoring settings', async () => {
  const params = paramsOf();
  const settings = join(dirname(params.model), 'prunelens.json');
  writeFileSync(settings, '{ "scoring": { "batches": 2, "batchSize": 32 } }');
  await compare({ ...params, methods: ['snip'], sparsities: [0.5] }, context);
  const { source } = vi.mocked(criterion.scoreModel).mock.lastCall![0];
  const [batch] = await source.batches!(1);
  expect(batch.size).toBe(32);
  writeFileSync(settings, '{ "scoring": { "batches": 3, "draws": 2 } }');
  await expect(compare({ ...params, resume: true }, context)).rejects.toThrow(
    /scoring\.batches \(2 there, 3 now\).*pruningBatchSize \(32 there, unset now\).*scoring\.draws \(unset there, 2 now\)/,
  );
});

it('is refused where another command writes to the folder', async () => {
  const params = paramsOf();
  const lock = await lockFolder(params.folder);
  await expect(compare(params, context)).rejects.toThrow('has been writing to');
  await lock.release();
});
