/** A sweep's file: its mistakes with their lines, and the runs it means. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandOptions } from '../../../server/protocol/catalogue/derive';
import { formatError, UserError } from '../../../server/protocol/errors';
import { CATALOGUE } from '../../../server/request/catalogue';
import { combinations, expandSweep, PROSPR_SPARSITIES } from '../../../server/sweep/expand';
import { concernsMethod, isTrainingOption, optionNames, takesList } from '../../../server/sweep/options';
import { parseSweep } from '../../../server/sweep/read';
import schema from '../../../server/sweep/sweep.schema.json';
import type { SweepFile } from '../../../server/sweep/types';
import { cpuTime } from '../../support/cpuTime';

const expand = (file: SweepFile) => expandSweep(file, { folder: '.', name: 'sweep', out: 'out' });

function mistakesIn(text: string): string {
  try {
    parseSweep(text, 'sweep.yaml');
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return formatError(error as UserError);
  }
  throw new Error('no mistake was found');
}

it('runs are counted before they are made', () => {
  const file = { models: ['a.ts'], methods: ['snip', 'prospr'], sparsities: [0.5, 0.9] };
  expect(() => expand({ ...file, seeds: 1e9 })).toThrow(
    expect.objectContaining({
      message: 'The sweep would have 4,000,000,000 runs; at most 200,000 are possible.',
    }),
  );
  const lists = Object.fromEntries(
    ['lr', 'epochs', 'batch-size'].map((name) => [name, Array.from({ length: 200 }, (_, i) => i + 1)]),
  );
  expect(() => expand({ ...file, settings: lists })).toThrow(/32,000,000 runs/);
});

describe('mistakes in the file', () => {
  it.each([
    ['brackets', '['.repeat(20_000)],
    ['entries in one line', '- '.repeat(20_000)],
    ['keys in one line', '? '.repeat(20_000)],
    ['lines', Array.from({ length: 300 }, (_, i) => `${' '.repeat(i)}a:\n`).join('')],
  ])('nesting deeper than the parser bears, by %s', (_title, text) => {
    expect(mistakesIn(text)).toMatch(/^sweep\.yaml is nested too deep\./);
  });

  it('very many of them, told by the first', () => {
    const keys = Array.from({ length: 20_000 }, (_, i) => `key${i}: ${i}\n`).join('');
    const start = cpuTime();
    const lines = mistakesIn(`models: [a.ts]\nmethods: [snip]\nsparsities: [0.5]\n${keys}`).split('\n');
    expect(lines).toHaveLength(21);
    expect(lines[0]).toMatch(/^sweep\.yaml:4:1: There is no "key0"; known are /);
    expect(lines[20]).toBe('There are 19980 more mistakes in this file.');
    expect(cpuTime() - start).toBeLessThan(20_000);
  });

  it('a key that is there twice', () => {
    expect(mistakesIn('models: [a.ts]\nmethods: [snip]\nmodels: [b.ts]\n')).toBe(
      'sweep.yaml:3:1: "models" is there twice.',
    );
  });

  const good = 'models: [a.ts]\nmethods: [snip]\nsparsities: prospr\n';
  it.each([
    ['syntax', 'models: [a.ts\nmethods: [snip]', /^sweep\.yaml:2:1: This is not YAML: /],
    ['an empty file', '', /^sweep\.yaml:1:1: The file is empty\.$/],
    ['a missing part', 'models: [a.ts]\nmethods: [snip]\n', /^sweep\.yaml:1:1: The sweep needs "sparsities"\.$/],
    ['an unknown key', `${good}seed: 3\n`, /^sweep\.yaml:4:1: There is no "seed"; known are .*seeds/],
    [
      'an unknown option',
      `${good}settings:\n  inner-rl: 1\n`,
      /^sweep\.yaml:5:3: There is no "inner-rl" in "settings"/,
    ],
    [
      'a wrong type',
      `${good}settings:\n  lr: [0.1, big]\n`,
      /^sweep\.yaml:5:13: "settings\.lr\.1" must be a number\.$/,
    ],
    [
      'a wrong choice',
      `${good}settings:\n  optimizer: adagrad\n`,
      /^sweep\.yaml:5:14: .* must be sgd or adam or adamw\.$/,
    ],
    ['a number out of range', `${good}seeds: 0\n`, /^sweep\.yaml:4:8: "seeds" must be >= 1\.$/],
    [
      'more than can be meant',
      `${good}settings:\n  epochs: [10, 1000000]\n`,
      /^sweep\.yaml:5:16: "settings\.epochs\.1" is too large\. It can be 100,000 at most\. Most trainings/,
    ],
    ['neither of two types', `${good}seeds: many\n`, /^sweep\.yaml:4:8: "seeds" must be a whole number or a list\.$/],
    ['a sparsity of 1', good.replace('prospr', '[0.5, 1]'), /^sweep\.yaml:3:19: "sparsities\.1" must be < 1\.$/],
    ['an unknown method', good.replace('snip', 'snip, snipp'), /^sweep\.yaml:2:17: There is no method "snipp"; known/],
    ['an unknown table', `${good}published: [tabel-4]\n`, /^sweep\.yaml:4:13: There is no published table "tabel-4"/],
  ])('%s', (_, text, expected) => expect(mistakesIn(text)).toMatch(expected));

  it('are all told, in the order of their lines', () => {
    const told = mistakesIn('models: []\nmethods: [snip]\nsparsities: 0.9\ndense: maybe\n').split('\n');
    expect(told.map((line) => line.split(':')[1])).toEqual(['1', '3', '4']);
  });

  it('are not in the samples', () => {
    const samples = join(import.meta.dirname, '../../../samples/sweeps');
    const files = readdirSync(samples);
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) expand(parseSweep(readFileSync(join(samples, file), 'utf8'), file));
  });

  it('the schema describes every option that there is', () => {
    expect(Object.keys(schema.properties.settings.properties).sort()).toEqual([...optionNames].sort());
  });
});

describe('the runs of a sweep', () => {
  it('cross models, data, methods, sparsities, seeds and settings', () => {
    const { runs, networks, variants } = expand({
      models: ['a.ts', { model: 'b.ts', data: 'mnist' }],
      data: ['mnist', 'cifar10'],
      methods: ['snip', 'prospr'],
      sparsities: ['prospr', 0.99],
      seeds: [3, 5],
      settings: { steps: [1, 3], lr: [0.1, 0.2], epochs: 2, milestones: [1, 2], 'decay-exclude': ['bias', 'norm'] },
    });
    // a on two data sets, b on one; two learning rates each.
    expect(networks.map(({ label }) => label)).toEqual([
      'a+mnist+lr=0.1',
      'a+mnist+lr=0.2',
      'a+cifar10+lr=0.1',
      'a+cifar10+lr=0.2',
      'b+lr=0.1',
      'b+lr=0.2',
    ]);
    expect(variants.map(({ name }) => name)).toEqual(['dense', 'snip', 'prospr+steps=1', 'prospr+steps=3']);
    expect(runs).toHaveLength(2 * 6 * (1 + 3 * 19));
    const { flags } = runs.find(({ key }) => key.method === 'prospr+steps=3')!;
    const lists = { milestones: [1, 2], decayExclude: ['bias', 'norm'] };
    expect(flags).toMatchObject({ steps: 3, lr: 0.1, epochs: 2, ...lists, data: 'mnist' });
    expect(new Set(runs.map(({ key }) => key.seed))).toEqual(new Set([3, 5]));
  });

  it('has a key for every option of models, which a model can have of its own', () => {
    const text = `models:
  - a.ts
  - { model: b.ts, output: 1, weights: b.safetensors, include: [b1] }
methods: [snip]
sparsities: [0.5]
weights: all.safetensors
output: side
exclude: [head]
input: ['3,8,8']
`;
    const file = parseSweep(text, 'sweep.yaml');
    const options = { folder: 'models', name: 'sweep', out: 'out' };
    const flagsOf = (more = {}) => expandSweep(file, { ...options, ...more }).networks.map(({ flags }) => flags);
    const [a, b] = flagsOf();
    expect(a).toMatchObject({ output: 'side', weights: join('models', 'all.safetensors'), exclude: ['head'] });
    expect(b).toMatchObject({
      output: '1',
      weights: join('models', 'b.safetensors'),
      include: ['b1'],
      input: ['3,8,8'],
    });
    expect(flagsOf({ output: 'main' }).map(({ output }) => output)).toEqual(['main', 'main']);
    const inOtherWays = ['data', 'input-columns', 'label-columns', 'column-scaling', 'seed', 'json', 'control'];
    const ofRuns = commandOptions(CATALOGUE, 'compare').filter(({ scope }) => scope === 'run');
    const keys = ofRuns.map(({ name }) => name).filter((name) => !inOtherWays.includes(name));
    expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(keys));
  });

  it('takes CSV data relative to its file, with columns', () => {
    const data = 'houses.csv?labels=price';
    const plan = expandSweep(
      { models: ['a.ts'], data: [data], methods: ['snip'], sparsities: [0.5] },
      { folder: 'models', name: 'sweep', out: 'out' },
    );
    expect(plan.networks[0].flags.data).toBe(join('models', data));
  });

  it('an option multiplies only the runs that it concerns', () => {
    const options = optionNames.filter((option) => !takesList(option));
    const methods = ['random', 'snip', 'prospr', 'synflow', 'grasp', 'magnitude-after-training', 'lottery-ticket'];
    const chosen = fc.uniqueArray(fc.constantFrom(...options), { maxLength: 3 });
    fc.assert(
      fc.property(
        chosen,
        fc.uniqueArray(fc.constantFrom(...methods), { minLength: 1 }),
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        (axes, used, seeds, dense) => {
          const settings = Object.fromEntries(axes.map((option) => [option, [1, 2]]));
          const { runs } = expand({ models: ['a.ts'], methods: used, sparsities: [0.5, 0.9], seeds, dense, settings });
          const trainings = 2 ** axes.filter(isTrainingOption).length;
          const pruned = used.map((method) => 2 * 2 ** axes.filter((option) => concernsMethod(option, method)).length);
          const expected = pruned.reduce((sum, count) => sum + count, dense ? 1 : 0);
          expect(runs).toHaveLength(seeds * trainings * expected);
          const keys = runs.map(({ key }) => JSON.stringify(key));
          expect(new Set(keys).size).toBe(keys.length);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('combinations are all different and as many as the product', () => {
    const axes = fc.uniqueArray(fc.tuple(fc.string({ minLength: 1 }), fc.uniqueArray(fc.integer(), { minLength: 1 })), {
      maxLength: 4,
      selector: ([name]) => name,
    });
    fc.assert(
      fc.property(axes, (list) => {
        const made = combinations(list).map((settings) => JSON.stringify(settings));
        expect(new Set(made).size).toBe(list.reduce((product, [, values]) => product * values.length, 1));
        expect(made).toHaveLength(new Set(made).size);
      }),
      { numRuns: 40 },
    );
  });

  it("the paper's sparsities remove a fifth of what is left, rounded to a tenth of a percent", () => {
    expect(PROSPR_SPARSITIES).toHaveLength(18);
    PROSPR_SPARSITIES.forEach((sparsity, index) => {
      expect(Math.abs(sparsity - (1 - 0.8 ** (index + 1)))).toBeLessThan(0.00051);
    });
  });

  it('does not let two networks share a folder', () => {
    const sweep = { models: ['a.ts'], data: ['x/data', 'y/data'], methods: ['snip'], sparsities: [0.5] };
    expect(() => expand(sweep)).toThrow(/Two networks of the sweep would both be named a\+data/);
  });
});
