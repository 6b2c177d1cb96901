/** Parts of the command that need no process: patterns, settings, plans, tables, summaries. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { formatTable } from '../../../server/cli/terminal/table';
import { formatCsv } from '../../../server/comparison/csv';
import { labelModels, planRuns, runFolder } from '../../../server/comparison/plan';
import { summarize } from '../../../server/comparison/results';
import { formatCount, formatSeconds } from '../../../server/format';
import type { RunOutcome } from '../../../server/protocol/comparison';
import { formatError, UserError } from '../../../server/protocol/errors';
import { matchesFile, matchesName } from '../../../server/protocol/patterns';
import { scoringBatchSize, scoringOptions, trainingConfig } from '../../../server/request/options';
import { settingsFor } from '../../../server/settings/find';
import { parseSettings } from '../../../server/settings/read';
import type { ScoringSettings } from '../../../server/settings/types';
import { cpuTime } from '../../support/cpuTime';

describe('patterns', () => {
  it.each([
    ['conv*', 'conv1', true],
    ['conv*', 'block/conv1', false],
    ['*conv?', 'block/conv1', true],
    ['conv1', 'conv10', false],
    ['a.b(c)', 'a.b(c)', true],
    ['a.b', 'axb', false],
    ['**', 'block/conv1', true],
  ])('the layer pattern %s on %s: %s', (pattern, name, expected) => {
    expect(matchesName(pattern, name)).toBe(expected);
  });

  it.each([
    ['lenet-*.ts', 'lenet-300.ts', true],
    ['lenet-*.ts', 'models/old/lenet-300.ts', true],
    ['models/*.ts', 'models/a.ts', true],
    ['models/*.ts', 'models/old/a.ts', false],
    ['models/**/*.ts', 'models/old/a.ts', true],
    ['models/**/*.ts', 'models/a.ts', true],
    ['./models/*.ts', 'models/a.ts', true],
    ['**/a.ts', 'a.ts', true],
  ])('the file pattern %s on %s: %s', (pattern, path, expected) => {
    expect(matchesFile(pattern, path)).toBe(expected);
  });
});

function mistakesIn(text: string): string {
  try {
    parseSettings(text, 'prunelens.json');
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return formatError(error as UserError);
  }
  throw new Error('no mistake was found');
}

