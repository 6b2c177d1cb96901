/** What values of options may be, as the command, editors and the form check them. */
import { expect, it } from 'vitest';
import { formOptions, settingIn } from '../../../server/protocol/catalogue/derive';
import { MODEL_OPTIONS, TRAINING_OPTIONS } from '../../../server/protocol/catalogue/options';
import type { OptionDefinition } from '../../../server/protocol/catalogue/types';
import { optionProblem, typedValue, valueText } from '../../../server/protocol/catalogue/values';
import { CATALOGUE } from '../../../server/request/catalogue';

const { epochs, lr, momentum, optimizer, nesterov, milestones, decayExclude } = TRAINING_OPTIONS;

it.each<[OptionDefinition, unknown, string | undefined]>([
  [epochs, 3, undefined],
  [epochs, 0, 'It must be a whole number, 1 or more.'],
  [epochs, 2.5, 'It must be a whole number, 1 or more.'],
  [epochs, '3', 'It must be a whole number, 1 or more.'],
  [lr, 0.1, undefined],
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
