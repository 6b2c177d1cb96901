import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeSafetensors } from '../../../server/files/safetensors';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import { floatTensor } from '../../../server/protocol/tensor';
import { readWeights } from '../../../server/request/weights';
import { temporaryFolder } from '../../support/models';
import { chain } from '../../support/networks';

it('reads weights by the names that Keras 3 and TensorFlow give them', async () => {
  const network = createNetwork(
    chain(
      [4, 4, 2],
      ['dw', 'DepthwiseConv2D', { kernelSize: 3 }],
      ['flat', 'Flatten', {}],
      ['d', 'Dense', { units: 2 }],
    ),
  );
  const file = join(temporaryFolder({}), 'w.safetensors');
  const kernel = Float32Array.from({ length: 18 }, (_, i) => i);
  const dense = Float32Array.from({ length: 16 }, (_, i) => -i);
  await writeSafetensors(
    file,
    new Map([
      ['dw/kernel', floatTensor([3, 3, 2, 1], kernel)],
      ['d/kernel:0', floatTensor([8, 2], dense)],
    ]),
  );
  const weights = await readWeights(network, 0, file);
  expect(weights.get('dw/depthwise_kernel')).toEqual(kernel);
  expect(weights.get('d/kernel')).toEqual(dense);
});
