/** The form before work: what is shown, what holds, what is asked for, and what it would take, as functions of its state. */
import { describe, expect, it } from 'vitest';
import { bytesText, costsKey, estimateOf } from '../../webview/form/estimate';
import {
  effectiveValues,
  firstWrong,
  keyOfValues,
  otherMistakes,
  shownSections,
  valuesOf,
  writableOptions,
} from '../../webview/form/fields';
import { type FormEvent, type FormPage, firstState, keptOf, reduce } from '../../webview/form/state';
import { COSTS, checkOf, FORM_MODEL, formOf } from './support/forms';

type Kind = FormPage['kind'];

const after = (events: readonly FormEvent[], from: FormPage) => events.reduce(reduce, from);
const opened = (kind: Kind, form = formOf(kind)) =>
  after(
    [
      { kind: 'selected', model: FORM_MODEL, form: kind },
      { kind: 'opened', form },
    ],
    firstState({}),
  );
const typed = (page: FormPage, texts: Record<string, string>) =>
  after(
    Object.entries(texts).map(([flag, text]) => ({ kind: 'typed', flag, text })),
    page,
  );
/** As the engine has told of it. */
const checked = (page: FormPage) =>
  reduce(page, { kind: 'checked', key: keyOfValues(page), check: checkOf(page.kind, valuesOf(page)) });
const fieldsOf = (page: FormPage) => shownSections(page).flatMap(({ fields, more }) => [...fields, ...more]);
const field = (page: FormPage, flag: string) => fieldsOf(page).find((one) => one.flag === flag);

describe('fields', () => {
  it('are those of the work, with the options that its methods heed', () => {
    const page = checked(opened('train'));
    expect(shownSections(page).map(({ section }) => section.title)).toEqual([
      'Data',
      'Pruning',
      'Training',
      'Computing',
    ]);
    expect(field(page, 'epochs')).toMatchObject({ label: 'Epochs', usual: '10', text: '' });
    expect(field(page, 'lr')).toMatchObject({ label: 'Learning rate', usual: '0.05' });
    expect(field(page, 'steps')).toBeDefined();
    expect(field(typed(page, { method: 'magnitude' }), 'steps')).toBeUndefined();
    expect(field(typed(page, { method: 'dense' }), 'sparsity')).toBeUndefined();
    expect(shownSections(checked(opened('shrink'))).map(({ section }) => section.title)).toEqual([
      'Data',
      'Channels',
      'Computing',
    ]);
    expect(field(opened('learn'), 'iterations')).toMatchObject({ usual: '20' });
  });

  it('are there only where they mean something', () => {
    const page = checked(opened('train'));
    expect(field(page, 'momentum')).toBeDefined();
    expect(field(typed(page, { optimizer: 'adam' }), 'momentum')).toBeUndefined();
    expect(field(page, 'milestones')).toBeUndefined();
    expect(field(typed(page, { schedule: 'step' }), 'milestones')).toBeDefined();
    expect(field(page, 'device')).toBeUndefined();
    expect(field(typed(page, { backend: 'torch' }), 'device')).toBeDefined();
    // What is hidden is not asked for.
    expect(valuesOf(typed(page, { momentum: '0.5', optimizer: 'adam' }))).not.toHaveProperty('momentum');
  });

  it('show what prunelens.json says, which holds whatever is typed', () => {
    const page = typed(opened('train'), { batchSize: '256' });
    expect(field(page, 'batchSize')?.said).toMatchObject({ value: 64, origin: 'prunelens.json', line: 4 });
    expect(valuesOf(page)).not.toHaveProperty('batchSize');
    expect(effectiveValues(page).batchSize).toBe(64);
  });

  it('tell what is wrong at once, and what the engine has found of just these values', () => {
    const page = typed(opened('train'), { epochs: '0', sparsity: '200' });
    expect(field(page, 'epochs')?.problem).toBe('It must be a whole number, 1 or more.');
    expect(field(page, 'sparsity')?.problem).toMatch(/percentage/);
    expect(firstWrong(page)).toBe('sparsity');
    const told = typed(opened('train'), { warmup: '20' });
    const mistakes = [{ flag: 'warmup', message: 'Too long.' }, { message: 'Nothing is left to prune.' }];
    const found = reduce(told, { kind: 'checked', key: keyOfValues(told), check: { mistakes, values: {} } });
    expect(field(found, 'warmup')?.problem).toBe('Too long.');
    expect(otherMistakes(found)).toEqual(['Nothing is left to prune.']);
    expect(field(typed(found, { warmup: '2' }), 'warmup')?.problem).toBeUndefined();
  });
});

