/** The short step by which backends are compared, on a real backend. */
import { expect, it } from 'vitest';
import { cpuBackend } from '../../../server/executors/onnx/backends';
import { measureBackend } from '../../../server/executors/ranking/measure';

it('is measured for both kinds of work', async () => {
  const measured = await measureBackend(cpuBackend, { trusted: true });
  expect(measured).toEqual({
    speeds: { training: expect.any(Number), scoring: expect.any(Number) },
    openSeconds: expect.any(Number),
  });
  if ('speeds' in measured) for (const speed of Object.values(measured.speeds)) expect(speed).toBeGreaterThan(0);
});
