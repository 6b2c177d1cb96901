/** Twenty steps of each optimizer against PyTorch's, in float64: see `test/fixtures/optimizers/generate.py`. */
import { describe, expect, it } from 'vitest';
import { interpret } from '../../../server/executors/reference';
import type { Value } from '../../../server/executors/reference/arrays';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import type { Network } from '../../../server/models/types';
import { completeConfig, type TrainingOptions } from '../../../server/training/config';
import { createOptimizer } from '../../../server/training/optimizers';
import { parameterKey, slotKey } from '../../../server/training/state';
import { createStepProgram, METRICS, metricsShape, scalarKey } from '../../../server/training/step';
import fixture from '../../fixtures/optimizers/steps.json';
import { chain } from '../../support/networks';

type Case = (typeof fixture.cases)[number];

const BATCH = 4;
const shapes: { readonly [name: string]: readonly number[] } = fixture.shapes;
const masks: { readonly [name: string]: readonly number[] } = fixture.masks;

const value = (shape: readonly number[], data: readonly number[]): Value => ({ shape, data: Float64Array.from(data) });

function networkOf({ frozen }: Case): Network {
  const network = createNetwork(
    chain(
      [5],
      ['fc1', 'Dense', { units: 6, activation: 'tanh' }],
      ['norm', 'LayerNormalization', { epsilon: fixture.epsilon }],
      ['fc2', 'Dense', { units: 3 }],
    ),
  );
  const isFrozen = (name: string) => (frozen as readonly string[]).includes(name);
  const parameters = network.parameters.map((one) => (isFrozen(one.name) ? { ...one, trainable: false } : one));
  return { ...network, parameters };
}

/** The weights after all steps of the fixture. */
function trained(one: Case): ReadonlyMap<string, Value> {
  const network = networkOf(one);
  const optimizer = createOptimizer(
    completeConfig({ optimizer: one.optimizer as TrainingOptions['optimizer'] }).optimizer,
  );
  const masked = new Set(one.masked ? Object.keys(masks) : []);
  const { program } = createStepProgram(network, optimizer, masked, BATCH);
  const state = new Map<string, Value>();
  for (const [name, values] of Object.entries(fixture.weights)) {
    const kept = masked.has(name) ? values.map((weight, i) => weight * masks[name][i]) : values;
    state.set(parameterKey(name), value(shapes[name], kept));
    for (const slot of optimizer.slots)
      state.set(slotKey(slot, name), value(shapes[name], Array(values.length).fill(0)));
  }
  const fixed = [
    ...Array.from(masked, (name) => [`mask:${name}`, value(shapes[name], masks[name])] as const),
    [METRICS, value(metricsShape(network), Array(128).fill(0))] as const,
  ];
  fixture.inputs.forEach((x, step) => {
    const scalars = Object.entries(optimizer.scalarValues(fixture.learningRates[step], step));
    const { [METRICS]: _, ...changed } = interpret(program, {
      ...Object.fromEntries([...state, ...fixed]),
      x: value([BATCH, 5], x),
      y: { shape: [BATCH], data: Int32Array.from(fixture.labels[step]) },
      ...Object.fromEntries(scalars.map(([name, number]) => [scalarKey(name), value([], [number])])),
    });
    for (const [name, result] of Object.entries(changed)) state.set(name, result);
  });
  return state;
}

const title = ({ optimizer: { kind, ...rest }, masked, frozen }: Case) =>
  `${kind} ${JSON.stringify(rest)}${masked ? ', masked' : ''}${frozen.length > 0 ? `, ${frozen.join()} frozen` : ''}`;

describe('twenty steps are those of PyTorch:', () => {
  it.each(fixture.cases.map((one) => [title(one), one] as const))('%s', (_title, one) => {
    const state = trained(one);
    for (const [name, expected] of Object.entries(one.after)) {
      const { data } = state.get(parameterKey(name))!;
      expect(data.length).toBe(expected.length);
      expected.forEach((weight, i) => {
        expect(Math.abs(data[i] - weight), `${name}[${i}]`).toBeLessThan(1e-9);
      });
    }
  });
});
