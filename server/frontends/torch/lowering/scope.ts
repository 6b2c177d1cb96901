/** What the lowering of an operator works with. */
import type { Builder } from '../../../graph/builder';
import { scalar, type Tensor } from './tensor';

/** A value of the exported graph: a tensor, several of them, or what Python has besides. */
export type Value = Tensor | number | string | boolean | null | { readonly dtype: string } | readonly Value[];

export interface Scope {
  readonly b: Builder;
  /** Whether dropout and other noise is drawn. */
  readonly isNoisy: boolean;
  /** Whether activations are the identity, and normalizations only scale and shift: see `Mode`. */
  readonly isFlow: boolean;
  /** Whether the statistics of batch normalization move. */
  readonly movesStatistics: boolean;
  /** A new tensor of noise, laid out as a node: 0 with probability `rate`, else 1 / (1 - rate). */
  dropoutMask(shape: readonly number[], rate: number): Tensor;
  /** New normal noise around 0. */
  gaussian(shape: readonly number[], deviation: number): Tensor;
  /** The value that a statistic has by now. */
  statistic(tensor: Tensor): Tensor;
  /** Gives a statistic a new value. */
  moveStatistic(tensor: Tensor, value: Tensor): void;
}

/** The arguments of one call. What is missing or of another kind ends in an Unsupported. */
export interface Call {
  /** `conv2d`, without the underscore of calls in place. */
  readonly name: string;
  readonly overload: string;
  readonly count: number;
  value(position: number, keyword?: string): Value | undefined;
  /** Numbers count as tensors. */
  tensor(position: number): Tensor;
  tensorOr(position: number): Tensor | undefined;
  tensors(position: number): readonly Tensor[];
  number(position: number, fallback?: number, keyword?: string): number;
  numbers(position: number, fallback?: readonly number[]): readonly number[];
  truth(position: number, fallback: boolean, keyword?: string): boolean;
  text(position: number, fallback: string, keyword?: string): string;
  /** An axis of a tensor of that rank, counted from the end where negative. */
  axis(position: number, rank: number, fallback?: number): number;
  /** Axes, ascending; all of them where none are given. */
  axes(position: number, rank: number): readonly number[];
  /** Shape of the tensor at a position in the batch that was exported. */
  exportedShape(position: number): readonly number[] | undefined;
}

/** Gives the result of a call. */
export type Operator = (scope: Scope, call: Call) => Value;

export type Operators = { readonly [name: string]: Operator };

/** What this call does cannot be expressed; the message is a clause: `its kernel has 5 dimensions`. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported';
}

export function isTensor(value: Value | undefined): value is Tensor {
  return typeof value === 'object' && value !== null && 'place' in value;
}

/** A pair from one number or two. */
export function pairOf(numbers: readonly number[]): readonly [number, number] {
  return numbers.length === 1 ? [numbers[0], numbers[0]] : [numbers[0], numbers[1]];
}

interface Given {
  readonly name: string;
  readonly overload: string;
  readonly args: readonly Value[];
  readonly kwargs: { readonly [name: string]: Value };
  readonly exportedShape: Call['exportedShape'];
}

export function createCall({ name, overload, args, kwargs, exportedShape }: Given): Call {
  const value = (position: number, keyword?: string): Value | undefined => {
    const given = args[position] ?? (keyword === undefined ? undefined : kwargs[keyword]);
    return given === null ? undefined : given;
  };
  const wrong = (position: number, what: string): never => {
    throw new Unsupported(`its argument ${position + 1} is not ${what}`);
  };
  const asTensor = (given: Value | undefined, position: number): Tensor => {
    if (typeof given === 'number') return scalar(given);
    if (typeof given === 'boolean') return scalar(Number(given), 'bool');
    return isTensor(given) ? given : wrong(position, 'a tensor');
  };
  const asNumber = (given: Value | undefined, position: number): number => {
    if (typeof given === 'number') return given;
    if (typeof given === 'boolean') return Number(given);
    if (isTensor(given) && given.place === 'known' && given.data.length === 1) return given.data[0];
    return wrong(position, 'a number');
  };
  const numbers: Call['numbers'] = (position, fallback) => {
    const given = value(position);
    if (given === undefined && fallback) return fallback;
    return Array.isArray(given) ? given.map((one) => asNumber(one, position)) : [asNumber(given, position)];
  };
  const axisIn = (axis: number, rank: number, position: number): number => {
    const resolved = axis < 0 ? axis + Math.max(rank, 1) : axis;
    return resolved >= 0 && resolved < Math.max(rank, 1) ? resolved : wrong(position, 'an axis');
  };
  return {
    name,
    overload,
    count: args.length,
    value,
    tensor: (position) => asTensor(value(position), position),
    tensorOr: (position) => {
      const given = value(position);
      return given === undefined ? undefined : asTensor(given, position);
    },
    tensors: (position) => {
      const given = value(position);
      return Array.isArray(given) ? given.map((one) => asTensor(one, position)) : wrong(position, 'a list of tensors');
    },
    number: (position, fallback, keyword) => {
      const given = value(position, keyword);
      return given === undefined && fallback !== undefined ? fallback : asNumber(given, position);
    },
    numbers,
    truth: (position, fallback, keyword) => {
      const given = value(position, keyword);
      return given === undefined ? fallback : Boolean(asNumber(given, position));
    },
    text: (position, fallback, keyword) => {
      const given = value(position, keyword);
      return typeof given === 'string' ? given : fallback;
    },
    axis: (position, rank, fallback) => {
      const given = value(position);
      return axisIn(
        given === undefined && fallback !== undefined ? fallback : asNumber(given, position),
        rank,
        position,
      );
    },
    axes: (position, rank) => {
      const given = numbers(position, []);
      const all = given.length === 0 ? Array.from({ length: rank }, (_, axis) => axis) : given;
      return all.map((axis) => axisIn(axis, rank, position)).sort((left, right) => left - right);
    },
    exportedShape,
  };
}
