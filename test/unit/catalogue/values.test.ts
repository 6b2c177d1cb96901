/** What values of options may be, as the command, editors and the form check them. */
import { expect, it } from 'vitest';
import { formOptions, settingIn } from '../../../server/protocol/catalogue/derive';
import { MODEL_OPTIONS, STABILITY_OPTIONS, TRAINING_OPTIONS } from '../../../server/protocol/catalogue/options';
import type { OptionDefinition } from '../../../server/protocol/catalogue/types';
import { optionProblem, typedValue, valueText } from '../../../server/protocol/catalogue/values';
import { SHARED_OPTIONS } from '../../../server/pruning/options';
import { CATALOGUE } from '../../../server/request/catalogue';

const { epochs, lr, momentum, optimizer, nesterov, milestones, decayExclude } = TRAINING_OPTIONS;

const tooMuch = (most: string) =>
  `It can be ${most} at most: with more, the work would not end in a lifetime, or not fit in memory.`;

it.each<[OptionDefinition, unknown, string | undefined]>([
  [epochs, 3, undefined],
  [epochs, 0, 'It must be a whole number, 1 or more.'],
  [epochs, 2.5, 'It must be a whole number, 1 or more.'],
  [epochs, '3', 'It must be a whole number, 1 or more.'],
  [epochs, 1e6, undefined],
  [epochs, 1e12, tooMuch('1,000,000')],
  [lr, 0.1, undefined],
  [lr, 1e12, undefined],
  [lr, 0, 'It must be a number greater than 0.'],
  [lr, Number.NaN, 'It must be a number greater than 0.'],
  [momentum, 1, 'It must be a number from 0 up to, but not including, 1.'],
  [optimizer, 'adam', undefined],
  [optimizer, 'adagrad', 'It must be one of sgd, adam, adamw.'],
  [nesterov, 'true', 'It must be true or false.'],
  [milestones, [80, 120], undefined],
  [milestones, [80, 80], 'It must be whole numbers from 1, each once.'],
  [decayExclude, ['bias', 'all'], 'It must be some of bias, norm, each once.'],
  [MODEL_OPTIONS.data, ' ', 'It must be a text that is not empty.'],
  [MODEL_OPTIONS.include, ['conv*'], undefined],
  [MODEL_OPTIONS.seed, 2 ** 40, undefined],
  [MODEL_OPTIONS.dataWorkers, 1000, tooMuch('256')],
  [STABILITY_OPTIONS.stability, 1e9, tooMuch('1,000')],
  [SHARED_OPTIONS.draws, 1e9, tooMuch('1,000,000')],
  [SHARED_OPTIONS.iterations, 1e9, tooMuch('1,000,000')],
  // Of examples there may be more.
  [TRAINING_OPTIONS.limit, 1e9, undefined],
])('$name: %o', (option, value, problem) => expect(optionProblem(option, value)).toBe(problem));

it('reads what is typed, and writes it back', () => {
  expect(typedValue(epochs, ' 12 ')).toBe(12);
  expect(typedValue(milestones, '80, 120')).toEqual([80, 120]);
  expect(typedValue(nesterov, 'true')).toBe(true);
  expect(typedValue(optimizer, 'adam')).toBe('adam');
  expect(optionProblem(epochs, typedValue(epochs, 'many'))).toBeDefined();
  expect(optionProblem(epochs, typedValue(epochs, ''))).toBeDefined();
  expect(valueText([80, 120])).toBe('80, 120');
});

it('has the options of each work once, with its own in place of shared ones', () => {
  for (const kind of ['train', 'compare', 'search', 'learn', 'shrink'] as const) {
    const names = formOptions(CATALOGUE, kind).map(({ name }) => name);
    expect(new Set(names).size, kind).toBe(names.length);
    expect(names, kind).not.toContain('json');
  }
  const learned = formOptions(CATALOGUE, 'learn').find(({ name }) => name === 'epochs');
  expect(learned).toMatchObject({ default: 1 });
});

it('finds settings by their paths', () => {
  expect(settingIn({ optimizer: { kind: 'adam' } }, 'optimizer.kind')).toBe('adam');
  expect(settingIn({ optimizer: 'adam' }, 'optimizer.kind')).toBeUndefined();
});
