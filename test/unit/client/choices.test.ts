/** Questions of the extension: what they offer, and what their answers mean. */
import { describe, expect, it } from 'vitest';
import {
  dataChoices,
  formatChoices,
  jobChoices,
  maskFileName,
  methodChoices,
  modelChoices,
  modelMeant,
  rememberChoices,
} from '../../../client/choices';
import { parseName, parseSparsity } from '../../../client/input';
import { METHODS } from '../../../client/methods';
import type { ModelEntry } from '../../../server/protocol/editor';
import { parseSparsities } from '../../../server/protocol/sparsityText';
import { methods } from '../../../server/request/methods';

const RANGE = { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } };
const model = (name: string, scored: readonly string[] = []): ModelEntry => ({
  model: `/ws/${name}`,
  uri: `file:///ws/${name}`,
  label: name,
  kind: 'model',
  range: RANGE,
  scored,
});

describe('methods', () => {
  it('are those of the engine, in its words', () => {
    const told = (one: { name: string; title: string; description: string }) => [one.name, one.title, one.description];
    const byName = (a: string[], b: string[]) => a[0].localeCompare(b[0]);
    expect(METHODS.map(told).toSorted(byName)).toEqual(methods.map(told).toSorted(byName));
  });

  it('are offered with the default first', () => {
    const choices = methodChoices('synflow', ['snip']);
    expect(choices[0]).toMatchObject({ label: 'SynFlow', value: 'synflow' });
    expect(choices).toHaveLength(METHODS.length);
    expect(choices.find(({ value }) => value === 'snip')?.description).toBe('scored already');
  });
});

describe('choices', () => {
  it('means the model of the open file, or the only one, without a word', () => {
    const [a, b] = [model('a.ts'), model('b.ts')];
    expect(modelMeant([a, b], 'file:///ws/b.ts')).toBe(b);
    expect(modelMeant([a])).toBe(a);
    expect(modelMeant([a, b], 'file:///ws/prunelens.json')).toBeUndefined();
    expect(modelMeant([b, { ...b, model: `${b.model}#other` }], 'file:///ws/b.ts')).toBeUndefined();
  });

  it("puts the models of the active editor's file first, and says what they were scored with", () => {
    const choices = modelChoices([model('a.ts'), model('b.ts', ['prospr', 'snip'])], 'file:///ws/b.ts');
    expect(choices.map(({ label }) => label)).toEqual(['b.ts', 'a.ts']);
    expect(choices[0].detail).toBe('Scored with ProsPr, SNIP');
    expect(choices[1]).not.toHaveProperty('detail');
  });

  it('offers tables of the workspace by their paths', () => {
    const choices = dataChoices([4], [{ path: '/ws/data/iris.csv', label: 'data/iris.csv' }]);
    expect(choices.find(({ label }) => label === 'data/iris.csv')?.value).toEqual({ data: '/ws/data/iris.csv' });
    expect(choices).toHaveLength(dataChoices([4]).length + 1);
  });

  it('offers data that fits first, with its notes, and the rest below with the reason', () => {
    const problem = 'The model takes inputs of shape [8].';
    const names = ['mnist', 'fashion-mnist', 'cifar10', 'cifar100', 'cells'];
    const checks = [
      ...names.map((data) => ({ data, problem })),
      { data: '/ws/iris.csv', notes: ['The last column, "kind", is the label.'] },
    ];
    const choices = dataChoices([8], [{ path: '/ws/iris.csv', label: 'iris.csv' }], checks);
    expect(choices[0]).toMatchObject({ label: 'iris.csv', detail: 'The last column, "kind", is the label.' });
    const heading = choices.findIndex(({ kind }) => kind === -1);
    expect(choices.slice(heading + 1).map(({ value }) => value)).toEqual(names.map((data) => ({ data })));
    expect(choices.slice(heading + 1).every(({ detail, label }) => detail === problem && /^\$\(/.test(label))).toBe(
      true,
    );
    expect(choices.slice(0, heading).some(({ detail }) => detail === problem)).toBe(false);
  });

  it('offers noise last, and only as noise', () => {
    const choices = dataChoices([28, 28, 1]);
    expect(choices.at(-1)).toMatchObject({
      label: 'Gaussian noise',
      description: '28 × 28 × 1',
      value: { data: 'noise' },
    });
    expect(choices.filter(({ value }) => typeof value === 'object' && value.data === 'noise')).toHaveLength(1);
    expect(choices.map(({ value }) => value)).toEqual(expect.arrayContaining(['folder', 'file', { data: 'mnist' }]));
  });

  it('offers to write the choice down first', () => {
    expect(rememberChoices('mnist').map(({ value }) => value)).toEqual([true, false]);
  });

  it('offers each mask format once', () => {
    const formats = formatChoices().map(({ value }) => value.format);
    expect(formats).toEqual(['safetensors', 'safetensors-pytorch', 'npz', 'pytorch-snippet']);
  });

  it('offers only jobs that are not being cancelled', () => {
    const jobs = (['running', 'queued', 'cancelling'] as const).map((state, position) => ({
      id: state,
      title: state,
      state,
      position,
    }));
    expect(jobChoices(jobs).map(({ value }) => value.id)).toEqual(['running', 'queued']);
  });

  it.each([
    ['lenet-300-100.ts', 'prospr', 0.98, 'safetensors', 'lenet-300-100-prospr-98.safetensors'],
    ['nets.ts#small', 'snip', 0.9995, 'npz', 'nets-small-snip-99.95.npz'],
    ['model.json', undefined, 0.9, 'py', 'model-90.py'],
  ])('names the masks of %s', (label, method, sparsity, extension, name) =>
    expect(maskFileName(label, method, sparsity, extension)).toBe(name),
  );
});

describe('typed answers', () => {
  it.each([
    ['98', 0.98],
    ['98 %', 0.98],
    [' 99,5% ', 0.995],
    ['0.98', 0.98],
    ['98.3', 0.983],
    ['0', 0],
    ['0.5 %', 0.005],
    ['1', 0.01],
  ])('reads %j as a sparsity', (text, value) => expect(parseSparsity(text)).toEqual({ value }));

  it.each(['', '100', '100 %', '-3', 'many', '1e3', '9 8', '99.9999999999999999'])('refuses %j as a sparsity', (text) =>
    expect(parseSparsity(text)).toHaveProperty('problem'),
  );

  it('reads lists of sparsities, in order and once each', () => {
    expect(parseSparsities('98, 90, 95; 90')).toEqual({ value: [0.9, 0.95, 0.98] });
    expect(parseSparsities('90, x')).toHaveProperty('problem');
    expect(parseSparsities(' , ')).toHaveProperty('problem');
  });

  it('reads names', () => {
    expect(parseName('  a b ')).toEqual({ value: 'a b' });
    expect(parseName('  ')).toHaveProperty('problem');
  });
});
