/** Several networks in one program: each has what it has alone. */
import { describe, expect, it } from 'vitest';
import { interpret } from '../../../server/executors/reference';
import type { Value } from '../../../server/executors/reference/arrays';
import { laneOf, stackTensors } from '../../../server/executors/stack/hostTensors';
import { layoutOf, stackProgram } from '../../../server/graph/stack';
import type { Program } from '../../../server/graph/types';
import type { HostTensor } from '../../../server/protocol/tensor';
import { caseInputs, forwardProgram, jvpProgram, opCases, secondOrderProgram, vjpProgram } from '../../parity/opCases';
import { relativeError } from '../../support/networks';

const WIDTH = 3;

type Values = { readonly [name: string]: Value };

/** As the interpreter takes them. */
function floats(inputs: { readonly [name: string]: HostTensor }): Values {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, data }]) => [
      name,
      { shape, data: data instanceof Int32Array ? data : Float64Array.from(data) },
    ]),
  );
}

/** Each network's values of the inputs: those of the case, spread out differently. */
function lanesOf(values: Values): readonly Values[] {
  return Array.from({ length: WIDTH }, (_, lane) =>
    Object.fromEntries(
      Object.entries(values).map(([name, { shape, data }]) => [
        name,
        // Whole numbers stay what they are in another order; others keep their sign.
        data instanceof Int32Array
          ? { shape, data: data.map((_value, i) => data[(i + lane) % data.length]) }
          : { shape, data: data.map((value, i) => value * (1 + ((i + 2 * lane) % 5) / 7 + lane / 3)) },
      ]),
    ),
  );
}

function expectAlone(program: Program, lanes: readonly Values[]): void {
  const stacked = stackProgram(program, WIDTH);
  const inputs = program.inputs.map((node) => {
    const { name } = node.attributes;
    const layout = layoutOf(node as Program['nodes'][number]);
    return [
      name,
      stackTensors(
        lanes.map((lane) => ({ ...lane[name], dtype: node.dtype })),
        layout,
      ),
    ] as const;
  });
  const results = interpret(stacked, Object.fromEntries(inputs) as Values);
  lanes.forEach((lane, i) => {
    for (const [name, expected] of Object.entries(interpret(program, lane))) {
      const node = program.outputs[name];
      const whole = { ...results[name], dtype: node.dtype };
      const own = laneOf(whole, layoutOf(node), i, WIDTH);
      expect(own.shape, name).toEqual(expected.shape);
      if (expected.data.some((value) => value !== 0)) {
        expect(relativeError(own.data, expected.data), `${name} of network ${i}`).toBeLessThan(1e-12);
      } else expect(Array.from(own.data)).toEqual(Array.from(expected.data));
    }
  });
}

const modes = {
  forward: forwardProgram,
  backward: vjpProgram,
  'forward mode': jvpProgram,
  'second order': secondOrderProgram,
};

describe.each(opCases.map((entry) => [entry.name, entry] as const))('%s', (_name, entry) => {
  for (const [mode, build] of Object.entries(modes)) {
    const program = build(entry);
    if (program) it(mode, () => expectAlone(program, lanesOf(floats(caseInputs(entry, program)))));
  }
});
