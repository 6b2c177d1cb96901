/** The residual network of `test/bench/reference.py`, whose parameters come in the same order. */

import type { LayerDescription, ModelDescription } from '../../server/frontends/keras/description';
import { createNetwork } from '../../server/frontends/keras/network/createNetwork';
import { describeNetwork, type GoldenNetwork } from '../support/golden';

export interface ResnetSize {
  /** Of images. */
  readonly size: number;
  /** Channels of the first stage. */
  readonly width: number;
  /** Blocks of each stage. */
  readonly blocks: number;
}

export const RESNET_20: ResnetSize = { size: 32, width: 16, blocks: 3 };
/** Plain PyTorch needs 8 channels: with fewer, oneDNN writes beyond its memory in the gradient of a strided 1x1 convolution. */
export const SMALL_RESNET: ResnetSize = { size: 8, width: 8, blocks: 1 };

export function residualNetwork({ size, width, blocks }: ResnetSize) {
  const stages = [0, 1, 2].flatMap((stage) =>
    Array.from({ length: blocks }, (_, block) => ({
      type: 'block' as const,
      name: `stage${stage + 1}_block${block + 1}`,
      filters: width * 2 ** stage,
      stride: stage > 0 && block === 0 ? 2 : 1,
    })),
  );
  const layers: GoldenNetwork = {
    name: `resnet-${6 * blocks + 2}`,
    network: {
      input: [size, size, 3],
      layers: [
        { type: 'conv', name: 'conv1', filters: width, kernel: 3, stride: 1, bn: true, relu: true },
        ...stages,
        { type: 'gap', name: 'pool' },
        { type: 'dense', name: 'classes', units: 10, bias: true },
      ],
    },
    bn_epsilon: 1e-5,
  };
  return createNetwork(paddedAsPytorch(describeNetwork(layers, '/resnet.ts')));
}

/**
 * With as much padding on both sides: Keras has strided convolutions pad on one side only, where PyTorch's models pad on both.
 */
function paddedAsPytorch(model: ModelDescription): ModelDescription {
  const layers = model.layers.flatMap((layer): readonly LayerDescription[] => {
    const { kernelSize, strides } = layer.config;
    if (layer.className !== 'Conv2D' || kernelSize !== 3 || strides !== 2) return [layer];
    const name = `${layer.name}_pad`;
    return [
      { ...layer, name, className: 'ZeroPadding2D', config: { padding: 1 } },
      { ...layer, config: { ...layer.config, padding: 'valid' }, calls: [[{ layer: name, call: 0, output: 0 }]] },
    ];
  });
  return { ...model, layers };
}
