/** `--backend torch` in each command that computes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSafetensors } from '../../server/files/safetensors';
import { prunelens, temporaryFolder } from '../support/command';
import { TEST_PYTHON, whyNoPython } from '../support/python';
import { TINY_CLASSIFIER } from '../support/tinyModels';

const reason = whyNoPython();
const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const model = at('model.json');
writeFileSync(model, TINY_CLASSIFIER);

const data = ['--data', 'noise:4:3:64'];
const torch = ['--backend', 'torch', '--device', 'cpu', '--python', TEST_PYTHON];
const training = ['--epochs', '1', '--batch-size', '16'];

/** Runs a command to its end, and gives the JSON that it prints. */
async function json(...args: string[]) {
  const { code, stdout, stderr } = await prunelens([...args, ...torch, '--json']);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

describe.skipIf(reason !== undefined)(reason === undefined ? '--backend torch' : `left out because ${reason}`, () => {
  it('scores and prunes as the reference does', async () => {
    const score = ['score', model, '--method', 'prospr', ...data];
    expect(await json(...score)).toMatchObject({ backend: 'torch' });
    const pruning = ['prune', model, '--method', 'snip', '--sparsity', '0.5', ...data];
    const masks = (name: string) => ['--out', at(`${name}.safetensors`)];
    await json(...pruning, ...masks('torch'));
    expect((await prunelens([...pruning, ...masks('reference'), '--backend', 'reference'])).code).toBe(0);
    const [own, expected] = await Promise.all(
      ['torch', 'reference'].map(async (name) => (await readSafetensors(at(`${name}.safetensors`))).tensors),
    );
    expect(own).toEqual(expected);
  });

  it('trains, and records how it computed', async () => {
    const run = at('run');
    const trained = await json('train', model, ...data, ...training, '--deterministic', '--out', run);
    expect(trained).toMatchObject({ backend: 'torch' });
    expect(JSON.parse(readFileSync(join(run, 'config.json'), 'utf8'))).toMatchObject({
      backend: 'torch',
      precision: 'float32',
      deterministic: true,
    });
  });

  it('compares and searches', async () => {
    const grid = ['--methods', 'magnitude', '--sparsities', '0.5'];
    const compared = await json('compare', model, ...grid, ...data, ...training, '--out', at('comparison'));
    expect([compared.backend, compared.runs.length]).toEqual(['torch', 2]);
    const search = ['--method', 'magnitude', '--rounds', '1', ...data, ...training, '--out', at('search')];
    await json('search', model, ...search);
    expect(JSON.parse(readFileSync(join(at('search'), 'search.json'), 'utf8'))).toMatchObject({ backend: 'torch' });
  });

  it('sweeps', async () => {
    const file = at('sweep.yaml');
    const computing = { backend: 'torch', device: 'cpu', python: TEST_PYTHON };
    const axes = { models: ['./model.json'], data: 'noise:4:3:64', methods: ['random'], sparsities: [0.5] };
    writeFileSync(file, JSON.stringify({ ...axes, ...computing, settings: { epochs: 1, 'batch-size': 16 } }));
    const { code, stderr } = await prunelens(['sweep', file, '--out', at('sweep')]);
    expect(code, stderr).toBe(0);
    expect(readFileSync(join(at('sweep'), 'sweep.json'), 'utf8')).toContain('"torch"');
  });

  it('learns a criterion', async () => {
    const pruning = ['--iterations', '2', '--final-sparsity', '0.5', '--predictor-epochs', '1'];
    const predictor = at('predictor.safetensors');
    const learned = await json('autos', 'learn', model, ...data, ...training, ...pruning, '--out', predictor);
    const manifest = JSON.parse(readFileSync(join(learned.dataset, 'manifest.json'), 'utf8'));
    expect(manifest.entries[0].training).toMatchObject({ backend: 'torch' });
  });
});
