import { expect, it } from 'vitest';
import { createBackOff } from '../../../server/processes/backOff';

it('waits twice as long after each crash, and gives up after the fifth within a minute', () => {
  const backOff = createBackOff();
  expect([0, 1, 2, 3, 4].map((time) => backOff.afterCrash(time))).toEqual([250, 500, 1000, 2000, 4000]);
  expect(backOff.afterCrash(5)).toBeUndefined();
  backOff.reset();
  expect(backOff.afterCrash(6)).toBe(250);
});

it('forgets crashes that are a minute back', () => {
  const backOff = createBackOff();
  expect(backOff.afterCrash(0)).toBe(250);
  expect(backOff.afterCrash(59_999)).toBe(500);
  expect(backOff.afterCrash(60_001)).toBe(500);
  expect(backOff.afterCrash(200_000)).toBe(250);
});
