import { expect, it } from 'vitest';
import { limitOutput } from '../../../server/processes/modelOutput';

it('passes on what a model prints, up to a limit, and says that there is more', () => {
  const lines: string[] = [];
  const take = limitOutput((line) => lines.push(line));
  take('one');
  for (let i = 0; i < 1000; i++) take('x'.repeat(65_536));
  expect(lines[0]).toBe('one');
  expect(lines.slice(-2)).toEqual(['x'.repeat(200), '(The model code prints more; the rest is left out.)']);
  expect(lines.join('').length).toBeLessThan(2 ** 18);
});
