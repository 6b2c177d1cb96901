/** How layers are connected. */
import { expect, it } from 'vitest';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import { connectionsOf } from '../../../server/models/connections';
import { wire } from '../../support/wiring';

function connected(...given: Parameters<typeof wire>): readonly string[] {
  const network = createNetwork(wire(...given));
  const { connections, joins } = connectionsOf(network);
  const { layers } = network;
  const name = (place: number) => layers[place]?.name ?? `+${layers[joins[place - layers.length]].name}`;
  return connections.map(([from, to]) => `${name(from)} > ${name(to)}`);
}

it('goes along a chain, through layers that give what they take', () => {
  const chain = connected(
    { input: [4] },
    [
      ['first', 'Dense', { units: 6 }, 'input'],
      ['dropped', 'Dropout', { rate: 0.5 }, 'first'],
      ['last', 'Dense', { units: 3 }, 'dropped'],
    ],
    ['last'],
  );
  expect(chain).toEqual(['input > first', 'first > dropped', 'dropped > last']);
});

it('has both ends of a shortcut, and layers that are called twice once', () => {
  const residual = connected(
    { input: [4] },
    [
      ['first', 'Dense', { units: 4 }, 'input'],
      ['inner', 'Dense', { units: 4, activation: 'relu' }, 'first'],
      ['sum', 'Add', {}, 'inner', 'first'],
      ['last', 'Dense', { units: 3 }, 'sum'],
    ],
    ['last'],
  );
  expect(residual.toSorted()).toEqual(['first > inner', 'first > sum', 'inner > sum', 'input > first', 'sum > last']);
});

it('has a join where values are combined without a layer for several readers, and none where one reads', () => {
  const network = createNetwork(
    wire(
      { input: [4] },
      [
        ['first', 'Dense', { units: 4 }, 'input'],
        ['sum', 'Add', {}, 'input', 'first'],
        ['inner', 'Dense', { units: 4 }, 'sum'],
        ['end', 'Add', {}, 'sum', 'inner'],
        ['last', 'Dense', { units: 3 }, 'end'],
      ],
      ['last'],
    ),
  );
  // As a framework has it that adds without a layer: the sums are not told.
  const silent: typeof network = {
    ...network,
    apply: (b, inputs, parameters, mode, observe) =>
      network.apply(b, inputs, parameters, mode, (layer, value) => {
        if (layer !== 'sum' && layer !== 'end') observe?.(layer, value);
      }),
  };
  const { connections, joins } = connectionsOf(silent);
  const name = (place: number) =>
    network.layers[place]?.name ?? `+${network.layers[joins[place - network.layers.length]].name}`;
  expect(connections.map(([from, to]) => `${name(from)} > ${name(to)}`).toSorted()).toEqual([
    '+first > inner',
    '+first > last',
    'first > +first',
    'inner > last',
    'input > +first',
    'input > first',
  ]);
});

it('has no circles: a layer that is used again is told each time', () => {
  const network = createNetwork(
    wire(
      { input: [4] },
      [
        ['first', 'Dense', { units: 4 }, 'input'],
        ['relu', 'ReLU', {}, 'first'],
        ['second', 'Dense', { units: 4 }, 'relu'],
        ['relu2', 'ReLU', {}, 'second'],
        ['relu3', 'ReLU', {}, 'relu2'],
        ['last', 'Dense', { units: 3 }, 'relu3'],
      ],
      ['last'],
    ),
  );
  // As of a module that is called for each of them; twice in a row is still one.
  const shared: typeof network = {
    ...network,
    layers: network.layers.filter(({ name }) => !/relu\d/.test(name)),
    apply: (b, inputs, parameters, mode, observe) =>
      network.apply(b, inputs, parameters, mode, (layer, value) => observe?.(layer.replace(/\d/, ''), value)),
  };
  const { connections, joins, uses } = connectionsOf(shared);
  expect(joins).toEqual([]);
  expect(uses.map((place) => shared.layers[place].name)).toEqual(['relu']);
  const name = (place: number) =>
    shared.layers[place]?.name ?? `${shared.layers[uses[place - shared.layers.length]].name} again`;
  expect(connections.map(([from, to]) => `${name(from)} > ${name(to)}`)).toEqual([
    'input > first',
    'first > relu',
    'relu > second',
    'second > relu again',
    'relu again > last',
  ]);
});

it('has what only holds a weight before what computes with it', () => {
  const network = createNetwork(
    wire(
      { input: [4] },
      [
        ['first', 'Dense', { units: 4 }, 'input'],
        ['holder', 'Dense', { units: 4 }, 'input'],
        ['sum', 'Add', {}, 'first', 'holder'],
        ['last', 'Dense', { units: 3 }, 'sum'],
      ],
      ['last'],
    ),
  );
  // As a framework has it in which a module reads the weights of another one.
  const silent: typeof network = {
    ...network,
    apply: (b, inputs, parameters, mode, observe) =>
      network.apply(b, inputs, parameters, mode, (layer, value) => {
        if (layer !== 'holder') observe?.(layer, value);
      }),
  };
  const { connections, joins } = connectionsOf(silent);
  expect(joins).toEqual([]);
  expect(connections.map((pair) => pair.map((place) => network.layers[place].name).join(' > ')).toSorted()).toEqual([
    'first > sum',
    'holder > sum',
    'input > first',
    'input > sum',
    'sum > last',
  ]);
});
