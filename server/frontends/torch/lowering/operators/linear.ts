/** Products of matrices. */
import { sizeOf } from '../../../../protocol/tensor';
import {
  add,
  divide,
  exchange,
  MAXIMUM,
  matmul,
  multiply,
  permute,
  reshape,
  sqrt,
  sum,
  times,
  zip,
} from '../primitives';
import { type Call, type Operator, type Operators, type Scope, Unsupported } from '../scope';
import { scalar, type Tensor } from '../tensor';

/** x [..., in] times a weight [out, in], and a bias [out]. */
export function linear({ b }: Scope, x: Tensor, weight: Tensor, bias: Tensor | undefined): Tensor {
  if (weight.shape.length === 1) return sum(b, multiply(b, x, weight), [x.shape.length - 1]);
  const product = matmul(b, x, exchange(weight, 0, 1));
  return bias ? add(b, product, bias) : product;
}

/** beta * bias + alpha * product. */
const added: Operator = ({ b }, call) => {
  const product = times(b, matmul(b, call.tensor(1), call.tensor(2)), call.number(-1, 1, 'alpha'));
  return add(b, times(b, call.tensor(0), call.number(-1, 1, 'beta')), product);
};

const product: Operator = ({ b }, call) => matmul(b, call.tensor(0), call.tensor(1));

interface Term {
  readonly letters: string;
  readonly tensor: Tensor;
}

const elementsOf = (letters: string, extents: ReadonlyMap<string, number>) =>
  [...letters].reduce((total, letter) => total * extents.get(letter)!, 1);

/** The sum of a term over the letters that are not kept. */
function sumOut({ b }: Scope, { letters, tensor }: Term, kept: string): Term {
  const axes = [...letters].flatMap((letter, axis) => (kept.includes(letter) ? [] : [axis]));
  if (axes.length === 0) return { letters, tensor };
  return { letters: [...letters].filter((letter) => kept.includes(letter)).join(''), tensor: sum(b, tensor, axes) };
}

/** The product of two terms, summed over the letters that are not kept. */
function contract(scope: Scope, x: Term, y: Term, kept: string): Term {
  const { b } = scope;
  const [left, right] = [sumOut(scope, x, kept + y.letters), sumOut(scope, y, kept + x.letters)];
  const extents = new Map(
    [left, right].flatMap(({ letters, tensor }) => [...letters].map((one, i) => [one, tensor.shape[i]])),
  );
  const shared = [...left.letters].filter((letter) => right.letters.includes(letter));
  const batch = shared.filter((letter) => kept.includes(letter)).join('');
  const inner = shared.filter((letter) => !kept.includes(letter)).join('');
  const rows = [...left.letters].filter((letter) => !shared.includes(letter)).join('');
  const columns = [...right.letters].filter((letter) => !shared.includes(letter)).join('');
  const arranged = ({ letters, tensor }: Term, order: string, shape: readonly number[]) =>
    reshape(
      b,
      permute(
        tensor,
        [...order].map((letter) => letters.indexOf(letter)),
      ),
      shape,
    );
  const size = (letters: string) => elementsOf(letters, extents);
  const batches = [...batch].map((letter) => extents.get(letter)!);
  const result = matmul(
    b,
    arranged(left, batch + rows + inner, [...batches, size(rows), size(inner)]),
    arranged(right, batch + inner + columns, [...batches, size(inner), size(columns)]),
  );
  const letters = batch + rows + columns;
  return {
    letters,
    tensor: reshape(
      b,
      result,
      [...letters].map((letter) => extents.get(letter)!),
    ),
  };
}

/** Letters of `...`, which stands for axes that all terms have first. */
const REST = 'ABCDEFGHIJ';

function readEquation(call: Call): { readonly terms: readonly Term[]; readonly output: string } {
  const tensors = call.tensors(1);
  const equation = call.text(0, '').replaceAll(' ', '');
  const [inputs, given] = equation.split('->');
  const spelled = inputs.split(',').map((letters, i) => {
    const rest = tensors[i].shape.length - letters.replace('...', '').length;
    return letters.replace('...', REST.slice(0, Math.max(rest, 0)));
  });
  const longest = spelled.reduce(
    (most, letters) => Math.max(most, [...letters].filter((one) => REST.includes(one)).length),
    0,
  );
  const once = [...new Set(spelled.join(''))].filter((one) => spelled.join('').split(one).length === 2).sort();
  const output = given?.replace('...', REST.slice(0, longest)) ?? once.join('');
  const terms = spelled.map((letters, i) => ({ letters, tensor: tensors[i] }));
  if (terms.some(({ letters }) => new Set(letters).size !== letters.length)) {
    throw new Unsupported(`the equation ${equation} takes a diagonal`);
  }
  return { terms, output };
}

const einsum: Operator = (scope, call) => {
  const { terms, output } = readEquation(call);
  const [first, ...others] = terms;
  const result = others.reduce<Term>((left, right, i) => {
    const later = others
      .slice(i + 1)
      .map(({ letters }) => letters)
      .join('');
    return contract(scope, left, right, output + later);
  }, first);
  const { letters, tensor } = sumOut(scope, result, output);
  return permute(
    tensor,
    [...output].map((letter) => letters.indexOf(letter)),
  );
};

/** Cosine of the angle between x and y along an axis. */
const cosine: Operator = (scope, call) => {
  const { b } = scope;
  const [x, y] = [call.tensor(0), call.tensor(1)];
  const rank = Math.max(x.shape.length, y.shape.length);
  const axes = [call.axis(2, rank, 1)];
  const length = (one: Tensor) => {
    const least = scalar(call.number(3, 1e-8) ** 2, 'float');
    return sqrt(b, zip(b, sum(b, multiply(b, one, one), axes), least, MAXIMUM));
  };
  return divide(b, sum(b, multiply(b, x, y), axes), multiply(b, length(x), length(y)));
};

/** Sums of products over axes of x and those of y: (x, y, axes of x, axes of y). */
const tensordot: Operator = ({ b }, call) => {
  const [x, y] = [call.tensor(0), call.tensor(1)];
  const left = call.numbers(2).map((axis) => (axis < 0 ? axis + x.shape.length : axis));
  const right = call.numbers(3).map((axis) => (axis < 0 ? axis + y.shape.length : axis));
  const rows = x.shape.flatMap((_, axis) => (left.includes(axis) ? [] : [axis]));
  const columns = y.shape.flatMap((_, axis) => (right.includes(axis) ? [] : [axis]));
  const extents = (one: Tensor, axes: readonly number[]) => axes.map((axis) => one.shape[axis]);
  const inner = sizeOf(extents(x, left));
  const first = reshape(b, permute(x, [...rows, ...left]), [sizeOf(extents(x, rows)), inner]);
  const second = reshape(b, permute(y, [...right, ...columns]), [inner, sizeOf(extents(y, columns))]);
  return reshape(b, matmul(b, first, second), [...extents(x, rows), ...extents(y, columns)]);
};

export const products: Operators = {
  linear: (scope, call) => linear(scope, call.tensor(0), call.tensor(1), call.tensorOr(2)),
  addmm: added,
  addmv: added,
  baddbmm: added,
  mm: product,
  bmm: product,
  mv: product,
  matmul: product,
  dot: product,
  vdot: product,
  cosine_similarity: cosine,
  tensordot,
  einsum,
  outer: ({ b }, call) => {
    const [x, y] = [call.tensor(0), call.tensor(1)];
    return multiply(b, reshape(b, x, [...x.shape, 1]), reshape(b, y, [1, ...y.shape]));
  },
};