describe('settings', () => {
  const folder = mkdtempSync(join(tmpdir(), 'prunelens-settings-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('may have comments and trailing commas', () => {
    expect(parseSettings('{ // short\n "epochs": 2, }', 'prunelens.json')).toEqual({ epochs: 2 });
  });

  it('reports every mistake at its line', () => {
    const text = '{\n  "epoch": 3,\n  "batchSize": 0,\n  "optimizer": { "kind": "lion" },\n  "backend": "abacus"\n}';
    const lines = mistakesIn(text).split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^prunelens\.json:2:3: There is no setting "epoch"; known are data, .*epochs/);
    expect(lines[1]).toMatch(/^prunelens\.json:3:16: "batchSize" must be >= 1/);
    expect(lines[2]).toMatch(/^prunelens\.json:4:26: "optimizer\.kind" must be one of sgd, adam, adamw\./);
    expect(lines[3]).toMatch(/^prunelens\.json:5:14: "backend" must be one of auto, /);
  });

  it('says which number is too large, and what to do', () => {
    const text = '{ "overrides": [{ "models": "a.ts", "epochs": 1000000 }] }';
    expect(mistakesIn(text)).toMatch(
      /^prunelens\.json:1:47: "overrides\.0\.epochs" is too large\. It can be 100,000 at most\. Most trainings have /,
    );
  });

  it('reports bad JSON, a wrong type, and mistakes inside a list of data sets', () => {
    expect(mistakesIn('{ "epochs" 3 }')).toMatch(/^prunelens\.json:1:\d+: This is not JSON/);
    expect(mistakesIn('')).toMatch(/^prunelens\.json:1:1/);
    expect(mistakesIn('[]')).toMatch(/^prunelens\.json:1:1: The settings must be object/);
    expect(mistakesIn('{ "data": 3 }')).toMatch(/^prunelens\.json:1:11: "data" must be a name or a list/);
    expect(mistakesIn('{ "data": [{ "model": "a", "data": "mnist" }] }')).toContain(
      'There is no setting "model" in "data.0"',
    );
  });

  it('with very many mistakes are told by the first ones, soon', () => {
    const keys = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`key${i}`, i]));
    const start = cpuTime();
    const lines = mistakesIn(JSON.stringify({ ...keys, batchSize: 0 })).split('\n');
    expect(cpuTime() - start).toBeLessThan(5000);
    expect(lines).toHaveLength(21);
    expect(lines[0]).toMatch(/^prunelens\.json:1:2: There is no setting "key0"/);
    expect(lines[19]).toMatch(/^prunelens\.json:1:\d+: There is no setting "key19"/);
    expect(lines[20]).toBe('There are 19981 more mistakes in this file.');
  });

  it.skipIf(process.platform === 'win32')('are read from regular files only', async () => {
    const place = join(folder, 'endless');
    mkdirSync(place);
    symlinkSync('/dev/zero', join(place, 'prunelens.json'));
    await expect(settingsFor(join(place, 'net.ts'))).rejects.toThrow(/prunelens\.json is not a regular file\.$/);
  });

  it('come from the nearest file, with the first data set and the last override that match', async () => {
    mkdirSync(join(folder, 'a', 'b'), { recursive: true });
    const settings = {
      data: [
        { models: 'b/*.ts', data: 'images' },
        { models: '*.ts', data: 'mnist' },
      ],
      epochs: 1,
      overrides: [
        { models: '*.ts', epochs: 2, batchSize: 8 },
        { models: 'x.ts', epochs: 3 },
      ],
    };
    writeFileSync(join(folder, 'prunelens.json'), '{ "epochs": 100 }');
    writeFileSync(join(folder, 'a', 'prunelens.json'), JSON.stringify(settings));
    const found = await settingsFor(join(folder, 'a', 'b', 'x.ts'));
    const data = { name: 'images', baseFolder: join(folder, 'a') };
    expect(found).toEqual({ file: join(folder, 'a', 'prunelens.json'), data, epochs: 3, batchSize: 8 });
    expect((await settingsFor(join(folder, 'a', 'y.ts'))).data?.name).toBe('mnist');
    expect((await settingsFor(join(folder, 'z.ts'))).epochs).toBe(100);
    const pythonOf = async (python: string) => {
      writeFileSync(join(folder, 'prunelens.json'), JSON.stringify({ python }));
      return (await settingsFor(join(folder, 'z.ts'))).python;
    };
    expect(await pythonOf('.venv/bin/python')).toBe(join(folder, '.venv/bin/python'));
    expect(await pythonOf('python3.12')).toBe('python3.12');
  });

  it('give way to flags, and an optimizer of another kind takes nothing from them', () => {
    const settings = { epochs: 7, optimizer: { learningRate: 0.5, momentum: 0.8 } };
    const sgd = trainingConfig({ epochs: 4 }, settings, 1);
    expect(sgd).toMatchObject({ epochs: 4, seed: 1, optimizer: { kind: 'sgd', learningRate: 0.5, momentum: 0.8 } });
    const adam = trainingConfig({ optimizer: 'adam' }, settings, 1);
    expect(adam).toMatchObject({ epochs: 7, optimizer: { kind: 'adam', learningRate: 0.001 } });
    expect(trainingConfig({ optimizer: 'sgd' }, settings, 1).optimizer.learningRate).toBe(0.5);
  });
});

describe('scoring settings', () => {
  const folder = mkdtempSync(join(tmpdir(), 'prunelens-scoring-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('hold where no flag is given, those of an override in place of the general ones', async () => {
    const settings = {
      scoring: { steps: 8, innerLearningRate: 0.2, sameBatch: true, clipAdjoint: 3, batches: 2, batchSize: 512 },
      overrides: [{ models: 'x.ts', scoring: { draws: 7, batchSize: 64 } }],
    };
    writeFileSync(join(folder, 'prunelens.json'), JSON.stringify(settings));
    const general = await settingsFor(join(folder, 'y.ts'));
    const { batchSize: _, ...scoring } = settings.scoring;
    expect(scoringOptions({}, general)).toEqual(scoring);
    const flags = { steps: 3, sameBatch: false, pruningBatches: 4, iterations: 5 };
    expect(scoringOptions(flags, general)).toEqual({
      ...scoring,
      steps: 3,
      sameBatch: false,
      batches: 4,
      iterations: 5,
    });
    expect(scoringBatchSize({}, general)).toBe(512);
    expect(scoringBatchSize({ pruningBatchSize: 32 }, general)).toBe(32);
    const own = await settingsFor(join(folder, 'x.ts'));
    expect([scoringOptions({}, own), scoringBatchSize({}, own)]).toEqual([{ draws: 7 }, 64]);
    expect([scoringOptions({}, {}), scoringBatchSize({}, {})]).toEqual([{}, undefined]);
  });

  it('are all known to the schema, and checked', () => {
    const all: Required<ScoringSettings> = {
      steps: 3,
      innerLearningRate: 0.1,
      innerOptimizer: 'adam',
      innerMomentum: 0,
      innerWeightDecay: 0,
      innerEpsilon: 1e-8,
      variant: 'first-order',
      sameBatch: false,
      clipAdjoint: 10,
      iterations: 100,
      temperature: 200,
      draws: 5,
      rounding: 'truncate',
      ratios: 'erk',
      gate: 'weights',
      nodeShare: 0.9,
      kernelShare: 0.2,
      scoreLearningRate: 0.01,
      batches: 1,
      batchSize: 512,
      microBatch: 32,
      warmUpBatches: 0,
    };
    expect(parseSettings(JSON.stringify({ scoring: all }), 'prunelens.json')).toEqual({ scoring: all });
    expect(mistakesIn('{ "scoring": { "innerLr": 0.1 } }')).toMatch(
      /There is no setting "innerLr" in "scoring"; known are steps, innerLearningRate, /,
    );
    expect(mistakesIn('{ "scoring": { "variant": "fast" } }')).toMatch(/"scoring.variant" must be one of exact, /);
    expect(mistakesIn('{ "overrides": [{ "models": "*", "scoring": { "draws": 0 } }] }')).toMatch(
      /"overrides.0.scoring.draws" must be >= 1/,
    );
  });
});

