/** Layers over sequences [steps, channels]: what layers over images are, with images one pixel wide. */
import type { Builder } from '../../../graph/builder';
import { mean } from '../../../graph/compose';
import type { Node, Padding } from '../../../graph/types';
import { formatExtents } from '../../../models/failure';
import type { Shape } from '../../../protocol/tensor';
import { resolveActivation } from '../network/activations';
import { declareBias, type LayerContext, type LayerDefinition, oneInput } from './definition';
import { axisPadding } from './geometry';

/** Fails unless the (first) input is a sequence [steps, channels]; gives both. */
function sequenceShape({ inputs: [input], config, fail }: LayerContext): readonly [steps: number, channels: number] {
  if (config.choice('dataFormat', ['channelsLast', 'channelsFirst'], 'channelsLast') === 'channelsFirst') {
    fail('the data format channelsFirst is not supported.', "Use 'channelsLast': sequences are [steps, channels].");
  }
  if (input.length !== 2) fail(`its input has the shape ${formatExtents(input)}, not [steps, channels].`);
  return [input[0], input[1]];
}

/** [n, steps, c] as images [n, steps, 1, c]. */
const asImages = (b: Builder, x: Node): Node => b.reshape(x, [x.shape[0], x.shape[1], 1, x.shape[2]]);

/** [n, steps, 1, c] as sequences [n, steps, c]. */
const asSequences = (b: Builder, x: Node): Node => b.reshape(x, [x.shape[0], x.shape[1], x.shape[3]]);

type SequencePadding = 'valid' | 'same' | 'causal';

/** Zeros around the steps; `causal` puts all of them before, so that no output sees a later step. */
function stepPadding(rule: SequencePadding, steps: number, window: number, stride: number): Padding {
  const [before, after] = rule === 'causal' ? [window - 1, 0] : axisPadding(rule, steps, window, stride);
  return [before, after, 0, 0];
}

/** Conv1D, with groups and dilation; kernels are [size, in/groups, out]. */
export const convolution1D = oneInput((context) => {
  const { config, fail } = context;
  const [, channels] = sequenceShape(context);
  const filters = config.integer('filters', 1);
  const groups = config.integer('groups', 1, 1);
  if (channels % groups !== 0 || filters % groups !== 0) {
    fail(`${channels} channels and ${filters} filters cannot both be divided into ${groups} groups.`);
  }
  const size = config.size('kernelSize');
  const stride = config.size('strides', 1);
  const dilation = config.size('dilationRate', 1);
  const rule = config.choice<SequencePadding>('padding', ['valid', 'same', 'causal'], 'valid');
  const shape = [size, channels / groups, filters];
  context.parameter({ name: 'kernel', role: 'kernel', shape, option: 'kernel', initializer: 'glorotUniform' });
  const addBias = declareBias(context, filters);
  return {
    activation: resolveActivation(config.value('activation'), fail),
    apply(scope, [x]) {
      const { b } = scope;
      const kernel = b.reshape(scope.parameter('kernel'), [size, 1, channels / groups, filters]);
      const padding = stepPadding(rule, x.shape[1], (size - 1) * dilation + 1, stride);
      const geometry = { strides: [stride, 1], dilations: [dilation, 1], groups, padding } as const;
      return addBias(scope, asSequences(b, b.conv2d(asImages(b, x), kernel, geometry)));
    },
    macs: (_input, [steps]) => steps * filters * size * (channels / groups),
  };
});

function windowPooling(op: 'maxPool' | 'averagePool'): LayerDefinition {
  return oneInput((context) => {
    sequenceShape(context);
    const { config } = context;
    const size = config.size('poolSize', 2);
    const stride = config.size('strides', size);
    const rule = config.choice('padding', ['valid', 'same'], 'valid');
    return {
      apply({ b }, [x]) {
        const padding = stepPadding(rule, x.shape[1], size, stride);
        return asSequences(b, b[op](asImages(b, x), { size: [size, 1], strides: [stride, 1], padding }));
      },
    };
  });
}

function globalPooling(pool: (b: Builder, x: Node, keepDims: boolean, mask?: Node) => Node): LayerDefinition {
  return oneInput((context) => {
    sequenceShape(context);
    // Keras writes `keepdims`.
    const keepDims = context.config.boolean('keepDims', context.config.boolean('keepdims', false));
    return { apply: ({ b, mask }, [x]) => pool(b, x, keepDims, mask.get(x)) };
  });
}

export const maxPooling1D = windowPooling('maxPool');
export const averagePooling1D = windowPooling('averagePool');

/** Mean over the steps that count. */
export const globalAveragePooling1D: LayerDefinition = {
  ...globalPooling((b, x, keepDims, mask) => {
    if (!mask) return mean(b, x, [1], keepDims);
    const counts = b.reshape(mask, [...mask.shape, 1]);
    return b.divide(b.reduceSum(b.multiply(x, counts), [1], keepDims), b.reduceSum(counts, [1], keepDims));
  }),
  masking: 'uses',
};
export const globalMaxPooling1D = globalPooling((b, x, keepDims) => b.reduceMax(x, [1], keepDims));

/** `[before, after]` of an option that is one number or two. */
function readSides({ config, fail }: LayerContext, option: string): readonly [number, number] {
  const value = config.value(option) ?? 1;
  const sides = Array.isArray(value) ? value : [value, value];
  const fits = sides.length === 2 && sides.every((side) => Number.isInteger(side) && (side as number) >= 0);
  return fits
    ? (sides as [number, number])
    : fail(`the option ${option} (${JSON.stringify(value)}) is not understood.`);
}

export const zeroPadding1D = oneInput((context) => {
  sequenceShape(context);
  const [before, after] = readSides(context, 'padding');
  return { apply: ({ b }, [x]) => b.pad(x, [0, before, 0], [0, after, 0]) };
});

export const cropping1D = oneInput((context) => {
  const [steps, channels] = sequenceShape(context);
  const [before, after] = readSides(context, 'cropping');
  const left = steps - before - after;
  if (left < 1) context.fail(`it crops ${before + after} steps of a sequence of ${steps}.`);
  return { apply: ({ b }, [x]) => b.slice(x, [0, before, 0], [x.shape[0], left, channels]) };
});

/** Each step repeated. */
export const upSampling1D = oneInput((context) => {
  sequenceShape(context);
  const size = context.config.size('size', 2);
  return {
    apply({ b }, [x]) {
      const [n, steps, channels] = x.shape;
      const repeated = b.broadcast(b.reshape(x, [n, steps, 1, channels]), [n, steps, size, channels]);
      return b.reshape(repeated, [n, steps * size, channels]);
    },
  };
});

/** A vector [c] as a sequence of `n` equal steps. */
export const repeatVector = oneInput(({ config, inputs: [input], fail }) => {
  if (input.length !== 1) fail(`its input has the shape ${formatExtents(input)}, not [features].`);
  const steps = config.integer('n', 1);
  return {
    apply({ b }, [x]) {
      const [n, features]: Shape = x.shape;
      return b.broadcast(b.reshape(x, [n, 1, features]), [n, steps, features]);
    },
  };
});
