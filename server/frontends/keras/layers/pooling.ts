/** Max and average pooling, over windows and over whole images. */
import type { Builder } from '../../../graph/builder';
import { mean } from '../../../graph/compose';
import type { Node } from '../../../graph/types';
import { imageChannels, type LayerDefinition, oneInput } from './definition';
import { readPooling } from './geometry';

function windowPooling(op: 'maxPool' | 'averagePool'): LayerDefinition {
  return oneInput((context) => {
    imageChannels(context);
    const geometry = readPooling(context);
    return { apply: ({ b }, [x]) => b[op](x, geometry(x.shape)) };
  });
}

function globalPooling(pool: (b: Builder, x: Node, keepDims: boolean) => Node): LayerDefinition {
  return oneInput((context) => {
    imageChannels(context);
    // Keras writes `keepdims`.
    const keepDims = context.config.boolean('keepDims', context.config.boolean('keepdims', false));
    return { apply: ({ b }, [x]) => pool(b, x, keepDims) };
  });
}

const SPATIAL = [1, 2];

export const maxPooling = windowPooling('maxPool');
/** Padding does not count: windows at the border are means of fewer elements. */
export const averagePooling = windowPooling('averagePool');
export const globalAveragePooling = globalPooling((b, x, keepDims) => mean(b, x, SPATIAL, keepDims));
export const globalMaxPooling = globalPooling((b, x, keepDims) => b.reduceMax(x, SPATIAL, keepDims));
