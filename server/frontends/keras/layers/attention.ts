/**
 * Dot-product attention (Luong et al. 2015) and multi-head attention (Vaswani et al. 2017), composed of products and softmax, so
 * that every criterion has all derivatives it needs.
 */
import type { Builder } from '../../../graph/builder';
import { scale, softmax } from '../../../graph/compose';
import type { Node } from '../../../graph/types';
import { formatExtents } from '../../../models/failure';
import { type Shape, sizeOf } from '../../../protocol/tensor';
import { type CallScope, type LayerContext, type LayerDefinition, readRate } from './definition';

/** Stands for minus infinity in scores that are masked out. */
const FAR_BELOW = -1e9;

/** Scores [..., queries, keys] in which a query sees no later key. */
function causal(b: Builder, scores: Node): Node {
  const [queries, keys] = scores.shape.slice(-2);
  const hidden = Float64Array.from({ length: queries * keys }, (_, i) =>
    i % keys > Math.floor(i / keys) ? FAR_BELOW : 0,
  );
  return b.add(scores, b.literal(hidden, [queries, keys]));
}

/** Scores [n, …, queries, keys] without the keys that `mask` [n, keys] leaves out. */
function withoutMasked(b: Builder, scores: Node, mask: Node | undefined): Node {
  if (!mask) return scores;
  const [n, keys] = mask.shape;
  const between = Array.from({ length: scores.shape.length - 2 }, () => 1);
  const penalty = scale(b, b.subtract(b.constant(1), mask), FAR_BELOW);
  return b.add(scores, b.reshape(penalty, [n, ...between, keys]));
}

interface Attending {
  readonly rate: number;
  readonly isCausal: boolean;
}

/** Weights of the keys for each query: softmax of the scores, with dropout while training; the scores where all flows. */
function weightsOf(scope: CallScope, scores: Node, mask: Node | undefined, { rate, isCausal }: Attending): Node {
  const { b, mode, dropoutMask } = scope;
  if (mode === 'flow') return scores;
  const weights = softmax(b, withoutMasked(b, isCausal ? causal(b, scores) : scores, mask));
  return mode === 'train' && rate > 0 ? b.multiply(weights, dropoutMask(weights.shape, rate)) : weights;
}

function readAttending(context: LayerContext): Attending {
  return { rate: readRate(context, 'dropout', 0), isCausal: context.config.boolean('useCausalMask', false) };
}

/** Query, value and key, which is the value where it is not given; all of them sequences [steps, features]. */
function checkInputs({ inputs, fail }: LayerContext): readonly [query: Shape, value: Shape, key: Shape] {
  if (inputs.length < 2 || inputs.length > 3) {
    fail(`it takes a query, a value and perhaps a key, but has ${inputs.length} inputs.`);
  }
  const wrong = inputs.find((shape) => shape.length !== 2);
  if (wrong) fail(`an input has the shape ${formatExtents(wrong)}, not [steps, features].`);
  return [inputs[0], inputs[1], inputs[2] ?? inputs[1]];
}

/** Attention: softmax(query key^T) value, without parameters but for a common scale. */
export const attention: LayerDefinition = {
  inputs: 'several',
  masking: 'uses',
  build(context) {
    const { config, fail } = context;
    const [query, value] = checkInputs(context);
    if (config.choice('scoreMode', ['dot', 'concat'], 'dot') === 'concat') {
      fail("the score mode 'concat' is not supported.", "Use 'dot'.");
    }
    const hasScale = config.boolean('useScale', false);
    const attending = readAttending(context);
    if (hasScale) context.parameter({ name: 'scale', role: 'gamma', shape: [], option: 'scale', initializer: 'ones' });
    return {
      apply(scope, [q, v, k = v]) {
        const { b, parameter } = scope;
        const products = b.matmul(q, k, { transposeB: true });
        const scores = hasScale ? b.multiply(products, parameter('scale')) : products;
        return b.matmul(weightsOf(scope, scores, scope.mask.get(v), attending), v);
      },
      macs: () => query[0] * value[0] * (query[1] + value[1]),
    };
  },
};

