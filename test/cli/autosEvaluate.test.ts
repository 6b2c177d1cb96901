/** `prunelens autos evaluate` and `report`: on small networks, with a predictor of one of them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readSurvivalDataset } from '../../server/autos/dataset';
import { writeSafetensors } from '../../server/files/safetensors';
import type { Comparison } from '../../server/protocol/comparison';
import type { SurvivalReport } from '../../server/protocol/survival';
import { floatTensor, sizeOf } from '../../server/protocol/tensor';
import { createRandom } from '../../server/random';
import { prunelens, temporaryFolder } from '../support/command';

const folder = temporaryFolder();
const at = (...names: string[]) => join(folder, ...names);
const COMMON = ['--data', 'noise:4x4x1:3:256', '--backend', 'cpu', '--epochs', '1', '--batch-size', '64'];

const modelWith = (units: number) => `import * as tf from '@tensorflow/tfjs';
export default function net(): tf.LayersModel {
  const model = tf.sequential({ name: 'net' });
  model.add(tf.layers.flatten({ inputShape: [4, 4, 1] }));
  model.add(tf.layers.dense({ name: 'fc1', units: ${units}, activation: 'relu' }));
  model.add(tf.layers.dense({ name: 'logits', units: 3 }));
  return model;
}
`;

beforeAll(async () => {
  writeFileSync(at('known.ts'), modelWith(12));
  writeFileSync(at('other.ts'), modelWith(10));
  const pruning = ['--iterations', '4', '--final-sparsity', '0.9'];
  const one = await prunelens(['autos', 'learn', at('known.ts'), ...COMMON, ...pruning, '--out', at('p.safetensors')]);
  expect(one.code).toBe(0);
  const out = ['--out', at('truth')];
  const models = [at('known.ts'), at('other.ts')];
  expect((await prunelens(['autos', 'dataset', ...models, ...COMMON, ...pruning, ...out])).code).toBe(0);
});

function evaluate(model: string, name: string, args: readonly string[] = []) {
  const grid = ['--sparsities', '0.5,0.95', '--seeds', '2', '--methods', 'autos,random,lottery-ticket'];
  const predictor = ['--predictor', at('p.safetensors'), '--out', at(name)];
  return prunelens(['autos', 'evaluate', at(model), ...COMMON, ...grid, ...predictor, '--json', ...args]);
}

describe('prunelens autos evaluate', () => {
  it('compares on a network that the predictor has not seen, and measures it against the truth', async () => {
    const { code, stdout } = await evaluate('other.ts', 'evaluation', ['--truth', at('truth')]);
    expect(code).toBe(0);
    const { runs, summary, predictor } = JSON.parse(stdout) as Comparison;
    expect(runs).toHaveLength(2 * (1 + 3 * 2));
    const autos = summary.filter(({ method }) => method === 'autos');
    expect(autos.map(({ sparsity, runs }) => [sparsity, runs])).toEqual([
      [0.5, 2],
      [0.95, 2],
    ]);
    expect(predictor).toMatchObject({ trainedOn: [{ label: 'known' }], seen: [] });
    // The runs of other networks are passed over, and so are sparsities that the prunings have not come to.
    expect(predictor!.runs.map(({ label }) => label)).toEqual(['other']);
    const [{ agreements }] = predictor!.runs;
    expect(agreements.map(({ method }) => method)).toEqual(['autos', 'magnitude', 'snip']);
    for (const { rankCorrelation, overlaps } of agreements) {
      expect(Math.abs(rankCorrelation)).toBeLessThanOrEqual(1);
      expect(overlaps.map(({ sparsity }) => sparsity)).toEqual([0.5]);
    }
    expect(readFileSync(at('evaluation', 'report.html'), 'utf8')).toContain('rankCorrelation');
  });

  it('refuses to go on with another predictor in the same file', async () => {
    const results = JSON.parse(readFileSync(at('evaluation', 'results.json'), 'utf8')) as Comparison;
    const changed = { ...results, predictor: { ...results.predictor, sha256: '0' } };
    writeFileSync(at('evaluation', 'results.json'), JSON.stringify(changed));
    const again = await evaluate('other.ts', 'evaluation', ['--resume']);
    expect(again).toMatchObject({ code: 2, stdout: '' });
    expect(again.stderr).toContain('was begun with another predictor');
  });

  it('refuses networks that the predictor has learned from, unless they may be marked', async () => {
    const seen = await evaluate('known.ts', 'seen');
    expect(seen).toMatchObject({ code: 2, stdout: '' });
    expect(seen.stderr).toContain('has learned from known');
    const marked = await evaluate('known.ts', 'seen', ['--allow-seen', '--methods', 'random', '--no-dense']);
    expect(marked.code).toBe(0);
    expect(marked.stderr).toContain('Warning: ');
    expect((JSON.parse(marked.stdout) as Comparison).predictor!.seen).toEqual(['known']);
  });
});

describe('prunelens autos report', () => {
  const report = (args: readonly string[]) =>
    prunelens(['autos', 'report', at('truth'), '--backend', 'cpu', '--json', ...args]);

  it('draws every weight of each run', async () => {
    const model = ['--model', at('other.ts'), '--predictor', at('p.safetensors')];
    const { code, stdout } = await report([...model, '--out', at('report.html')]);
    expect(code).toBe(0);
    const { runs } = JSON.parse(stdout) as SurvivalReport;
    const truth = await readSurvivalDataset(at('truth'));
    for (const [i, run] of runs.entries()) {
      const survived = truth[i].layers.flatMap((layer) => [...layer.survived]);
      for (const { x, y, counts } of run.planes) {
        expect(counts).toHaveLength(x.bins * y.bins);
        const rows = Array.from({ length: y.bins }, (_, row) =>
          counts.filter((_, cell) => cell % y.bins === row).reduce((sum, count) => sum + count, 0),
        );
        expect(rows).toEqual([0, 1, 2, 3, 4].map((count) => survived.filter((one) => one === count).length));
      }
      const alive = run.layers.map(({ size, alive }) => size * alive[alive.length - 1]).reduce((a, b) => a + b);
      expect(alive).toBeCloseTo(survived.filter((one) => one === 4).length);
      expect(run.predictors[0].planes.map(({ title }) => title)).toEqual([
        'before training',
        'after training',
        'as AutoS ranks',
      ]);
    }
    expect(runs.map(({ predictors }) => predictors[0].isSeen)).toEqual([true, false]);
    // Methods that need the network are shown where it was named.
    expect(runs.map(({ planes }) => planes.length)).toEqual([2, 4]);
    expect(readFileSync(at('report.html'), 'utf8')).toContain('"prunelens-survival-report-1"');
  });

  it('scores by what the runs were trained for', async () => {
    const random = createRandom(1, 'rows');
    const normal = (...shape: number[]) => {
      const data = new Float32Array(sizeOf(shape));
      random.fillNormal(data, 0, 1);
      return floatTensor(shape, data);
    };
    const parts = ['train', 'test'].flatMap((split) => [
      [`${split}/x`, normal(64, 4, 4, 1)] as const,
      [`${split}/y`, normal(64, 3)] as const,
    ]);
    await writeSafetensors(at('values.safetensors'), new Map(parts));
    const short = ['--epochs', '1', '--batch-size', '32', '--iterations', '2', '--backend', 'cpu'];
    const data = ['--data', at('values.safetensors'), ...short, '--out', at('regression')];
    expect((await prunelens(['autos', 'dataset', at('known.ts'), ...data])).code).toBe(0);
    // Its labels are values, which the model's three linear units do not tell.
    const shown = ['--model', at('known.ts'), '--backend', 'cpu', '--json', '--out', at('regression.html')];
    const { code, stdout, stderr } = await prunelens(['autos', 'report', at('regression'), ...shown]);
    expect(stderr).not.toContain('prunelens:');
    expect(code).toBe(0);
    const [{ planes }] = (JSON.parse(stdout) as SurvivalReport).runs;
    expect(planes).toHaveLength(4);
  });

  it('refuses a network of which there is no run', async () => {
    writeFileSync(at('third.ts'), modelWith(8));
    const { code, stderr } = await report(['--model', at('third.ts'), '--out', at('none.html')]);
    expect(code).toBe(2);
    expect(stderr).toContain('has no run of net as it is now');
  });
});