describe('a sweep', () => {
  it('has axes where several values are typed', () => {
    const page = checked(
      typed(opened('sweep'), { lr: '0.1, 0.05', optimizer: 'sgd, adam', flip: 'true, false', epochs: '3' }),
    );
    expect(valuesOf(page)).toEqual({
      ...valuesOf(opened('sweep')),
      lr: [0.1, 0.05],
      optimizer: ['sgd', 'adam'],
      flip: [true, false],
      epochs: 3,
    });
    expect(valuesOf(page)).toMatchObject({ file: 'lenet-300-100.sweep.yaml', sparsities: [0.9, 0.98] });
    expect(field(page, 'optimizer')).toMatchObject({ type: 'text', suggestions: ['sgd', 'adam', 'adamw'] });
    // One of the values is enough for what means something with it alone.
    expect(field(page, 'momentum')).toBeDefined();
    expect(field(typed(page, { lr: '0.1, 0' }), 'lr')?.problem).toMatch(/greater than 0/);
    expect(field(typed(page, { lr: '0.1, 0.1' }), 'lr')?.problem).toMatch(/once/);
    expect(writableOptions(page)).toEqual({});
  });

  it('takes as long as its runs, with the mean of its epochs', () => {
    const page = checked(typed(opened('sweep'), { epochs: '3, 5' }));
    const told = reduce(page, { kind: 'costsTold', costs: { key: costsKey(page)!, value: COSTS } });
    // 12 runs of 4 epochs of 3.96 s.
    expect(estimateOf(told)).toMatchObject({
      time: 'about 3 min 10 s',
      parts: expect.stringMatching(/^12 trainings of 4/),
    });
  });
});

describe('what is asked for', () => {
  it('is what is typed, and the fields that every such work has', () => {
    const page = typed(opened('train'), { epochs: '3', flip: 'true', milestones: '2' });
    expect(valuesOf(page)).toEqual({ method: 'prospr', sparsity: 0.98, epochs: 3, flip: true });
    const compared = typed(opened('compare'), { methods: 'snip, magnitude', sparsities: '98, 90', seeds: '2' });
    expect(valuesOf(compared)).toEqual({ methods: ['snip', 'magnitude'], sparsities: [0.9, 0.98], seeds: 2 });
    expect(valuesOf(opened('learn'))).toEqual({ name: 'lenet-300-100' });
    expect(valuesOf(opened('shrink', formOf('shrink', { method: 'snip', sparsity: 0.5 })))).toEqual({
      method: 'snip',
      sparsity: 0.5,
      folder: 'lenet-300-100-snip-50',
    });
  });

  it('can be written down as far as it is a setting', () => {
    const page = typed(opened('compare'), { epochs: '3', seeds: '2' });
    expect(writableOptions(page)).toEqual({ epochs: 3, data: 'mnist' });
  });

  it('is kept, and forgotten', () => {
    const page = typed(opened('train'), { epochs: '3', lr: '0.1' });
    expect(keptOf(page)).toEqual({ model: FORM_MODEL, form: 'train', typed: { epochs: '3', lr: '0.1' } });
    expect(typed(page, { lr: '' }).typed).toEqual({ epochs: '3' });
    expect(reduce(page, { kind: 'cleared' }).typed).toEqual({});
    expect(firstState(keptOf(page)).typed).toEqual({ epochs: '3', lr: '0.1' });
  });
});

describe('the estimate', () => {
  const measured = (page: FormPage) =>
    reduce(page, { kind: 'costsTold', costs: { key: costsKey(page)!, value: COSTS } });

  it('follows what is chosen without another measurement', () => {
    const page = measured(checked(opened('train')));
    // 937 steps of 4 ms, and the test images at a third of that: 3.96 s an epoch.
    expect(estimateOf(page)).toMatchObject({ time: 'about 40 s', memory: '8.96 MiB for the tensors of a step' });
    const longer = checked(typed(page, { epochs: '100' }));
    expect(costsKey(longer)).toBe(costsKey(page));
    expect(estimateOf(longer)?.time).toBe('about 6 min 36 s');
  });

  it('is of all trainings', () => {
    const page = measured(checked(typed(opened('compare'), { methods: 'snip', sparsities: '90, 98', seeds: '2' })));
    expect(estimateOf(page)).toMatchObject({
      time: 'about 3 min 57 s',
      parts: expect.stringMatching(/^6 trainings of 10/),
    });
  });

  it('needs data and no mistakes, and is of what was measured', () => {
    const { data: _, ...without } = formOf('train');
    expect(costsKey(checked(opened('train', without)))).toBeUndefined();
    expect(costsKey(opened('train'))).toBeUndefined();
    expect(costsKey(checked(typed(opened('train'), { epochs: '0' })))).toBeUndefined();
    const page = measured(checked(opened('train')));
    expect(estimateOf(checked(typed(page, { optimizer: 'adam' })))).toBeUndefined();
    expect(costsKey(checked(opened('shrink')))).toBeUndefined();
  });

  it('has bytes in their units', () => {
    expect([0, 1023, 1024, 310 * 2 ** 20, 5e12].map(bytesText)).toEqual([
      '0 B',
      '1020 B',
      '1 KiB',
      '310 MiB',
      '4.55 TiB',
    ]);
  });
});
