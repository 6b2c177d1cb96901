/**
 * Keras's initializers. Values are always drawn from the run's seed, in a stream of the parameter's own; the `seed` an
 * initializer may carry in its configuration is not used, so that one seed decides everything.
 */

import { type Fail, formatExtents } from '../../../models/failure';
import { type Shape, sizeOf } from '../../../protocol/tensor';
import type { Random } from '../../../random';
import type { ConfigValue } from '../description';
import { normalizeIdentifier } from './config';
import { fillOrthogonal } from './orthogonal';

/** Fills a new tensor (whose shape it was resolved for) with initial values. */
export type Initializer = (out: Float32Array, random: Random) => void;

interface Options {
  number(key: string, fallback: number): number;
  text(key: string, fallback: string): string;
}
type Rule = (shape: Shape, options: Options, fail: Fail) => Initializer;

/**
 * Standard deviation of a standard normal cut at two deviations: dividing by it gives the cut distribution the asked
 * deviation. Keras does so in VarianceScaling, not in TruncatedNormal; tfjs does so in neither, and so starts smaller.
 */
const TRUNCATED_DEVIATION = 0.8796256610342398;

const filled =
  (value: number): Rule =>
  () =>
  (out) =>
    void out.fill(value);

const randomNormal: Rule = (_shape, options) => {
  const mean = options.number('mean', 0);
  const deviation = options.number('stddev', 0.05);
  return (out, random) => random.fillNormal(out, mean, deviation);
};

const randomUniform: Rule = (_shape, options) => {
  const low = options.number('minval', -0.05);
  const high = options.number('maxval', 0.05);
  return (out, random) => random.fillUniform(out, low, high);
};

/** Scales by the fans of the shape: variance = scale / fan. */
function varianceScaling(scale: number, mode: string, distribution: string): Rule {
  return (shape, options, fail) => {
    const { fanIn, fanOut } = computeFans(shape);
    const fans: { readonly [mode: string]: number } = {
      fanin: fanIn,
      fanout: fanOut,
      fanavg: (fanIn + fanOut) / 2,
    };
    const modeName = options.text('mode', mode);
    const fan = fans[normalizeIdentifier(modeName)] ?? fail(`the initializer's mode ${modeName} is not known.`);
    const variance = options.number('scale', scale) / Math.max(1, fan);
    if (!(variance > 0)) fail(`the initializer's scale must be above 0.`);
    const deviation = Math.sqrt(variance);
    const limit = Math.sqrt(3 * variance);
    const name = options.text('distribution', distribution);
    switch (normalizeIdentifier(name)) {
      case 'normal':
      case 'truncatednormal':
        return (out, random) => random.fillTruncatedNormal(out, 0, deviation / TRUNCATED_DEVIATION);
      case 'untruncatednormal':
        return (out, random) => random.fillNormal(out, 0, deviation);
      case 'uniform':
        return (out, random) => random.fillUniform(out, -limit, limit);
      default:
        return fail(`the initializer's distribution ${name} is not known.`);
    }
  };
}

const rules: { readonly [identifier: string]: Rule } = {
  zeros: filled(0),
  ones: filled(1),
  constant: (_shape, options) => {
    const value = options.number('value', 0);
    return (out) => void out.fill(value);
  },
  randomnormal: randomNormal,
  randomuniform: randomUniform,
  truncatednormal: (_shape, options) => {
    const mean = options.number('mean', 0);
    const deviation = options.number('stddev', 0.05);
    return (out, random) => random.fillTruncatedNormal(out, mean, deviation);
  },
  variancescaling: varianceScaling(1, 'fanIn', 'truncatedNormal'),
  glorotnormal: varianceScaling(1, 'fanAvg', 'truncatedNormal'),
  glorotuniform: varianceScaling(1, 'fanAvg', 'uniform'),
  henormal: varianceScaling(2, 'fanIn', 'truncatedNormal'),
  heuniform: varianceScaling(2, 'fanIn', 'uniform'),
  lecunnormal: varianceScaling(1, 'fanIn', 'truncatedNormal'),
  lecununiform: varianceScaling(1, 'fanIn', 'uniform'),
  orthogonal: (shape, options, fail) => {
    if (shape.length < 2) fail(`the initializer Orthogonal needs two axes, not the shape ${formatExtents(shape)}.`);
    const gain = options.number('gain', 1);
    const columns = shape[shape.length - 1];
    return (out, random) => fillOrthogonal(out, sizeOf(shape) / columns, columns, gain, random);
  },
  identity: (shape, options, fail) => {
    if (shape.length !== 2) fail(`the initializer Identity needs two axes, not the shape ${formatExtents(shape)}.`);
    const gain = options.number('gain', 1);
    return (out) => {
      out.fill(0);
      for (let i = 0; i < Math.min(shape[0], shape[1]); i++) out[i * shape[1] + i] = gain;
    };
  },
};

/** Names Keras accepts besides the class names. */
const aliases: { readonly [identifier: string]: string } = {
  zero: 'zeros',
  one: 'ones',
  normal: 'randomnormal',
  uniform: 'randomuniform',
  identityinitializer: 'identity',
  orthogonalinitializer: 'orthogonal',
};

const supported =
  'Zeros, Ones, Constant, RandomNormal, RandomUniform, TruncatedNormal, VarianceScaling, GlorotNormal, GlorotUniform, ' +
  'HeNormal, HeUniform, LeCunNormal, LeCunUniform, Orthogonal and Identity';

/**
 * The initializer an identifier (a name or `{ className, config }`) stands for, for tensors of `shape`. An unknown one, or
 * one that does not fit the shape, ends in `fail`.
 */
export function resolveInitializer(identifier: ConfigValue, shape: Shape, fail: Fail): Initializer {
  const isObject = typeof identifier === 'object' && identifier !== null && !Array.isArray(identifier);
  const name = isObject ? identifier.className : identifier;
  if (typeof name !== 'string') return fail(`the initializer ${JSON.stringify(identifier)} is not understood.`);
  const normalized = normalizeIdentifier(name);
  const rule = rules[aliases[normalized] ?? normalized];
  if (!rule) return fail(`the initializer ${name} is not supported.`, `Supported are ${supported}.`);

  const config = ((isObject ? identifier.config : undefined) ?? {}) as { readonly [key: string]: ConfigValue };
  return rule(
    shape,
    {
      number(key, fallback) {
        const value = config[key] ?? fallback;
        return typeof value === 'number' ? value : fail(`the initializer's ${key} must be a number.`);
      },
      text: (key, fallback) => String(config[key] ?? fallback),
    },
    fail,
  );
}

/**
 * Keras's count of a weight's inputs and outputs: a dense kernel [in, out] has these; any kernel with more axes has its
 * last two as in and out (whatever they mean to the layer) times the size of the window.
 */
export function computeFans(shape: Shape): { readonly fanIn: number; readonly fanOut: number } {
  if (shape.length === 0) return { fanIn: 1, fanOut: 1 };
  if (shape.length === 1) return { fanIn: shape[0], fanOut: shape[0] };
  const window = sizeOf(shape.slice(0, -2));
  return { fanIn: window * shape[shape.length - 2], fanOut: window * shape[shape.length - 1] };
}
