/** Normalizations: of batches with the operation that the executors know, of examples composed. */
import { scale, square } from '../../../../graph/compose';
import { batchMean, batchValues } from '../../../../graph/synchronized';
import { channelsLast, inOrder, layOut } from '../layout';
import { add, divide, map, mean, multiply, reshape, sqrt, subtract, sum, times } from '../primitives';
import { type Operator, type Operators, type Scope, Unsupported } from '../scope';
import { type Computed, computed, filled, identity, scalar, type Tensor, toGraph } from '../tensor';

/** A value for each channel in axis 1, of a tensor of a rank. */
function perChannel({ b }: Scope, x: Tensor, rank: number): Tensor {
  return reshape(
    b,
    x,
    Array.from({ length: rank }, (_, axis) => (axis === 1 ? x.shape[0] : 1)),
  );
}

const channelVector = (scope: Scope, x: Tensor | undefined, rank: number) => x && perChannel(scope, x, rank);

/** x with each of its channels shifted and scaled, where there is anything to do so by. */
function affine(scope: Scope, x: Tensor, weight: Tensor | undefined, bias: Tensor | undefined): Tensor {
  const { b } = scope;
  const scaled = weight ? multiply(b, x, weight) : x;
  return bias ? add(b, scaled, bias) : scaled;
}

/** x with mean 0 and variance 1 over axes; as it is in a flow. */
function standardize({ b, isFlow }: Scope, x: Tensor, axes: readonly number[], epsilon: number): Tensor {
  if (isFlow) return x;
  const centered = subtract(b, x, mean(b, x, axes, true));
  const variance = mean(b, multiply(b, centered, centered), axes, true);
  return divide(b, centered, sqrt(b, add(b, variance, scalar(epsilon, 'float'))));
}

/** (input, weight, bias, running mean, running variance, whether the batch's statistics count, momentum, epsilon, …). */
const batchNorm: Operator = (scope, call) => {
  const { b } = scope;
  const x = call.tensor(0);
  const channels = [x.shape[1]];
  const [weight, bias] = [call.tensorOr(1), call.tensorOr(2)];
  const [runningMean, runningVariance] = [call.tensorOr(3), call.tensorOr(4)];
  const epsilon = call.number(7);
  const rank = x.shape.length;
  if (scope.isFlow) {
    // Of statistics 0 and 1, as SynFlow sets them.
    const still = multiply(b, x, scalar(1 / Math.sqrt(1 + epsilon), 'float'));
    return affine(scope, still, channelVector(scope, weight, rank), channelVector(scope, bias, rank));
  }
  if (!call.truth(5, false)) {
    if (!runningMean || !runningVariance) throw new Unsupported('it has no statistics');
    const deviation = sqrt(b, add(b, scope.statistic(runningVariance), scalar(epsilon, 'float')));
    const factor = divide(b, weight ?? filled('float', channels, 1), deviation);
    const shift = subtract(b, bias ?? filled('float', channels, 0), multiply(b, scope.statistic(runningMean), factor));
    return affine(scope, x, perChannel(scope, factor, rank), perChannel(scope, shift, rank));
  }
  const image = layOut(b, toGraph(b, x), channelsLast(rank));
  const vector = (given: Tensor | undefined, value: number) =>
    inOrder(b, toGraph(b, given ?? filled('float', channels, value))).node;
  if (scope.movesStatistics && runningMean && runningVariance) {
    const momentum = call.number(6);
    const move = (statistic: Tensor, batch: Computed) =>
      scope.moveStatistic(
        statistic,
        add(b, times(b, scope.statistic(statistic), 1 - momentum), times(b, batch, momentum)),
      );
    move(runningMean, computed(batchMean(b, image.node)));
    move(runningVariance, computed(unbiasedVariance(scope, image, epsilon)));
  }
  return computed(b.batchNorm(image.node, vector(weight, 1), vector(bias, 0), epsilon), image.axes);
};

