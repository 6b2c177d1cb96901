import { expect, it } from 'vitest';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import { UserError } from '../../../server/protocol/errors';
import { initialWeights } from '../../../server/pruning';
import { chain } from '../../support/networks';

it('a parameter larger than anything that could be trained is refused by name, before memory is taken', () => {
  const network = createNetwork(chain([8], ['wide', 'Dense', { units: 1e12 }]));
  expect(() => initialWeights(network, 0)).toThrow(UserError);
  expect(() => initialWeights(network, 0)).toThrow(/^wide\/kernel has 8,000,000,000,000 values; a parameter may have/);
});
