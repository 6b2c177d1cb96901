/** Trained weights to PyTorch and back: a strict load_state_dict of what was trained here, and a state_dict of PyTorch's read and compared. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { interpret } from '../../server/executors/reference';
import { writeSafetensors } from '../../server/files/safetensors';
import { loadNetwork } from '../../server/frontends';
import { createBuilder } from '../../server/graph/builder';
import { createProgram } from '../../server/graph/program';
import { declareInputs, declareParameters } from '../../server/models/parameters';
import type { Network } from '../../server/models/types';
import { intTensor } from '../../server/protocol/tensor';
import type { Weights } from '../../server/pruning';
import { readWeights } from '../../server/request/weights';
import { prunelens, temporaryFolder } from '../support/command';
import { torchFixture } from '../support/exportTorch';
import { TEST_PYTHON, whyNoPython } from '../support/python';

const missing = whyNoPython();
const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const FILE = torchFixture('back_and_forth.py');
const MODEL = `${FILE}#Net`;
const TESTED = 32;

const flags = ['--python', TEST_PYTHON, '--backend', 'cpu', '--json'];
const training = ['--data', `${FILE}#pair`, '--batch-size', '16', '--lr', '0.02'];

/** What the network gives for the test examples, with running statistics. */
function logitsOf(network: Network, weights: Weights, x: readonly number[]): readonly number[] {
  const b = createBuilder();
  const nodes = declareParameters(b, network);
  const inputs = declareInputs(b, network, TESTED);
  const program = createProgram('logits', { logits: network.apply(b, inputs, nodes, 'evaluate').logits });
  const values = network.parameters.map(
    ({ name, shape }) => [name, { shape, data: Float64Array.from(weights.get(name)!) }] as const,
  );
  const input = { shape: [TESTED, 5, 4, 2], data: Float64Array.from(x) };
  const given = { ...Object.fromEntries(values), [inputs[0].op === 'input' ? inputs[0].attributes.name : '']: input };
  return Array.from(interpret(program, given).logits.data);
}

function distance(actual: readonly number[], expected: readonly number[]): number {
  expect(actual).toHaveLength(expected.length);
  return Math.max(...expected.map((value, i) => Math.abs(value - actual[i])));
}

describe.skipIf(missing !== undefined)(
  `weights between here and PyTorch${missing ? ` (left out because ${missing})` : ''}`,
  () => {
    it('give the same logits on both sides, and begin comparisons', async () => {
      const removed = 54;
      const mask = Int32Array.from({ length: 108 }, (_, i) => i % 2);
      // Nothing reads the first channel.
      const read = Int32Array.from({ length: 96 }, (_, i) => (i < 16 ? 0 : 1));
      await writeSafetensors(
        at('masks.safetensors'),
        new Map([
          ['conv.weight', intTensor([6, 2, 3, 3], mask)],
          ['up.weight', intTensor([6, 4, 2, 2], read)],
        ]),
      );
      const trained = await prunelens([
        ...['train', MODEL, ...flags, ...training, '--epochs', '3', '--masks', at('masks.safetensors')],
        ...['--out', at('run'), '--save-weights', at('w.safetensors')],
      ]);
      expect([trained.code, trained.stderr]).toEqual([0, expect.stringContaining('The trained weights are in')]);
      const report = JSON.parse(
        execFileSync(TEST_PYTHON, [FILE, at('w.safetensors'), at('t.pt')], { encoding: 'utf8' }),
      );
      expect(report).toMatchObject({
        otherTypes: [],
        counters: [12, 12],
        zeros: removed,
        loss: expect.closeTo(JSON.parse(trained.stdout).final.testLoss, 5),
      });

      const network = await loadNetwork(
        { file: FILE, exportName: 'Net' },
        { trusted: true, interpreter: { flag: TEST_PYTHON }, setup: { inputs: [{ shape: [2, 5, 4] }] } },
      );
      for (const [path, key] of [
        ['w.safetensors', 'loaded'],
        ['t.pt', 'trained'],
      ]) {
        const weights = await readWeights(network, 0, at(path));
        expect(distance(logitsOf(network, weights, report.x), report[key]), path).toBeLessThan(1e-5);
      }

      const compared = await prunelens([
        ...['compare', MODEL, ...flags, ...training, '--methods', 'magnitude', '--sparsities', '0.5'],
        ...['--epochs', '1', '--seeds', '1', '--no-dense', '--weights', at('t.pt'), '--out', at('compared')],
      ]);
      expect([compared.code, compared.stderr]).toEqual([0, expect.any(String)]);
      expect(JSON.parse(compared.stdout).runs[0].final.testLoss).toBeLessThan(report.loss);
    });
  },
);