describe('plans', () => {
  it('train every network of the grid once, each in a folder of its own', () => {
    const grid = {
      models: ['a', 'b'],
      methods: ['snip', 'random'],
      sparsities: [0.9, 0.98],
      seeds: [0, 1],
      dense: true,
    };
    const folders = planRuns(grid).map(runFolder);
    expect(new Set(folders).size).toBe(20);
    expect(folders.slice(0, 2)).toEqual(['runs/a/dense-0-0', 'runs/a/snip-0.9-0']);
    expect(planRuns({ ...grid, dense: false })).toHaveLength(16);
  });

  it('label models uniquely', () => {
    expect(labelModels(['x/net.ts', 'y/net.ts', 'net.ts#wide one'])).toEqual(['net', 'net-2', 'net-wide_one']);
    expect(labelModels(['x/net.ts#default', 'net.ts#wide'])).toEqual(['net', 'net-wide']);
    expect(() => labelModels(['net.ts', 'net.ts'])).toThrow(/twice/);
  });
});

function outcome(method: string, seed: number, testAccuracy: number): RunOutcome {
  const final = { epoch: 1, trainLoss: 1, trainAccuracy: 0.5, testLoss: 1, testAccuracy };
  const pruning = { prunable: 10, kept: 1, effectiveKept: 1, collapsed: [], layers: [], seconds: 0.5 };
  return { model: 'a,b', method, sparsity: 0.9, seed, pruning, final, seconds: 1, folder: 'runs' };
}

describe('results', () => {
  const runs = [outcome('snip', 0, 0.5), outcome('random', 0, 0.25), outcome('snip', 1, 0.7)];

  it('have the mean and the sample deviation over seeds', () => {
    const [snip, random] = summarize(runs);
    expect(snip).toMatchObject({ method: 'snip', runs: 2 });
    expect(snip.mean).toBeCloseTo(0.6);
    expect(snip.deviation).toBeCloseTo(Math.SQRT2 / 10);
    expect(random).toMatchObject({ method: 'random', runs: 1, mean: 0.25, deviation: null });
  });

  it('are a CSV file with quotes where they are needed', () => {
    const lines = formatCsv(runs).split('\n');
    expect(lines).toHaveLength(5);
    expect(lines[1]).toMatch(/^"a,b",snip,0\.9,0,10,1,1,1,1,0\.5,1,0\.5,0\.500,1\.000,0$/);
  });
});

describe('text', () => {
  it('is aligned in tables', () => {
    const table = formatTable(
      [{ title: 'name' }, { title: 'n', align: 'right' }],
      [
        ['a', '1'],
        ['long name', '200'],
      ],
    );
    expect(table).toBe('name         n\n─────────  ───\na            1\nlong name  200\n');
  });

  it('has numbers as people read them', () => {
    expect([0, 999, 1000, 1234567].map(formatCount)).toEqual(['0', '999', '1,000', '1,234,567']);
    expect([0.04, 9.96, 59.4, 75, 3700].map(formatSeconds)).toEqual([
      '0.0 s',
      '10.0 s',
      '59 s',
      '1 min 15 s',
      '1 h 1 min',
    ]);
  });
});
