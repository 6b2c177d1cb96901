/** Operators that give the same values again, of another kind perhaps. */
import { steady } from '../primitives';
import { isTensor, type Operator, type Operators, Unsupported, type Value } from '../scope';
import { type Kind, mapped, type Tensor } from '../tensor';

const same: Operator = (_scope, call) => call.tensor(0);

function kindOf(dtype: Value | undefined): Kind | undefined {
  if (typeof dtype !== 'object' || dtype === null || !('dtype' in dtype)) return undefined;
  if (dtype.dtype === 'bool') return 'bool';
  return /int/.test(dtype.dtype) ? 'int' : 'float';
}

/** x with values of another kind; floating point has one width here. */
export function cast(x: Tensor, kind: Kind | undefined): Tensor {
  if (kind === undefined || kind === x.kind) return x;
  if (x.place === 'known') {
    if (kind === 'bool') return mapped(x, (value) => Number(value !== 0), kind);
    return kind === 'int' ? mapped(x, Math.trunc, kind) : { ...x, kind };
  }
  if (x.kind === 'float') throw new Unsupported(`values that depend on the input become whole numbers (${kind})`);
  if (x.node.dtype === 'int32' && kind === 'float') throw new Unsupported('it computes with the numbers of tokens');
  return { ...x, kind };
}

const converted: Operator = (_scope, call) => {
  const x = call.tensor(0);
  const positions = Array.from({ length: Math.max(call.count - 1, 0) }, (_, i) => call.value(i + 1));
  const other = positions.find(isTensor);
  if (other) return cast(x, other.kind);
  return cast(x, kindOf(call.value(-1, 'dtype') ?? positions.find((one) => kindOf(one))));
};

export const copies: Operators = {
  contiguous: same,
  clone: same,
  alias: same,
  lift_fresh_copy: same,
  positive: same,
  detach: ({ b }, call) => steady(b, call.tensor(0)),
  to: converted,
  _to_copy: converted,
  type_as: converted,
};
