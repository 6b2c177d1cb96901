/** What the executor in PyTorch promises beyond its numbers: errors in words, a process that may die, and flat memory. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createReferenceExecutor } from '../../../server/executors/reference';
import { openExecutor } from '../../../server/executors/select';
import { createTorchExecutor } from '../../../server/executors/torch/executor';
import type { Computing, Executor } from '../../../server/executors/types';
import { createBuilder } from '../../../server/graph/builder';
import { createProgram } from '../../../server/graph/program';
import { floatTensor, type HostTensor, intTensor } from '../../../server/protocol/tensor';
import { drawMask, dropMaskOf } from '../../../server/training/dropout';
import { descendantsOf } from '../../support/processes';
import { TEST_PYTHON, whyNoPython } from '../../support/python';
import { until } from '../../support/workerFiles';

const reason = whyNoPython();
const title = reason === undefined ? 'PyTorch' : `left out because ${reason}`;

const vector = (...values: number[]) => floatTensor([values.length], Float32Array.from(values));

/** Process ids of the Python that computes for this process. */
const pythons = () => descendantsOf(process.pid, 'serve.py');

/** y = w - 0.5 x: what `conv1/bias` stands for is a layer's parameter, which messages name. */
function stepProgram(size: number) {
  const b = createBuilder();
  const w = b.input('conv1/bias', [size]);
  return createProgram('step', { w: b.subtract(w, b.multiply(b.input('x', [size]), b.constant(0.5))) });
}

describe.skipIf(reason !== undefined)(title, () => {
  let executor: Executor;
  beforeAll(async () => {
    executor = await createTorchExecutor({ path: TEST_PYTHON }, { device: 'cpu' });
  });
  afterAll(() => executor.dispose());

  const double = async (value: number) => {
    const b = createBuilder();
    const executable = await executor.compile(
      createProgram('double', { y: b.add(b.input('x', [1]), b.input('x', [1])) }),
    );
    const x = executor.upload(vector(value));
    const { y } = await executable.run({ x });
    const { data } = await y.read();
    for (const tensor of [x, y]) tensor.dispose();
    await executable.dispose();
    return data[0];
  };

  it('tells device, versions and how it computes', async () => {
    expect(executor.device).toMatch(/, \d+ threads?, PyTorch \d/);
    expect(executor.versions).toMatchObject({
      torch: expect.stringMatching(/^\d/),
      python: expect.stringMatching(/^3/),
    });
    expect(executor.computation).toEqual({ precision: 'float32', deterministic: true });
  });

  it('tells a device that is full in one sentence, and goes on', async () => {
    const b = createBuilder();
    const x = b.input('x', [2 ** 21]);
    const large = b.add(b.broadcast(x, [2 ** 21, 2 ** 21]), b.input('dense/bias', [2 ** 21]));
    const program = createProgram('large', { y: b.reduceMax(b.exp(large), [0]) });
    const executable = await executor.compile(program);
    const given = executor.upload(floatTensor([2 ** 21], new Float32Array(2 ** 21)));
    const { y } = await executable.run({ x: given, 'dense/bias': given });
    await expect(y.read()).rejects.toMatchObject({
      message: 'PyTorch ran out of memory on cpu in add of the layer dense (large).',
      hint: expect.stringContaining('--batch-size'),
    });
    y.dispose();
    expect(await double(3)).toBe(6);
  });

  it('names the operation and the layer of an error at the next read, whatever was computed from it', async () => {
    const b = createBuilder();
    const rows = b.gatherRows(b.input('embedding/table', [3, 2]), b.input('y', [1], 'int32'));
    const executable = await executor.compile(createProgram('rows', { rows }));
    const next = createBuilder();
    const negated = await executor.compile(createProgram('next', { z: next.negate(next.input('x', [1, 2])) }));
    const table = executor.upload(floatTensor([3, 2], new Float32Array(6)));
    const y = executor.upload(intTensor([1], Int32Array.of(7)));
    const results = await executable.run({ 'embedding/table': table, y });
    const { z } = await negated.run({ x: results.rows });
    await expect(z.read()).rejects.toThrow(
      /^PyTorch failed on cpu in gatherRows of the layer embedding \(rows\): .*index/,
    );
    expect(await double(2)).toBe(4);
  });

  it('tells of a Python that is killed once, and starts another for what comes after', async () => {
    const executable = await executor.compile(stepProgram(2));
    const inputs = { 'conv1/bias': executor.upload(vector(1, 2)), x: executor.upload(vector(2, 2)) };
    const { w } = await executable.run(inputs);
    const [pid] = pythons();
    process.kill(pid, 'SIGKILL');
    const message = 'Python, in which the backend torch computes, was ended by SIGKILL.';
    await expect(w.read()).rejects.toThrow(message);
    await expect(executable.run(inputs)).rejects.toThrow(message);
    await executable.dispose();
    for (const tensor of [w, ...Object.values(inputs)]) tensor.dispose();
    expect(await double(5)).toBe(10);
    expect(pythons()).toHaveLength(1);
    expect(pythons()).not.toEqual([pid]);
  });

  it('ends its process, one that does not answer too', async () => {
    const before = pythons();
    const others = [0, 1].map(() => createTorchExecutor({ path: TEST_PYTHON }, { device: 'cpu' }));
    const [first, second] = await Promise.all(others);
    await first.dispose();
    const [stopped, ...more] = pythons().filter((pid) => !before.includes(pid));
    expect(more).toEqual([]);
    process.kill(stopped, 'SIGSTOP');
    await second.dispose();
    await until(() => !pythons().includes(stopped), 'the end of Python', 30);
  });

  it('takes 1,000 steps in flat memory on both sides of the pipe', async () => {
    const size = 50_000;
    const executable = await executor.compile(stepProgram(size));
    const [pid] = pythons();
    const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
    let w = executor.upload(floatTensor([size], new Float32Array(size)));
    const step = async () => {
      const x = executor.upload(floatTensor([size], new Float32Array(size).fill(2)));
      const { w: next } = await executable.run({ 'conv1/bias': w, x });
      for (const tensor of [w, x]) tensor.dispose();
      w = next;
    };
    for (let i = 0; i < 100; i++) await step();
    await w.read();
    const [before, own] = [resident(), process.memoryUsage().rss];
    for (let i = 0; i < 1000; i++) await step();
    expect((await w.read()).data.at(-1)).toBe(-1100);
    // What was sent alone is 200 MB.
    expect(resident() - before).toBeLessThan(20e6);
    expect(process.memoryUsage().rss - own).toBeLessThan(100e6);
  });

  it('draws masks of dropout itself, equal to the bit to those drawn here', async () => {
    const exact = await createTorchExecutor({ path: TEST_PYTHON }, { device: 'cpu', precision: 'float64' });
    for (const [i, shape] of [[7], [3, 1, 5], [128, 300], []].entries()) {
      const mask = dropMaskOf({ input: `drop ${i}`, rate: 0.1 + 0.2 * i, shape }, { seed: i, epoch: 1, step: 2 })!;
      for (const one of [executor, exact]) {
        const drawn = one.draw!(mask);
        const { data, ...rest } = await drawn.read();
        drawn.dispose();
        expect(rest).toEqual({ shape, dtype: 'float32' });
        expect(Array.from(data)).toEqual(Array.from(drawMask(mask).data));
      }
    }
    await exact.dispose();
  });

  it('computes in float64 where that is asked for', async () => {
    const exact = await createTorchExecutor({ path: TEST_PYTHON }, { device: 'cpu', precision: 'float64' });
    const b = createBuilder();
    const program = createProgram('exact', { y: b.softplus(b.divide(b.input('x', [3]), b.constant(3))) });
    const values: HostTensor['data'][] = [];
    for (const one of [exact, createReferenceExecutor()]) {
      const executable = await one.compile(program);
      const { y } = await executable.run({ x: one.upload(floatTensor([3], Float64Array.of(-50, 0.1, 200))) });
      values.push((await y.read()).data);
    }
    expect(values[0]).toBeInstanceOf(Float64Array);
    values[1].forEach((value, i) => void expect(Math.abs(values[0][i] / value - 1)).toBeLessThan(1e-15));
    await exact.dispose();
  });

  it('trains in bfloat16 on parameters of float32, and scores in float32', async () => {
    const half = await createTorchExecutor({ path: TEST_PYTHON }, { device: 'cpu', precision: 'bf16' });
    const b = createBuilder();
    const program = createProgram('product', { y: b.matmul(b.input('x', [1, 1]), b.input('w', [1, 1])) });
    const fine = 1 + 2 ** -12;
    for (const [purpose, expected] of [
      ['training', 1],
      [undefined, fine],
    ] as const) {
      const executable = await half.compile(program, purpose);
      const [x, w] = [1, fine].map((value) => half.upload(floatTensor([1, 1], Float32Array.of(value))));
      const { y } = await executable.run({ x, w });
      expect((await y.read()).data).toEqual(Float32Array.of(expected));
    }
    await half.dispose();
  });
});

