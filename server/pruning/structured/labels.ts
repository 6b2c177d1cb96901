/**
 * Channels that must stay or go together, as a union-find over labels. A label stands for one index along an axis of a
 * parameter; labels that some operation pairs (both sides of an addition, the channels a kernel reads) are united.
 */

/**
 * For each index along an axis the label of what it belongs to, or {@link STAYS} where it can never be removed. Absent for
 * an axis along which nothing is removed and whose extent follows from elsewhere (a broadcast, the batch, an extent of 1).
 */
export type AxisLabels = Int32Array | undefined;

/** The label of an index that is always there. */
export const STAYS = -1;

/** What is known of a set of united labels. */
export interface LabelSet {
  /** Why its members cannot be removed; absent where they can. */
  readonly reason?: string;
  /** Layers that make different tensors depend on one another through these labels. */
  readonly ties: ReadonlySet<string>;
}

export interface Labels {
  /** New labels, each a set of its own. */
  fresh(count: number): Int32Array;
  /** The representative of the label's set. */
  find(label: number): number;
  /** Makes two labels one; one with {@link STAYS} is fixed for `reason`. `tie` is the layer that brings them together. */
  unite(a: number, b: number, reason: string, tie?: string): void;
  /** Declares that a label can never be removed. The first reason given is kept. */
  fix(label: number, reason: string): void;
  describe(label: number): LabelSet;
}

const noTies: ReadonlySet<string> = new Set();

/** An empty collection of labels. */
export function createLabels(): Labels {
  const parents: number[] = [];
  const reasons = new Map<number, string>();
  const ties = new Map<number, Set<string>>();

  function find(label: number): number {
    let root = label;
    while (parents[root] !== root) root = parents[root];
    for (let at = label; at !== root; ) {
      const next = parents[at];
      parents[at] = root;
      at = next;
    }
    return root;
  }

  function fix(label: number, reason: string): void {
    if (label === STAYS) return;
    const root = find(label);
    if (!reasons.has(root)) reasons.set(root, reason);
  }

  return {
    find,
    fix,
    fresh(count) {
      const first = parents.length;
      for (let i = 0; i < count; i++) parents.push(first + i);
      return Int32Array.from({ length: count }, (_, i) => first + i);
    },
    unite(a, b, reason, tie) {
      if (a === STAYS || b === STAYS) {
        fix(a === STAYS ? b : a, reason);
        return;
      }
      const kept = find(a);
      const merged = find(b);
      if (kept === merged) return;
      parents[merged] = kept;
      if (tie !== undefined) ties.set(kept, (ties.get(kept) ?? new Set()).add(tie));
      const why = reasons.get(merged);
      if (why !== undefined) fix(kept, why);
      const others = ties.get(merged);
      if (others) ties.set(kept, new Set([...(ties.get(kept) ?? []), ...others]));
    },
    describe(label) {
      const root = find(label);
      const reason = reasons.get(root);
      return { ...(reason !== undefined && { reason }), ties: ties.get(root) ?? noTies };
    },
  };
}

/** Unites two axes index by index; gives the labels of the axis they have in common. */
export function uniteAxes(labels: Labels, a: AxisLabels, b: AxisLabels, reason: string, tie?: string): AxisLabels {
  if (!a || !b) return a ?? b;
  for (let i = 0; i < a.length; i++) labels.unite(a[i], b[i], reason, tie);
  // Where one side stays, both do.
  return a.map((label, i) => (b[i] === STAYS ? STAYS : label));
}

/** Fixes every label of an axis. */
export function fixAxis(labels: Labels, axis: AxisLabels, reason: string): void {
  axis?.forEach((label) => {
    labels.fix(label, reason);
  });
}
