import { describe, expect, it } from 'vitest';
import { createNetwork } from '../../../../../server/frontends/keras/network/createNetwork';
import { goldenNames, loadGolden } from '../../../../support/golden';
import { relativeError, runNetwork, type Values } from '../../../../support/networks';

describe('golden nets', () => {
  it.each(goldenNames)('%s gives the stored logits', async (name) => {
    const { description, parameters, tensors } = await loadGolden(name);
    const network = createNetwork(description);
    const trained = network.parameters.filter((parameter) => parameter.trainable);
    expect(trained.map((parameter) => [parameter.name, parameter.shape]).sort()).toEqual(
      [...parameters].map(([key, tensor]) => [key, tensor.shape]).sort(),
    );
    const values = Object.fromEntries(parameters) as { [name: string]: Values };
    for (const mode of ['score', 'train'] as const) {
      const { logits } = runNetwork(network, tensors.get('batch/0/x') as Values, mode, values);
      expect(relativeError(logits.data, tensors.get('logits/train/0')!.data)).toBeLessThan(1e-5);
    }
  });
});