describe.skipIf(reason !== undefined)(`${title}: opening`, () => {
  const asked = (computing: Computing) => ({ backend: 'torch', interpreter: { flag: TEST_PYTHON }, computing });

  it('starts no Python where the workspace is not trusted', async () => {
    await expect(
      openExecutor({ backend: 'torch', interpreter: { flag: TEST_PYTHON } }, { trusted: false }),
    ).rejects.toThrow('This workspace is not trusted, so no Python is started.');
    expect(pythons()).toEqual([]);
  });

  it('passes its self-test', async () => {
    const executor = await openExecutor(asked({ device: 'cpu' }), { trusted: true });
    expect(executor.backend).toBe('torch');
    await executor.dispose();
  });

  it.each([
    [{ device: 'cuda:7' }, "PyTorch finds no device 'cuda:7' here; it finds cpu."],
    [{ device: 'banana' }, "PyTorch knows no device 'banana'."],
    [{ device: 'cpu', precision: 'tf32' }, 'tf32 is a precision of NVIDIA GPUs, and the device is cpu.'],
  ] as const)('says what is wrong with %j', async (options, message) => {
    await expect(openExecutor(asked(options), { trusted: true })).rejects.toThrow(message);
    await until(() => pythons().length === 0, 'the end of Python', 30);
  });

  it('says what is missing', async () => {
    const opened = openExecutor({ backend: 'torch', interpreter: { flag: '/nowhere/python' } }, { trusted: true });
    await expect(opened).rejects.toThrow('The backend torch cannot be used: There is no Python at /nowhere/python');
  });
});
