/** Every derivative rule against central differences in float64: first order, both modes, and forward over reverse. */
import { describe, expect, it } from 'vitest';
import { interpret } from '../../../server/executors/reference';
import type { Value } from '../../../server/executors/reference/arrays';
import { shapeRules } from '../../../server/graph/shapes';
import type { Program } from '../../../server/graph/types';
import {
  caseInputs,
  forwardProgram,
  jvpProgram,
  type OpCase,
  opCases,
  secondOrderProgram,
  vjpProgram,
} from '../../parity/opCases';

const step = 1e-5;

function float64Inputs(entry: OpCase, program: Program): { [name: string]: Value } {
  return Object.fromEntries(
    Object.entries(caseInputs(entry, program)).map(([name, { shape, data }]) => [
      name,
      { shape, data: data instanceof Int32Array ? data : Float64Array.from(data) },
    ]),
  );
}

/** Inputs with every float argument moved by `distance` along its tangent. */
function moved(inputs: { [name: string]: Value }, tangents: { [name: string]: Value }, distance: number) {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => {
      const tangent = name.startsWith('arg') ? tangents[name.replace('arg', 'tangent')] : undefined;
      if (!tangent || value.data instanceof Int32Array) return [name, value];
      const data = Float64Array.from(value.data, (x, i) => x + distance * tangent.data[i]);
      return [name, { shape: value.shape, data }];
    }),
  );
}

/** Derivative of a program's outputs along the tangents by central differences. */
function differences(program: Program, inputs: { [name: string]: Value }, tangents: { [name: string]: Value }) {
  const ahead = interpret(program, moved(inputs, tangents, step));
  const behind = interpret(program, moved(inputs, tangents, -step));
  return Object.fromEntries(
    Object.entries(ahead).map(([name, value]) => [
      name,
      Float64Array.from(value.data, (x, i) => (x - behind[name].data[i]) / (2 * step)),
    ]),
  );
}

function dot(a: ArrayLike<number>, c: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * c[i];
  return sum;
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>) {
  const scale = 1 + Math.sqrt(dot(expected, expected));
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) expect(Math.abs(actual[i] - expected[i]) / scale).toBeLessThan(1e-7);
}

/** Tangents for the float arguments, drawn as the cases' other inputs are. */
function tangentsOf(entry: OpCase): { [name: string]: Value } {
  const program = secondOrderProgram(entry)!;
  const first = jvpProgram(entry)!;
  const all = { ...float64Inputs(entry, program), ...float64Inputs(entry, first) };
  return Object.fromEntries(Object.entries(all).filter(([name]) => name.startsWith('tangent')));
}

describe('derivative rules', () => {
  it('has a case for every operation', () => {
    const covered = new Set(opCases.map(({ op }) => op));
    expect(Object.keys(shapeRules).filter((op) => !covered.has(op as never))).toEqual([]);
  });

  for (const entry of opCases) {
    const first = jvpProgram(entry);
    if (!first) continue;
    it(`${entry.name}: jvp and vjp`, () => {
      const forward = forwardProgram(entry);
      const inputs = float64Inputs(entry, forward);
      const tangents = tangentsOf(entry);
      const expected = differences(forward, inputs, tangents).y;
      const { tangent } = interpret(first, { ...inputs, ...tangents });
      expectClose(tangent.data, expected);

      // <cotangent, J t> = <J^T cotangent, t>
      const reverse = vjpProgram(entry)!;
      const reverseInputs = float64Inputs(entry, reverse);
      const cotangent = reverseInputs.cotangent ?? { data: new Float64Array(expected.length) };
      const gradients = interpret(reverse, { ...inputs, ...reverseInputs });
      const floats = entry.args.flatMap(({ dtype }, i) => (dtype === 'int32' ? [] : [i]));
      const total = floats.reduce((sum, position, i) => {
        const direction = tangents[`tangent${position}`];
        return sum + (direction ? dot(gradients[`gradient${i}`].data, direction.data) : 0);
      }, 0);
      const projected = dot(cotangent.data, expected);
      expect(Math.abs(total - projected) / (1 + Math.abs(projected))).toBeLessThan(1e-7);
    });

    it(`${entry.name}: jvp of vjp`, () => {
      const second = secondOrderProgram(entry)!;
      const reverse = vjpProgram(entry)!;
      const inputs = { ...float64Inputs(entry, forwardProgram(entry)), ...float64Inputs(entry, reverse) };
      const tangents = tangentsOf(entry);
      const expected = differences(reverse, inputs, tangents);
      const products = interpret(second, { ...inputs, ...float64Inputs(entry, second), ...tangents });
      for (const [i] of Object.keys(products).entries()) {
        expectClose(products[`product${i}`].data, expected[`gradient${i}`]);
      }
    });
  }
});
