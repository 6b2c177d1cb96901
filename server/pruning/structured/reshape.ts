/** Labels through a reshape: flattening repeats them, and a split is followed where the result is still rectangular. */
import { type Shape, sizeOf } from '../../protocol/tensor';
import { type AxisLabels, fixAxis, type Labels, STAYS } from './labels';

/**
 * An axis of different labels that came apart into several: of heads and their features, of groups and their channels. One of these can
 * lose indices, each with all elements it stands for; which one is seen when all is followed (`settleSplits`).
 */
export interface Split {
  /** The label of each element before. */
  readonly elements: Int32Array;
  /** For each axis that may lose indices the label of each element, the first axis first. */
  readonly candidates: readonly Int32Array[];
  /** Why nothing can go where none of the axes can lose indices. */
  readonly reason: string;
}

/** Axes of the two shapes that hold the same elements: ranges of axes with equal products. */
interface Block {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** Cuts two shapes of one size into the smallest blocks of equal products. */
function alignShapes(from: Shape, to: Shape): readonly Block[] {
  const blocks: Block[] = [];
  let i = 0;
  let j = 0;
  while (i < from.length || j < to.length) {
    const block = { from: [] as number[], to: [] as number[] };
    let left = 1;
    let right = 1;
    if (i < from.length) {
      left = from[i];
      block.from.push(i++);
    }
    if (j < to.length) {
      right = to[j];
      block.to.push(j++);
    }
    while (left !== right) {
      if (left < right) {
        left *= from[i];
        block.from.push(i++);
      } else {
        right *= to[j];
        block.to.push(j++);
      }
    }
    blocks.push(block);
  }
  return blocks;
}

function isRemovable(axis: AxisLabels): boolean {
  return axis?.some((label) => label !== STAYS) ?? false;
}

/** The label of each element of a block in which only `axis` (one of `extents`) can lose indices. */
function spread(axis: Int32Array, position: number, extents: Shape): Int32Array {
  const inner = sizeOf(extents.slice(position + 1));
  return Int32Array.from({ length: sizeOf(extents) }, (_, i) => axis[Math.floor(i / inner) % extents[position]]);
}

/** The labels along `position`, where they depend on nothing but the index along it. */
function gather(elements: Int32Array, position: number, extents: Shape): Int32Array | undefined {
  const inner = sizeOf(extents.slice(position + 1));
  const axis = Int32Array.from({ length: extents[position] }, (_, i) => elements[i * inner]);
  return elements.every((label, i) => label === axis[Math.floor(i / inner) % extents[position]]) ? axis : undefined;
}

/** New labels for the indices along `position` of what `elements` became; those that share an element have one. */
function freshLabels(labels: Labels, elements: Int32Array, position: number, extents: Shape): Int32Array {
  const own = labels.fresh(extents[position]);
  const inner = sizeOf(extents.slice(position + 1));
  const known = new Map<number, number>();
  elements.forEach((element, i) => {
    const label = own[Math.floor(i / inner) % extents[position]];
    const other = known.get(element);
    if (other === undefined) known.set(element, label);
    else if (element !== STAYS) labels.unite(other, label, '');
  });
  return own.map((label) => labels.find(label));
}

/** The number of different labels. */
function countLabels(labels: Labels, elements: Int32Array): number {
  return new Set(elements.map((label) => (label === STAYS ? STAYS : labels.find(label)))).size;
}

/** Lets the first axis of each split that can lose indices do so, and fixes the others. */
export function settleSplits(labels: Labels, splits: readonly Split[]): void {
  for (const { elements, candidates, reason } of splits) {
    const isFree = (axis: Int32Array) =>
      countLabels(labels, axis) > 1 &&
      axis.every((label) => label !== STAYS && labels.describe(label).reason === undefined);
    const chosen = candidates.find(isFree);
    for (const axis of candidates) if (axis !== chosen) fixAxis(labels, axis, reason);
    if (!chosen) fixAxis(labels, elements, reason);
    else
      elements.forEach((label, i) => {
        labels.unite(label, chosen[i], reason);
      });
  }
}

/**
 * The labels of a reshaped tensor. What would not be rectangular any more with indices missing is fixed for `reason`: where
 * two axes that can lose indices become one, or the indices of one axis come apart. With `splits` an axis that comes apart is
 * added there instead.
 */
export function reshapeLabels(
  labels: Labels,
  axes: readonly AxisLabels[],
  from: Shape,
  to: Shape,
  reason: string,
  splits?: Split[],
): readonly AxisLabels[] {
  const result: AxisLabels[] = to.map(() => undefined);
  for (const block of alignShapes(from, to)) {
    const extents = block.from.map((axis) => from[axis]);
    const targets = block.to.map((axis) => to[axis]);
    // The first axis that can lose indices keeps that freedom; the others are fixed.
    const [first, ...others] = block.from.filter((axis) => isRemovable(axes[axis]));
    for (const axis of others) fixAxis(labels, axes[axis], reason);
    if (first === undefined) {
      const stays = block.from.some((axis) => axes[axis] !== undefined);
      if (stays) for (const axis of block.to) result[axis] = new Int32Array(to[axis]).fill(STAYS);
      continue;
    }
    const elements = spread(axes[first]!, block.from.indexOf(first), extents).map((label) =>
      label === STAYS ? STAYS : labels.find(label),
    );
    // Among several axes that could carry the labels, one of extent 1 cannot: it has no index to lose.
    const position = targets.findIndex((extent, i) => extent > 1 && gather(elements, i, targets) !== undefined);
    if (position < 0 && splits) {
      const fresh = targets.map((extent, i) => (extent > 1 ? freshLabels(labels, elements, i, targets) : undefined));
      block.to.forEach((axis, i) => {
        result[axis] = fresh[i];
      });
      const candidates = fresh.flatMap((axis, i) => (axis ? [spread(axis, i, targets)] : []));
      splits.push({ elements, candidates, reason });
      continue;
    }
    block.to.forEach((axis, i) => {
      if (i === position) result[axis] = gather(elements, i, targets);
      else if (to[axis] > 1) result[axis] = new Int32Array(to[axis]).fill(STAYS);
    });
    if (position < 0) fixAxis(labels, axes[first], reason);
  }
  return result;
}
