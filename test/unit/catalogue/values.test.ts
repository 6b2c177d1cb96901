/** What values of options may be, as the command, editors and the form check them. */
import { expect, it } from 'vitest';
import { formOptions, settingIn } from '../../../server/protocol/catalogue/derive';
import { checkEnvironment } from '../../../server/protocol/catalogue/environment';
import { type Counted, checkRuns, LIMITS } from '../../../server/protocol/catalogue/limits';
import {
  LEARNING_OPTIONS,
  MODEL_OPTIONS,
  STABILITY_OPTIONS,
  TRAINING_OPTIONS,
} from '../../../server/protocol/catalogue/options';
import type { NumberOption, OptionDefinition } from '../../../server/protocol/catalogue/types';
import { optionProblem, typedValue, valueText } from '../../../server/protocol/catalogue/values';
import { formatError, type UserError } from '../../../server/protocol/errors';
import { SHARED_OPTIONS } from '../../../server/pruning/options';
import { CATALOGUE } from '../../../server/request/catalogue';

const { epochs, lr, momentum, optimizer, nesterov, milestones, decayExclude } = TRAINING_OPTIONS;

const tooMuch = (counted: Counted) =>
  `It can be ${LIMITS[counted].most.toLocaleString('en')} at most. ${LIMITS[counted].advice}`;

it.each<[OptionDefinition, unknown, string | undefined]>([
  [epochs, 3, undefined],
  [epochs, 0, 'It must be a whole number, 1 or more.'],
  [epochs, 2.5, 'It must be a whole number, 1 or more.'],
  [epochs, '3', 'It must be a whole number, 1 or more.'],
  [epochs, 1e5, undefined],
  [epochs, 1e6, tooMuch('epochs')],
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
  [MODEL_OPTIONS.dataWorkers, 1000, tooMuch('processes')],
  [STABILITY_OPTIONS.stability, 1e9, tooMuch('repeats')],
  [SHARED_OPTIONS.draws, 1e6, tooMuch('draws')],
  [SHARED_OPTIONS.iterations, 1e6, tooMuch('rounds')],
  [SHARED_OPTIONS.pruningBatches, 1e6, tooMuch('batches')],
  [LEARNING_OPTIONS.iterations, 1e6, tooMuch('prunings')],
  // Of examples there may be more.
  [TRAINING_OPTIONS.limit, 1e9, undefined],
])('$name: %o', (option, value, problem) => expect(optionProblem(option, value)).toBe(problem));

it('says of each whole number what it counts', () => {
  const { methods, channelMethods } = CATALOGUE;
  const kinds = ['train', 'compare', 'search', 'learn', 'shrink'] as const;
  const shown = kinds.flatMap((kind) => formOptions(CATALOGUE, kind));
  const options = [...shown, ...[...methods, ...channelMethods].flatMap((method) => method.options)];
  const numbers = options.filter((option): option is NumberOption => option.type === 'integer');
  expect(numbers.length).toBeGreaterThan(20);
  // A seed counts nothing.
  expect(numbers.filter(({ counts }) => counts === undefined).map(({ name }) => name)).toEqual(
    numbers.filter(({ name }) => name === 'seed').map(({ name }) => name),
  );
});

it('limits runs by their number', () => {
  expect(() => checkRuns('The search', 200_000)).not.toThrow();
  expect(() => checkRuns('The search', 1e9)).toThrow(
    'The search would have 1,000,000,000 runs; at most 200,000 are possible.',
  );
});

it.each([
  [
    'PRUNELENS_FILE_MEMORY',
    '1e30',
    /^PRUNELENS_FILE_MEMORY in the environment is "1e30"\.\s+It can be 16,777,216 at most\. /,
  ],
  ['PRUNELENS_FILE_MEMORY', 'Infinity', /16,777,216 at most/],
  ['PRUNELENS_FILE_MEMORY', '0', /a number greater than 0/],
  ['PRUNELENS_THREADS', '1e9', /It can be 1,024 at most/],
  ['PRUNELENS_THREADS', '1.5', /a whole number, 1 or more/],
])('%s=%s is refused', (name, text, message) => {
  expect(() => checkEnvironment({ [name]: text })).toThrow(expect.objectContaining({ kind: 'usage' }));
  try {
    checkEnvironment({ [name]: text });
  } catch (error) {
    expect(formatError(error as UserError)).toMatch(message);
  }
  expect(() => checkEnvironment({ [name]: '' })).not.toThrow();
  expect(() => checkEnvironment({ [name]: '8' })).not.toThrow();
});

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
