/** What every executor that computes by itself has to do, against the float64 reference. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createReferenceExecutor } from '../../server/executors/reference';
import type { Executor } from '../../server/executors/types';
import { createBuilder } from '../../server/graph/builder';
import { createProgram } from '../../server/graph/program';
import type { Program } from '../../server/graph/types';
import { floatTensor, intTensor, sizeOf } from '../../server/protocol/tensor';
import { difference, type HostTensors, runOn } from '../support/programs';
import { caseInputs, forwardProgram, jvpProgram, opCases, secondOrderProgram, vjpProgram } from './opCases';
import { wholePrograms } from './wholePrograms';

/** Equal outputs: names, shapes, types, and values up to a tolerance relative to the largest one. */
export function expectSame(actual: HostTensors, expected: HostTensors, tolerance: number): void {
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, value] of Object.entries(expected)) {
    expect(actual[name].shape, name).toEqual(value.shape);
    expect(actual[name].dtype, name).toBe(value.dtype);
    expect(actual[name].data.length, name).toBe(sizeOf(value.shape));
    expect(difference(actual[name], value), name).toBeLessThan(tolerance);
  }
}

/** Every operation in value and in both derivatives, and what goes beyond one operation, on the executor that `open` gives. */
export function describeParity(open: () => Promise<Executor>): void {
  let executor: Executor;
  const reference = createReferenceExecutor();

  beforeAll(async () => {
    executor = await open();
  });
  afterAll(() => executor.dispose());

  async function expectParity(program: Program, inputs: HostTensors, tolerance = 2e-5): Promise<void> {
    const expected = await runOn(reference, program, inputs);
    const actual = await runOn(executor, program, inputs);
    expectSame(actual, expected, tolerance);
  }

  describe.each(opCases.map((entry) => [entry.name, entry] as const))('%s', (_name, entry) => {
    for (const [kind, build] of Object.entries({
      value: forwardProgram,
      vjp: vjpProgram,
      jvp: jvpProgram,
      'second order': secondOrderProgram,
    })) {
      const program = build(entry);
      if (program) it(kind, () => expectParity(program, caseInputs(entry, program), 1e-4));
    }
  });

  it.each(wholePrograms.map((entry) => [entry.title, entry] as const))('%s', async (_title, entry) => {
    await expectParity(entry.program, entry.inputs, entry.tolerance);
  });

  it('gives outputs of their own, also for inputs, constants and one node under two names', async () => {
    const b = createBuilder();
    const x = b.input('x', [2]);
    const label = b.input('label', [], 'int32');
    const sum = b.add(x, b.constant(1));
    const outputs = { x, same: b.stopGradient(x), sum, again: sum, one: b.constant(1), label };
    const executable = await executor.compile(createProgram('outputs', outputs));
    const inputs = {
      x: executor.upload(floatTensor([2], Float32Array.of(3, 4))),
      label: executor.upload(intTensor([], Int32Array.of(7))),
    };
    const results = await executable.run(inputs);
    inputs.x.dispose();
    inputs.label.dispose();
    results.sum.dispose();
    await executable.dispose();
    const read = async (name: string) => Array.from((await results[name].read()).data);
    expect(await read('x')).toEqual([3, 4]);
    expect(await read('same')).toEqual([3, 4]);
    expect(await read('again')).toEqual([4, 5]);
    expect(await read('one')).toEqual([1]);
    expect(await read('label')).toEqual([7]);
    for (const name of ['x', 'same', 'again', 'one', 'label']) results[name].dispose();
  });

  it('copies what it uploads and refuses tensors that are disposed, foreign or of another shape', async () => {
    const b = createBuilder();
    const executable = await executor.compile(
      createProgram('double', { y: b.add(b.input('x', [2]), b.input('x', [2])) }),
    );
    const values = Float32Array.of(1, 2);
    const x = executor.upload(floatTensor([2], values));
    values.fill(9);
    const { y } = await executable.run({ x });
    expect(Array.from((await y.read()).data)).toEqual([2, 4]);
    y.dispose();
    expect(() => y.dispose()).toThrow('disposed');
    await expect(y.read()).rejects.toThrow('disposed');
    await expect(executable.run({})).rejects.toThrow('input x of program double is missing');
    await expect(executable.run({ x, z: x })).rejects.toThrow('no input z');
    await expect(executable.run({ x: reference.upload(floatTensor([2], values)) })).rejects.toThrow('another executor');
    const matrix = executor.upload(floatTensor([1, 2], values));
    await expect(executable.run({ x: matrix })).rejects.toThrow('is float32 [1, 2], not float32 [2]');
    for (const tensor of [x, matrix]) tensor.dispose();
    await executable.dispose();
  });
}
