/** The sum of what the users of a node contribute to its cotangent. */
import type { Builder } from './builder';
import type { Node, OpNode } from './types';

/** A contribution that is zero outside of a range along one axis. */
interface Part {
  readonly term: OpNode<'pad'>;
  readonly axis: number;
  readonly begin: number;
  readonly end: number;
}

/**
 * Adds contributions of one shape, with as few passes over the whole tensor as may be.
 *
 * Parts of a tensor that was cut along an axis (the steps of a sequence, the gates of a cell, the
 * heads of an attention) are put beside each other where they do not overlap: adding T of them, each with zeros around it, would cost T
 * times the whole tensor. Likewise Σ aᵗ y of a matrix that many products share (a cell's, at each step) is one product of all rows.
 */
export function sumOfContributions(b: Builder, terms: readonly Node[]): Node {
  if (terms.length === 1) return terms[0];
  const parts = disjointParts(terms);
  const products = terms.filter(isProductOverRows);
  const taken = new Set<Node>([
    ...(parts.length > 1 ? parts.map(({ term }) => term) : []),
    ...(products.length > 1 ? products : []),
  ]);
  return addAll(b, [
    ...terms.filter((term) => !taken.has(term)),
    ...(parts.length > 1 ? [join(b, parts)] : []),
    ...(products.length > 1 ? [productOverAllRows(b, products)] : []),
  ]);
}

const addAll = (b: Builder, terms: readonly Node[]): Node => terms.reduce((sum, term) => b.add(sum, term));

/** The first of the contributions that lie beside each other along one axis, in the order of their places. */
function disjointParts(terms: readonly Node[]): readonly Part[] {
  const all = terms.flatMap((term) => partOf(term) ?? []);
  if (all.length < 2) return [];
  const sorted = all.filter(({ axis }) => axis === all[0].axis).sort((one, other) => one.begin - other.begin);
  const apart: Part[] = [];
  for (const part of sorted) if (part.begin >= (apart.at(-1)?.end ?? 0)) apart.push(part);
  return apart;
}

function partOf(term: Node): Part | undefined {
  if (term.op !== 'pad') return undefined;
  const { before, after } = term.attributes;
  const axes = term.shape.flatMap((_, axis) => (before[axis] + after[axis] > 0 ? [axis] : []));
  if (axes.length !== 1) return undefined;
  const [axis] = axes;
  return { term, axis, begin: before[axis], end: term.shape[axis] - after[axis] };
}

/** Zeros fill what no part covers. */
function join(b: Builder, parts: readonly Part[]): Node {
  const [{ axis, term }] = parts;
  const zeros = (extent: number) =>
    extent > 0
      ? [
          b.constant(
            0,
            term.shape.map((whole, i) => (i === axis ? extent : whole)),
          ),
        ]
      : [];
  const blocks: Node[] = [];
  let end = 0;
  for (const part of parts) {
    blocks.push(...zeros(part.begin - end), part.term.args[0]);
    end = part.end;
  }
  return b.concat([...blocks, ...zeros(term.shape[axis] - end)], axis);
}

/** aᵗ y of matrices a [rows, m] and y [rows, n]. */
function isProductOverRows(term: Node): term is OpNode<'matmul'> {
  return term.op === 'matmul' && term.attributes.transposeA && !term.attributes.transposeB && term.shape.length === 2;
}

function productOverAllRows(b: Builder, products: readonly OpNode<'matmul'>[]): Node {
  const [left, right] = [0, 1].map((side) =>
    b.concat(
      products.map(({ args }) => args[side]),
      0,
    ),
  );
  return b.matmul(left, right, { transposeA: true });
}