/** x [n, steps, features] times a kernel [features, heads, size], bias added: [n, heads, steps, size]. */
function project(scope: CallScope, x: Node, name: string, hasBias: boolean): Node {
  const { b, parameter } = scope;
  const kernel = parameter(`${name}/kernel`);
  const [features, heads, size] = kernel.shape;
  const [n, steps] = x.shape;
  const rows = b.matmul(b.reshape(x, [n * steps, features]), b.reshape(kernel, [features, heads * size]));
  const biased = hasBias ? b.add(rows, b.reshape(parameter(`${name}/bias`), [heads * size])) : rows;
  return b.transpose(b.reshape(biased, [n, steps, heads, size]), [0, 2, 1, 3]);
}

/** Heads [n, heads, steps, size] brought together by a kernel [heads, size, out]. */
function combine(scope: CallScope, x: Node, hasBias: boolean): Node {
  const { b, parameter } = scope;
  const kernel = parameter('attention_output/kernel');
  const [heads, size, features] = kernel.shape;
  const [n, , steps] = x.shape;
  const rows = b.reshape(b.transpose(x, [0, 2, 1, 3]), [n * steps, heads * size]);
  const combined = b.matmul(rows, b.reshape(kernel, [heads * size, features]));
  const biased = hasBias ? b.add(combined, parameter('attention_output/bias')) : combined;
  return b.reshape(biased, [n, steps, features]);
}

function readOutput({ config, fail }: LayerContext, query: Shape): number {
  const value = config.value('outputShape');
  if (value === undefined) return query[1];
  const [size, ...rest] = [value].flat();
  if (rest.length > 0 || !Number.isInteger(size)) {
    return fail(`the option outputShape (${JSON.stringify(value)}) must be one size.`);
  }
  return size as number;
}

/** MultiHeadAttention: kernels [in, heads, size] of query, key and value, and [heads, size, out] of the output. */
export const multiHeadAttention: LayerDefinition = {
  inputs: 'several',
  masking: 'uses',
  build(context) {
    const { config, fail } = context;
    const [query, value, key] = checkInputs(context);
    const heads = config.integer('numHeads', 1);
    const keySize = config.integer('keyDim', 1);
    const valueSize = config.integer('valueDim', 1, keySize);
    const hasBias = config.boolean('useBias', true);
    if (config.value('attentionAxes') !== undefined && JSON.stringify(config.value('attentionAxes')) !== '[1]') {
      fail('the option attentionAxes is not supported.', 'Attention is over the steps of [steps, features].');
    }
    // How it is computed, which changes nothing.
    for (const option of ['flashAttention', 'softmaxRobustMasking', 'queryShape', 'keyShape', 'valueShape'])
      config.value(option);
    const attending = readAttending(context);
    const features = readOutput(context, query);
    const declareProjection = (name: string, inputs: number, size: number) => {
      const shape = [inputs, heads, size];
      context.parameter({
        name: `${name}/kernel`,
        role: 'kernel',
        shape,
        inputAxes: [0],
        option: 'kernel',
        initializer: 'glorotUniform',
      });
      if (!hasBias) return;
      const bias = { name: `${name}/bias`, role: 'bias', shape: [heads, size], option: 'bias' } as const;
      context.parameter({ ...bias, initializer: 'zeros' });
    };
    declareProjection('query', query[1], keySize);
    declareProjection('key', key[1], keySize);
    declareProjection('value', value[1], valueSize);
    const output = { option: 'kernel', initializer: 'glorotUniform', shape: [heads, valueSize, features] } as const;
    context.parameter({ ...output, name: 'attention_output/kernel', role: 'kernel', inputAxes: [0, 1] });
    if (hasBias) {
      const bias = { name: 'attention_output/bias', role: 'bias', shape: [features], option: 'bias' } as const;
      context.parameter({ ...bias, initializer: 'zeros' });
    }
    const perStep = (steps: Shape, size: number) => sizeOf(steps) * heads * size;
    return {
      apply(scope, [q, v, k = v]) {
        const { b } = scope;
        const queries = scale(b, project(scope, q, 'query', hasBias), 1 / Math.sqrt(keySize));
        const keys = project(scope, k, 'key', hasBias);
        const values = project(scope, v, 'value', hasBias);
        const scores = b.matmul(queries, keys, { transposeB: true });
        const heard = b.matmul(weightsOf(scope, scores, scope.mask.get(v), attending), values);
        return combine(scope, heard, hasBias);
      },
      macs: () =>
        perStep(query, keySize) +
        perStep(key, keySize) +
        perStep(value, valueSize) +
        query[0] * value[0] * heads * (keySize + valueSize) +
        query[0] * heads * valueSize * features,
    };
  },
};
