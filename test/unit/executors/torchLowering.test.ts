/** What programs become before PyTorch runs them. */
import { expect, it } from 'vitest';
import type { Calls } from '../../../server/executors/torch/instructions';
import { lowerProgram } from '../../../server/executors/torch/lower';
import { gradient } from '../../../server/graph/autodiff';
import { createBuilder } from '../../../server/graph/builder';
import { createProgram } from '../../../server/graph/program';
import { forwardProgram, opCases, secondOrderProgram } from '../../parity/opCases';

it.each(opCases.map((entry) => [entry.name, entry] as const))(
  '%s: every value is written before it is read',
  (_, entry) => {
    for (const program of [forwardProgram(entry), secondOrderProgram(entry)]) {
      if (!program) continue;
      const { inputs, literals, scalars, instructions, outputs } = lowerProgram(program);
      const known = new Set([...inputs, ...literals, ...scalars].map(({ register }) => register));
      for (const instruction of instructions) {
        for (const register of instruction.inputs) expect(known.has(register)).toBe(true);
        for (const register of instruction.outputs) known.add(register);
        for (const register of instruction.frees) expect(known.delete(register)).toBe(true);
      }
      for (const { register } of outputs) expect(known.has(register)).toBe(true);
    }
  },
);

it('fuses the step of a layer: shared statistics, both gradients in one call, relu in place, a + c * b', () => {
  const b = createBuilder();
  const kernel = b.input('conv1/kernel', [3, 3, 2, 4]);
  const gamma = b.input('norm/gamma', [4]);
  const geometry = { strides: [1, 1], padding: [1, 1, 1, 1], dilations: [1, 1], groups: 1 } as const;
  const x = b.input('x', [2, 6, 6, 2]);
  const active = b.relu(b.batchNorm(b.conv2d(x, kernel, geometry), gamma, b.constant(0, [4]), 1e-3));
  const loss = b.reduceSum(b.multiply(active, active), [0, 1, 2, 3]);
  const [byKernel, byGamma, byX] = gradient(b, loss, [kernel, gamma, x]);
  const next = b.subtract(kernel, b.multiply(b.constant(0.1), byKernel));
  const { inputs, instructions } = lowerProgram(createProgram('step', { next, byGamma, byX }));
  const calls = instructions.map(({ call }) => call);
  const count = (name: string) => calls.filter((call) => call === name).length;
  expect(['convolution', 'normalize', 'normalizationGradient', 'bothGradients', 'reluInPlace'].map(count)).toEqual([
    1, 1, 1, 1, 1,
  ]);
  expect(instructions.find(({ call }) => call === 'addScaled')!.attributes).toEqual({ factor: -0.1 });
  expect(inputs.filter(({ isKernel }) => isKernel).map(({ name }) => name)).toEqual(['conv1/kernel']);
  expect(instructions.find(({ call }) => call === 'convolution')!.origin).toEqual({
    operation: 'conv2d',
    layer: 'conv1',
  });
});

it('takes the steps of many parameters in one call each, in the order that they depend on each other', () => {
  const b = createBuilder();
  const rate = b.input('rate', []);
  const names = ['a', 'b', 'c', 'd', 'e'];
  const outputs = names.map((name, i) => {
    const [w, g] = [b.input(`${name}/w`, [i + 1]), b.input(`${name}/g`, [i + 1])];
    // Those of masked parameters have a call more.
    const gradient = i === 0 ? b.multiply(g, b.input('mask', [1])) : g;
    const decayed = b.add(gradient, b.multiply(b.constant(0.5), w));
    return [name, b.subtract(w, b.multiply(b.abs(decayed), rate))] as const;
  });
  const { instructions } = lowerProgram(createProgram('steps', Object.fromEntries(outputs)));
  const calls = instructions.map(({ call, attributes }) =>
    call === 'each' ? (attributes as Calls['each']).call : call,
  );
  expect(calls).toEqual(['multiply', 'addScaled', 'abs', 'addProduct']);
  expect(instructions.filter(({ call }) => call === 'each').map(({ attributes }) => attributes)).toEqual([
    { call: 'addScaled', attributes: { factor: 0.5 }, shared: [false, false], count: 5 },
    { call: 'abs', attributes: {}, shared: [false], count: 5 },
    { call: 'addProduct', attributes: { sign: -1 }, shared: [false, false, true], count: 5 },
  ]);
});

it('leaves calls where they are that activations are waiting for', () => {
  const b = createBuilder();
  const x = b.input('x', [4, 8]);
  const weights = Array.from({ length: 5 }, (_, i) => b.multiply(b.input(`w${i}`, [8, 8]), b.constant(2)));
  const y = weights.reduce((sum, w) => b.matmul(sum, w), x);
  const { instructions } = lowerProgram(createProgram('chain', { y }));
  expect(instructions.map(({ call }) => call)).not.toContain('each');
});
