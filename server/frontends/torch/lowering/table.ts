/** The operators that are understood: ATen's by their names without overloads, and Python's arithmetic of sizes. */
import { activations } from './operators/activations';
import { arithmetic } from './operators/arithmetic';
import { attention } from './operators/attention';
import { convolutions } from './operators/convolution';
import { copies } from './operators/copies';
import { creations } from './operators/creation';
import { indexing } from './operators/indexing';
import { products } from './operators/linear';
import { normalizations } from './operators/normalization';
import { paddings } from './operators/padding';
import { parts } from './operators/parts';
import { pooling } from './operators/pooling';
import { randoms } from './operators/random';
import { recurrents } from './operators/recurrent';
import { reductions } from './operators/reductions';
import { shapes } from './operators/shape';
import { python, sizes } from './operators/sizes';
import { windows } from './operators/windows';
import type { Operator, Operators } from './scope';

const ATEN: Operators = {
  ...activations,
  ...arithmetic,
  ...attention,
  ...convolutions,
  ...copies,
  ...creations,
  ...indexing,
  ...normalizations,
  ...paddings,
  ...parts,
  ...pooling,
  ...products,
  ...randoms,
  ...recurrents,
  ...reductions,
  ...shapes,
  ...sizes,
  ...windows,
};

/** A call taken apart: `aten.add_.Tensor` is `add` in place. */
export interface OperatorName {
  readonly namespace: string;
  readonly name: string;
  readonly overload: string;
  readonly isInPlace: boolean;
}

export function parseOperator(operator: string): OperatorName {
  const [namespace, full = '', overload = 'default'] = operator.split('.');
  const isInPlace = namespace === 'aten' && /[^_]_$/.test(full);
  return { namespace, name: isInPlace ? full.slice(0, -1) : full, overload, isInPlace };
}

/** How a call is lowered; undefined where it is not understood. */
export function findOperator({ namespace, name }: OperatorName): Operator | undefined {
  const table = namespace === 'aten' ? ATEN : namespace === 'python' ? python : undefined;
  return table && Object.hasOwn(table, name) ? table[name] : undefined;
}

/** Names of all operators of ATen that are understood. */
export function operatorNames(): readonly string[] {
  return Object.keys(ATEN).sort();
}
