/** What the ONNX executor promises beyond its numbers: ownership, reuse of memory, and errors. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOnnxExecutor } from '../../../server/executors/onnx';
import { createBufferPool } from '../../../server/executors/onnx/bufferPool';
import type { DeviceTensor, Executor } from '../../../server/executors/types';
import { createBuilder } from '../../../server/graph/builder';
import { createProgram } from '../../../server/graph/program';
import { floatTensor, intTensor } from '../../../server/protocol/tensor';

const vector = (...values: number[]) => floatTensor([values.length], Float32Array.from(values));

describe('ONNX executor', () => {
  let executor: Executor;
  beforeAll(async () => {
    executor = await createOnnxExecutor({ provider: 'cpu', threads: 1 });
  });
  afterAll(() => executor.dispose());

  const values = async (tensor: DeviceTensor): Promise<number[]> => Array.from((await tensor.read()).data);

  it('names the backend and the device', () => {
    expect(executor.backend).toBe('cpu');
    expect(executor.device).toMatch(/, 1 thread$/);
  });

  it('gives outputs of their own for inputs, constants and equal outputs', async () => {
    const b = createBuilder();
    const x = b.input('x', [2]);
    const sum = b.add(x, b.constant(1));
    const program = createProgram('shared', { same: x, again: x, sum, sumAgain: sum, one: b.constant(1, [2]) });
    const executable = await executor.compile(program);
    const given = executor.upload(vector(3, 4));
    const outputs = await executable.run({ x: given });
    given.dispose();
    outputs.same.dispose();
    outputs.sum.dispose();
    // Whatever takes the freed buffers now must not be seen through the other outputs.
    executor.upload(vector(9, 9));
    executor.upload(vector(9, 9));
    executor.upload(vector(9, 9));
    expect(await values(outputs.again)).toEqual([3, 4]);
    expect(await values(outputs.sumAgain)).toEqual([4, 5]);
    expect(await values(outputs.one)).toEqual([1, 1]);
    await executable.dispose();
  });

  it('keeps state between runs in the same few buffers', async () => {
    const b = createBuilder();
    const w = b.input('w', [3]);
    const program = createProgram('step', { w: b.multiply(w, b.constant(0.5)), loss: b.reduceSum(w) });
    const executable = await executor.compile(program);
    const seen = new Set<ArrayBufferLike>();
    let state = executor.upload(vector(8, 16, 24));
    for (let step = 0; step < 6; step++) {
      const outputs = await executable.run({ w: state });
      state.dispose();
      state = outputs.w;
      outputs.loss.dispose();
      const { feed } = state as DeviceTensor & { feed(): Promise<{ data: Float32Array }> };
      seen.add((await feed()).data.buffer);
    }
    expect(await values(state)).toEqual([8 / 64, 16 / 64, 24 / 64]);
    expect(seen.size).toBeLessThanOrEqual(2);
    state.dispose();
    await executable.dispose();
  });

  it('reads copies', async () => {
    const tensor = executor.upload(intTensor([2], Int32Array.of(1, 2)));
    const read = await tensor.read();
    read.data[0] = 7;
    expect(await values(tensor)).toEqual([1, 2]);
    expect(read.dtype).toBe('int32');
    tensor.dispose();
  });

  it('runs a program without outputs', async () => {
    const executable = await executor.compile(createProgram('nothing', {}));
    expect(await executable.run({})).toEqual({});
    await executable.dispose();
  });

  it('refuses tensors after disposal, and inputs that do not fit', async () => {
    const b = createBuilder();
    const program = createProgram('negate', { y: b.negate(b.input('x', [2])) });
    const executable = await executor.compile(program);
    const gone = executor.upload(vector(1, 2));
    gone.dispose();
    expect(() => gone.dispose()).toThrow(/after it was disposed/);
    await expect(gone.read()).rejects.toThrow(/after it was disposed/);
    await expect(executable.run({ x: gone })).rejects.toThrow(/after it was disposed/);
    const three = executor.upload(vector(1, 2, 3));
    await expect(executable.run({ x: three })).rejects.toThrow('input x is float32 [3], not float32 [2]');
    await expect(executable.run({})).rejects.toThrow('input x is missing');
    await expect(executable.run({ x: three, y: three })).rejects.toThrow('has no input y');
    expect(() => executor.upload({ shape: [3], dtype: 'float32', data: new Float32Array(2) })).toThrow(/2 values/);
    await executable.dispose();
  });
});

describe('buffer pool', () => {
  it('gives freed buffers of the same size, and keeps no more than its limit', () => {
    const pool = createBufferPool(24);
    const [a, b] = [pool.take(16), pool.take(16)];
    pool.give(a);
    pool.give(b);
    expect(pool.take(8)).not.toBe(a);
    expect(pool.take(16)).toBe(a);
    expect(pool.take(16)).not.toBe(b);
  });
});
