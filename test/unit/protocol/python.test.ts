import { expect, it } from 'vitest';
import { describePython } from '../../../server/protocol/python';

it('a Python is told with its devices', () => {
  const at = { path: '/e/bin/python', origin: '$VIRTUAL_ENV' };
  const gpu = { device: 'cuda:0', platform: 'rocm', name: 'AMD Instinct MI300X', memory: 192 * 2 ** 30 } as const;
  const cpu = { device: 'cpu', platform: 'cpu' } as const;
  expect(
    describePython({ ...at, version: '3.12.1', torch: '2.13.0', devices: [gpu, cpu], warning: 'It is old.' }),
  ).toBe(
    'Your Python ($VIRTUAL_ENV): 3.12.1 at /e/bin/python, torch 2.13.0, on cuda:0 (AMD Instinct MI300X, 192 GiB, ROCm), cpu.' +
      ' torch warns: It is old.',
  );
  expect(describePython({ devices: [], problem: 'No Python was found.' })).toBe('Your Python: No Python was found.');
});