/** The batch's unbiased variance per channel, from what batchNorm computes anyway: d = 1/sqrt(variance + epsilon). */
function unbiasedVariance({ b }: Scope, { node }: Computed, epsilon: number) {
  const biased = b.subtract(b.divide(b.constant(1), square(b, b.inverseDeviation(node, epsilon))), b.constant(epsilon));
  const count = batchValues(b, node);
  return count > 1 ? scale(b, biased, count / (count - 1)) : biased;
}

const instanceNorm: Operator = (scope, call) => {
  const x = call.tensor(0);
  const rank = x.shape.length;
  if (!call.truth(5, true)) throw new Unsupported('it normalizes by running statistics');
  const normalized = standardize(scope, x, identity(rank).slice(2), call.number(7, 1e-5));
  const vector = (position: number) => channelVector(scope, call.tensorOr(position), rank);
  return affine(scope, normalized, vector(1), vector(2));
};

const groupNorm: Operator = (scope, call) => {
  const { b } = scope;
  const x = call.tensor(0);
  const groups = call.number(1);
  const [n, channels, ...area] = x.shape;
  const grouped = reshape(b, x, [n, groups, channels / groups, ...area]);
  const normalized = standardize(scope, grouped, identity(grouped.shape.length).slice(2), call.number(4, 1e-5));
  const vector = (position: number) => channelVector(scope, call.tensorOr(position), x.shape.length);
  return affine(scope, reshape(b, normalized, x.shape), vector(2), vector(3));
};

const layerNorm: Operator = (scope, call) => {
  const x = call.tensor(0);
  const count = call.numbers(1).length;
  const normalized = standardize(scope, x, identity(x.shape.length).slice(-count), call.number(4, 1e-5));
  return affine(scope, normalized, call.tensorOr(2), call.tensorOr(3));
};

const rmsNorm: Operator = (scope, call) => {
  const { b } = scope;
  const x = call.tensor(0);
  const axes = identity(x.shape.length).slice(-call.numbers(1).length);
  if (scope.isFlow) return affine(scope, x, call.tensorOr(2), undefined);
  const power = mean(b, multiply(b, x, x), axes, true);
  const root = sqrt(b, add(b, power, scalar(call.number(3, 1.1920928955078125e-7), 'float')));
  return affine(scope, divide(b, x, root), call.tensorOr(2), undefined);
};

/** Length of vectors along axes. */
function normOver(scope: Scope, x: Tensor, order: number, axes: readonly number[], keeps: boolean): Tensor {
  const { b } = scope;
  if (order === 1) return sum(b, map(b, x, { value: Math.abs, node: (_b, node) => b.abs(node) }), axes, keeps);
  if (order !== 2) throw new Unsupported(`its order is ${order}`);
  return sqrt(b, sum(b, multiply(b, x, x), axes, keeps));
}

/** v times g / |v|, over all axes but one: the weight of a weight normalization. */
const weightNorm: Operator = (scope, call) => {
  const { b } = scope;
  const [v, g] = [call.tensor(0), call.tensor(1)];
  const axis = call.axis(2, v.shape.length, 0);
  const others = identity(v.shape.length).filter((one) => one !== axis);
  return multiply(b, v, divide(b, g, normOver(scope, v, 2, others, true)));
};

export const normalizations: Operators = {
  batch_norm: batchNorm,
  instance_norm: instanceNorm,
  group_norm: groupNorm,
  layer_norm: layerNorm,
  rms_norm: rmsNorm,
  _weight_norm: weightNorm,
  linalg_vector_norm: (scope, call) => {
    const x = call.tensor(0);
    return normOver(scope, x, call.number(1, 2), call.axes(2, x.shape.length), call.truth(3, false));
  },
  norm: (scope, call) => {
    const x = call.tensor(0);
    return normOver(scope, x, call.number(1, 2), call.axes(2, x.shape.length), call.truth(3, false));
  },
};
