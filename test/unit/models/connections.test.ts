/** How layers are connected. */
import { expect, it } from 'vitest';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import { connectionsOf } from '../../../server/models/connections';
import { wire } from '../../support/wiring';

function connected(...given: Parameters<typeof wire>): readonly string[] {
  const network = createNetwork(wire(...given));
  const name = (place: number) => network.layers[place].name;
  return connectionsOf(network).map(([from, to]) => `${name(from)} > ${name(to)}`);
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
