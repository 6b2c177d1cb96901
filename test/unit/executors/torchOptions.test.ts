/** How the backend torch computes on which device, and the environment of its Python. */
import { expect, it } from 'vitest';
import { pythonEnvironment } from '../../../server/executors/torch/environment';
import { computationOn, modeOf } from '../../../server/executors/torch/options';

it('trains on CUDA with tf32 and what is fastest, and scores with neither', () => {
  const computation = computationOn('cuda:0', {});
  expect(computation).toEqual({ precision: 'tf32', deterministic: false });
  expect(modeOf(computation, 'training')).toEqual({ deterministic: false, tf32: true, half: false });
  expect(modeOf(computation)).toEqual({ deterministic: true, tf32: false, half: false });
});

it('scores in float32 where training computes in bfloat16', () => {
  const computation = computationOn('cuda:0', { precision: 'bf16', deterministic: true });
  expect(modeOf(computation, 'training')).toEqual({ deterministic: true, tf32: false, half: true });
  expect(modeOf(computation)).toEqual({ deterministic: true, tf32: false, half: false });
});

it('gives the same bits again on the CPU, whatever is asked for', () => {
  expect(computationOn('cpu', {})).toEqual({ precision: 'float32', deterministic: true });
});

it('refuses float64 on MPS', () => {
  expect(() => computationOn('mps', { precision: 'float64' })).toThrow('MPS has no float64, and the device is mps.');
});

it('keeps memory between steps, unless the user has said otherwise', () => {
  expect(pythonEnvironment({ MALLOC_TOP_PAD_: '1', HOME: '/home/me' })).toMatchObject({
    HOME: '/home/me',
    MALLOC_TOP_PAD_: '1',
    MALLOC_TRIM_THRESHOLD_: String(2 ** 36),
    CUBLAS_WORKSPACE_CONFIG: ':4096:8',
  });
});
