/** Tensors that are made of nothing but numbers: all of them are known. */
import { type Shape, sizeOf } from '../../../../protocol/tensor';
import { expand, reshape } from '../primitives';
import type { Call, Operator, Operators, Value } from '../scope';
import { filled, identity, type Kind, known, type Tensor } from '../tensor';

function kindOf(call: Call, fallback: Kind): Kind {
  const dtype: Value | undefined = call.value(-1, 'dtype');
  if (typeof dtype !== 'object' || dtype === null || !('dtype' in dtype)) return fallback;
  if (dtype.dtype === 'bool') return 'bool';
  return /int/.test(dtype.dtype) ? 'int' : 'float';
}

const wholeOr = (value: number): Kind => (Number.isInteger(value) ? 'int' : 'float');

/** Every element the same: of a shape that is given, or of that of a tensor. */
const constant =
  (value: number): Operator =>
  (_scope, call) =>
    filled(kindOf(call, 'float'), call.numbers(0), value);

const alike =
  (value: number): Operator =>
  (_scope, call) =>
    filled(kindOf(call, call.tensor(0).kind), call.tensor(0).shape, value);

const fresh =
  (value: number): Operator =>
  (_scope, call) =>
    filled(kindOf(call, call.tensor(0).kind), call.numbers(1), value);

const arange: Operator = (_scope, call) => {
  const [start, end, step] =
    call.overload === 'default' ? [0, call.number(0), 1] : [call.number(0), call.number(1), call.number(2, 1)];
  const kind = kindOf(call, [start, end, step].every(Number.isInteger) ? 'int' : 'float');
  const length = Math.max(Math.ceil((end - start) / step), 0);
  return known(
    kind,
    [length],
    Float64Array.from({ length }, (_, i) => start + i * step),
  );
};

const linspace: Operator = (_scope, call) => {
  const [start, end, count] = [call.number(0), call.number(1), call.number(2)];
  const step = count > 1 ? (end - start) / (count - 1) : 0;
  return known(
    'float',
    [count],
    Float64Array.from({ length: count }, (_, i) => start + i * step),
  );
};

const eye: Operator = (_scope, call) => {
  const rows = call.number(0);
  const columns = call.overload === 'm' ? call.number(1) : rows;
  const data = Float64Array.from({ length: rows * columns }, (_, i) => Number(Math.floor(i / columns) === i % columns));
  return known(kindOf(call, 'float'), [rows, columns], data);
};

const meshgrid: Operator = ({ b }, call) => {
  const axes = call.tensors(0);
  const shape: Shape = axes.map((axis) => sizeOf(axis.shape));
  const isTransposed = call.text(-1, 'ij', 'indexing') === 'xy' || call.text(1, 'ij') === 'xy';
  const order = isTransposed ? identity(axes.length).with(0, 1).with(1, 0) : identity(axes.length);
  return axes.map((axis, i): Tensor => {
    const place = order[i];
    const lying = order.map((one) => shape[one]);
    return expand(
      b,
      reshape(
        b,
        axis,
        lying.map((extent, at) => (at === place ? extent : 1)),
      ),
      lying,
    );
  });
};

export const creations: Operators = {
  zeros: constant(0),
  ones: constant(1),
  empty: constant(0),
  full: (_scope, call) => {
    const value = call.number(1);
    return filled(kindOf(call, wholeOr(value)), call.numbers(0), value);
  },
  zeros_like: alike(0),
  ones_like: alike(1),
  empty_like: alike(0),
  full_like: (_scope, call) => filled(kindOf(call, call.tensor(0).kind), call.tensor(0).shape, call.number(1)),
  new_zeros: fresh(0),
  new_ones: fresh(1),
  new_empty: fresh(0),
  new_full: (_scope, call) => filled(kindOf(call, call.tensor(0).kind), call.numbers(1), call.number(2)),
  scalar_tensor: (_scope, call) => filled(kindOf(call, 'float'), [], call.number(0)),
  arange,
  linspace,
  eye,
  meshgrid,
  fill: (_scope, call) => filled(call.tensor(0).kind, call.tensor(0).shape, call.number(1)),
  zero: (_scope, call) => filled(call.tensor(0).kind, call.tensor(0).shape, 0),
};
