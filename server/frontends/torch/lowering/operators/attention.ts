/** Attention, composed of products and softmax, so that it has all derivatives. */
import { add, choose, exchange, expand, matmul, reshape, softmax, times } from '../primitives';
import type { Operator, Operators, Scope } from '../scope';
import { filled, known, type Tensor } from '../tensor';
import { dropout } from './random';

/** Stands for minus infinity in scores that are masked out. */
const FAR_BELOW = -1e30;

/** Scores [..., queries, keys] in which a query sees no later key. */
function causal(queries: number, keys: number): Tensor {
  const hidden = Float64Array.from({ length: queries * keys }, (_, i) =>
    i % keys > Math.floor(i / keys) ? FAR_BELOW : 0,
  );
  return known('float', [queries, keys], hidden);
}

/** What a mask adds to scores: itself, or far below zero where it is false. */
function penalty({ b }: Scope, mask: Tensor): Tensor {
  return mask.kind === 'bool' ? choose(b, mask, filled('float', [], 0), filled('float', [], FAR_BELOW)) : mask;
}

/** Heads of keys or values, each repeated for several heads of queries. */
function repeatHeads({ b }: Scope, x: Tensor, heads: number): Tensor {
  const [n, own, ...rest] = x.shape;
  if (own === heads) return x;
  const wide = expand(b, reshape(b, x, [n, own, 1, ...rest]), [n, own, heads / own, ...rest]);
  return reshape(b, wide, [n, heads, ...rest]);
}

/** (query, key, value, mask, dropout, whether it is causal; scale, whether keys are shared by groups of queries). */
const scaledDotProduct: Operator = (scope, call) => {
  const { b } = scope;
  const query = call.tensor(0);
  const rank = query.shape.length;
  const isGrouped = call.truth(-1, false, 'enable_gqa');
  const shared = (x: Tensor) => (isGrouped ? repeatHeads(scope, x, query.shape[1]) : x);
  const [key, value] = [shared(call.tensor(1)), shared(call.tensor(2))];
  const factor = call.number(-1, 1 / Math.sqrt(query.shape[rank - 1]), 'scale');
  const products = times(b, matmul(b, query, exchange(key, rank - 2, rank - 1)), factor);
  if (scope.isFlow) return matmul(b, products, value);
  const mask = call.tensorOr(3);
  const masked = mask ? add(b, products, penalty(scope, mask)) : products;
  const scores = call.truth(5, false) ? add(b, masked, causal(query.shape[rank - 2], key.shape[rank - 2])) : masked;
  const weights = softmax(b, scores, rank - 1);
  return matmul(b, dropout(scope, weights, call.number(4, 0)), value);
};

export const attention: Operators = { scaled_dot_product_attention: scaledDotProduct };
