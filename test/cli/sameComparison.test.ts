/** A comparison in the editor's compute process has the results of the command's; and noise means the same everywhere. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { createReferenceExecutor } from '../../server/executors/reference';
import type { Comparison } from '../../server/protocol/comparison';
import { compare } from '../../server/worker/calls/compare';
import { createDescriptions } from '../../server/worker/descriptions';
import type { CallContext } from '../../server/worker/session';
import { prunelens, temporaryFolder } from '../support/command';
import { TINY_CLASSIFIER, TINY_SEGMENTATION } from '../support/tinyModels';

// Its script and style lie beside the built command only.
vi.mock('../../server/reports/comparison', () => ({ createReport: () => '' }));

const folder = temporaryFolder();
const at = (...names: string[]) => join(folder, ...names);
const resultsIn = (out: string): Comparison => JSON.parse(readFileSync(join(out, 'results.json'), 'utf8'));

/** Without what depends on time. */
const untimed = (value: unknown) =>
  JSON.parse(JSON.stringify(value, (key, entry) => (key === 'seconds' || key === 'step' ? undefined : entry)));

mkdirSync(at('settings'));
mkdirSync(at('plain'));
writeFileSync(at('settings', 'prunelens.json'), '{ "data": "noise", "batchSize": 64, "seed": 2 }');
for (const place of ['settings', 'plain']) {
  writeFileSync(at(place, 'classifier.json'), TINY_CLASSIFIER);
  writeFileSync(at(place, 'pixels.json'), TINY_SEGMENTATION);
}

it('of the same models, methods and settings', async () => {
  const context = {
    session: { executors: { open: async () => createReferenceExecutor() }, descriptions: createDescriptions() },
    trusted: true,
    signal: new AbortController().signal,
    report() {},
  } as unknown as CallContext;
  const model = at('settings', 'pixels.json');
  const { rows } = await compare(
    {
      ...{ model, methods: ['snip', 'magnitude'], sparsities: [0.5], seeds: 1, epochs: 1, folder: at('worker') },
      backend: 'reference',
    },
    context,
  );
  const { code } = await prunelens([
    ...['compare', model, '--methods', 'snip,magnitude', '--sparsities', '0.5', '--epochs', '1'],
    ...['--backend', 'reference', '--out', at('command')],
  ]);
  expect(code).toBe(0);
  const command = resultsIn(at('command'));
  expect(untimed(resultsIn(at('worker')))).toEqual(untimed(command));
  const [{ data }] = command.models;
  expect(data).toBe('noise:4x4x1:2:pixels');
  expect(rows).toEqual(
    command.runs.map(({ model: label, method, sparsity, seed, final }) => ({
      ...{ model: label, method, sparsity, seed },
      ...final,
    })),
  );
  expect(rows.map(({ testMeanIoU }) => typeof testMeanIoU)).toEqual(['number', 'number', 'number']);
});

describe.each([
  ['in prunelens.json', 'settings', []],
  ['as --data', 'plain', ['--data', 'noise']],
] as const)('noise %s', (_, place, flags) => {
  const common = [...flags, '--backend', 'reference'];
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await prunelens(args);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout);
  };

  it('is scored on', async () => {
    const model = at(place, 'pixels.json');
    const { kept } = await run('score', model, '--method', 'snip', '--sparsity', '0.5', '--json', ...common);
    expect(kept).toBeGreaterThan(0);
  });

  it('is trained on, compared on and searched on', async () => {
    const model = at(place, 'classifier.json');
    const training = ['--epochs', '1', '--json', ...common];
    const { final } = await run('train', model, '--out', at(place, 'run'), ...training);
    expect(final.epoch).toBe(1);
    expect(JSON.parse(readFileSync(at(place, 'run', 'config.json'), 'utf8')).origin.data).toBe('noise:4:3');
    const pruned = ['--methods', 'snip', '--sparsities', '0.5', '--out', at(place, 'compared')];
    const { models } = await run('compare', model, ...pruned, ...training);
    expect(models[0].data).toBe('noise:4:3');
    const searched = ['--method', 'snip', '--rounds', '1', '--out', at(place, 'searched')];
    expect((await run('search', model, ...searched, ...training)).model.data).toBe('noise:4:3');
  });

  it('is swept over, by several jobs too', async () => {
    const data = flags.length > 0 ? 'data: noise\n' : '';
    const text = `models: [classifier.json]\n${data}methods: [snip, random]\nsparsities: [0.5]\nbackend: reference\nsettings: { epochs: 1 }\n`;
    writeFileSync(at(place, 'sweep.yaml'), text);
    const sweep = (out: string, ...more: string[]) =>
      run('sweep', at(place, 'sweep.yaml'), '--out', at(place, out), '--json', ...more);
    const one = await sweep('one');
    expect([one.models[0].data, one.runs.length]).toEqual(['noise:4:3', 3]);
    const two = await sweep('two', '--jobs', '2');
    const byMethod = ({ runs }: Comparison) => runs.toSorted((a, b) => a.method.localeCompare(b.method));
    expect(untimed(byMethod(two))).toEqual(untimed(byMethod(one)));
  });
});
