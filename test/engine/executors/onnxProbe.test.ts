/** What is said about ONNX Runtime's providers. */
import { describe, expect, it } from 'vitest';
import { createOnnxExecutor, probeOnnx } from '../../../server/executors/onnx';
import { deviceOfDrivers, hasChosenDriver } from '../../../server/executors/onnx/graphicsDevice';
import { tryProvider } from '../../../server/executors/onnx/trialRun';
import { UserError } from '../../../server/protocol/errors';

describe('probing', () => {
  it('finds the CPU', async () => {
    expect(await probeOnnx('cpu')).toMatchObject({ available: true, device: expect.stringMatching(/threads?$/) });
  });

  it('says in one sentence why a provider of another system cannot be used', async () => {
    const foreign = process.platform === 'win32' ? 'coreml' : 'directml';
    const found = await probeOnnx(foreign);
    expect(found.available).toBe(false);
    expect(!found.available && found.reason).toMatch(/ only\.$/);
    await expect(createOnnxExecutor({ provider: foreign })).rejects.toThrow(UserError);
  });

  it('tries providers in a process of its own and reports their errors', async () => {
    expect((await tryProvider('cpu')).error).toBeUndefined();
    expect((await tryProvider('no such provider')).error).toMatch(/no such provider/);
  });
});

describe('the graphics device', () => {
  const loader = '/usr/lib/libvulkan.so.1';

  it('is told from its driver', () => {
    const lavapipe = '/usr/lib/libvulkan_lvp.so';
    expect(deviceOfDrivers([loader, lavapipe, '/usr/lib/libvulkan_radeon.so'], true)).toMatchObject({
      software: false,
    });
    expect(deviceOfDrivers([loader, '/usr/lib/chromium/libvk_swiftshader.so'], true)).toEqual({
      name: 'SwiftShader (software)',
      software: true,
    });
    expect(deviceOfDrivers([loader, lavapipe], true)).toEqual({ name: 'llvmpipe (software)', software: true });
  });

  it('is software where a hardware driver is installed without its device', () => {
    const libraries = [loader, '/usr/lib/libvulkan_intel.so', '/usr/lib/libvulkan_lvp.so'];
    expect(deviceOfDrivers(libraries, false)).toEqual({ name: 'llvmpipe (software)', software: true });
  });

  it('may be chosen by a variable', () => {
    expect(hasChosenDriver({})).toBe(false);
    expect(hasChosenDriver({ VK_ICD_FILENAMES: '/usr/share/vulkan/icd.d/lvp_icd.json' })).toBe(true);
  });
});
