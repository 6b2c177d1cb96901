/** What editors ask for by the names of flags. */
import { expect, it } from 'vitest';
import { UserError } from '../../../server/protocol/errors';
import { flagsOfOptions, formChoices, mistakeOf, optionMistakes } from '../../../server/request/asked';
import { trainingConfig } from '../../../server/request/options';

it('refuses what the work does not have, and values out of their range', () => {
  expect(flagsOfOptions({ epochs: 3, lr: 0.1 }, 'train')).toEqual({ epochs: 3, lr: 0.1 });
  expect(() => flagsOfOptions({ rounds: 3 }, 'train')).toThrow('There is no option "rounds"');
  expect(() => flagsOfOptions({ epochs: 0 }, 'train')).toThrow(
    'The option "epochs" is 0. It must be a whole number, 1 or more.',
  );
  expect(optionMistakes({ batchSize: 1.5, momentum: 2, tolerance: 0.1 }, 'search')).toEqual([
    { flag: 'batchSize', message: 'It must be a whole number, 1 or more.' },
    { flag: 'momentum', message: 'It must be a number from 0 up to, but not including, 1.' },
  ]);
});

it('tells at which option it is what does not go together', () => {
  const { options } = formChoices('train');
  const mistake = (flags: Parameters<typeof trainingConfig>[0]) => {
    try {
      trainingConfig(flags, {}, 0);
    } catch (error) {
      return mistakeOf(error as UserError, options);
    }
    throw new Error('nothing was wrong');
  };
  expect(mistake({ optimizer: 'adam', momentum: 0.9 })).toMatchObject({
    flag: 'momentum',
    message: expect.stringContaining('does not belong to optimizer kind adam'),
  });
  expect(mistake({ warmup: 5, epochs: 3 })).toMatchObject({ flag: 'warmup' });
  expect(mistakeOf(new UserError('No.', { hint: 'Yes.' }), options)).toEqual({ message: 'No. Yes.' });
});

it('offers the methods of the work with what they heed', () => {
  const names = (kind: Parameters<typeof formChoices>[0]) => formChoices(kind).methods.map(({ name }) => name);
  expect(names('train')).toEqual(expect.arrayContaining(['prospr', 'dense']));
  expect(names('compare')).toEqual(expect.arrayContaining(['structured-snip', 'lottery-ticket', 'rigl']));
  expect(names('shrink')).not.toContain('dense');
  expect(names('learn')).toEqual([]);
  expect(formChoices('train').methods.find(({ name }) => name === 'prospr')?.heeds).toContain('steps');
});
