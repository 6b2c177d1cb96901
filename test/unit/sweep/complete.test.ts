/** What can stand at a place of a sweep's file. */
import { describe, expect, it } from 'vitest';
import { methodNames } from '../../../server/request/comparedMethods';
import { completeSweep } from '../../../server/sweep/complete';
import { checkSweepText } from '../../../server/sweep/read';

/** Completions where `|` stands. */
function at(text: string) {
  const before = text.slice(0, text.indexOf('|')).split('\n');
  return completeSweep(text.replace('|', ''), before.length - 1, before.at(-1)!.length);
}
const texts = (text: string) => at(text).map((one) => one.text);

describe('completion', () => {
  it('has keys of the sweep, its settings, its models and its cluster', () => {
    expect(texts('models: [a.ts]\n|')).toEqual(expect.arrayContaining(['methods', 'sparsities', 'settings', 'seeds']));
    expect(texts('settings:\n  ep|')).toEqual(expect.arrayContaining(['epochs', 'lr', 'batch-size']));
    expect(texts('settings:\n  epochs: 1\n\n  # more\n  |')).toContain('limit');
    expect(texts('models:\n  - model: a.ts\n    |')).toEqual(expect.arrayContaining(['data', 'published-as']));
    expect(texts('run-on:\n  |')).toContain('partition');
    expect(texts('run-on:\n  |')).not.toContain('methods');
  });

  it('has names of methods and data sets, and values that the schema names', () => {
    expect(texts('methods: [snip, pr|]')).toEqual(methodNames);
    expect(at('methods: [snip, pr|]')[0].column).toBe('methods: [snip, '.length);
    expect(texts('methods:\n  - sn|')).toEqual(methodNames);
    expect(texts('data: |')).toContain('mnist');
    expect(texts('sparsities: |')).toContain('prospr');
    expect(texts('dense: |')).toEqual(['true', 'false']);
    expect(texts('settings:\n  schedule: |')).toContain('cosine');
  });

  it('has nothing where anything can stand', () => {
    expect(texts('title: |')).toEqual([]);
    expect(texts('unknown:\n  |')).toEqual([]);
    expect(completeSweep('title: a', 7, 0)).toEqual([]);
  });
});

it('tells all mistakes with their places, or the sweep', () => {
  const checked = checkSweepText('models: [a.ts]\nmethods: [snap]\nsparsities: [0.9]\n');
  expect(checked).toEqual({ mistakes: [{ message: expect.stringContaining('"snap"'), line: 2, column: 11 }] });
  expect(checkSweepText('models: [a.ts]\nmethods: [snip]\nsparsities: [0.9]\n')).toHaveProperty('sweep');
  expect(checkSweepText('models: [')).toHaveProperty('mistakes');
});
