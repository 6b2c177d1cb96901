/** The self-test must pass what computes rightly and catch what does not. */
import { describe, expect, it } from 'vitest';
import { createReferenceExecutor } from '../../../server/executors/reference';
import { openExecutor } from '../../../server/executors/select';
import { selfTest } from '../../../server/executors/selfTest';
import type { DeviceTensor, Executor } from '../../../server/executors/types';

/** The reference with one kind of output changed on its way out. */
function spoiled(kind: string, change: (value: number) => number): Executor {
  const reference = createReferenceExecutor();
  const spoil = (tensor: DeviceTensor): DeviceTensor => ({
    ...tensor,
    read: async () => {
      const host = await tensor.read();
      return { ...host, data: Float64Array.from(host.data, change) };
    },
  });
  return {
    ...reference,
    async compile(program) {
      const executable = await reference.compile(program);
      return {
        ...executable,
        async run(inputs) {
          const outputs = await executable.run(inputs);
          return Object.fromEntries(
            Object.entries(outputs).map(([name, tensor]) => [name, name.startsWith(kind) ? spoil(tensor) : tensor]),
          );
        },
      };
    },
  };
}

describe('the self-test of a backend', () => {
  it('passes the reference', async () => {
    expect(await selfTest(createReferenceExecutor())).toBeUndefined();
  });

  it.each([
    ['loss', (value: number) => value * 1.01],
    ['gradient', (value: number) => -value],
    ['product', (value: number) => value * 1.1],
    ['product', () => Number.NaN],
  ] as const)('catches a wrong %s', async (kind, change) => {
    expect(await selfTest(spoiled(kind, change))).toContain(`wrong ${kind}`);
  });

  it('tells of a backend that throws', async () => {
    const failing: Executor = { ...createReferenceExecutor(), compile: () => Promise.reject(new Error('no device')) };
    expect(await selfTest(failing)).toBe('its self-test fails: no device');
  });
});

describe('opening a backend', () => {
  it('refuses an unknown name, listing the known ones', async () => {
    await expect(openExecutor({ backend: 'gpu' }, { trusted: true })).rejects.toMatchObject({
      kind: 'usage',
      hint: expect.stringContaining('tensorflow, cuda, directml, coreml, webgpu, torch, cpu, reference'),
    });
  });

  it('says why a backend cannot be used', async () => {
    if (process.platform === 'darwin') return;
    await expect(openExecutor({ backend: 'coreml' }, { trusted: true })).rejects.toThrow(
      'the backend coreml cannot be used: ',
    );
  });

  it('finds one that works', async () => {
    const executor = await openExecutor({ backend: 'auto' }, { trusted: true });
    expect(await selfTest(executor)).toBeUndefined();
    await executor.dispose();
  });
});
