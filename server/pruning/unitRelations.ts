/**
 * Which units reach which without a kernel in between. Two such ways between the same units (a leaky relu's two
 * branches, say) are no two paths, so ways are sets here, not counts.
 */
import type { UnitGraph, UnitLink } from './unitGraph';

/** Pairs of units of two tensors; `same` is each unit with the one of its number. */
export type Relation = 'same' | { readonly sources: Int32Array; readonly targets: Int32Array };

/** For each tensor, the tensors it is made of without a kernel in between: the input, and what kernels give. */
export type Origins = ReadonlyMap<number, Relation>;

const identity = (units: number): Exclude<Relation, 'same'> => {
  const numbers = Int32Array.from({ length: units }, (_, unit) => unit);
  return { sources: numbers, targets: numbers };
};

function fromPairs(pairs: Iterable<number>, targets: number): Relation {
  const sorted = [...new Set(pairs)].sort((a, b) => a - b);
  return {
    sources: Int32Array.from(sorted, (pair) => Math.floor(pair / targets)),
    targets: Int32Array.from(sorted, (pair) => pair % targets),
  };
}

/** First `relation`, then `link`. */
function compose(relation: Relation, link: Exclude<UnitLink, { kind: 'weight' }>, targets: number): Relation {
  if (link.kind === 'same') return relation;
  if (relation === 'same') return link;
  const next = new Map<number, number[]>();
  link.sources.forEach((source, i) => {
    next.set(source, [...(next.get(source) ?? []), link.targets[i]]);
  });
  const pairs: number[] = [];
  relation.sources.forEach((source, i) => {
    for (const target of next.get(relation.targets[i]) ?? []) pairs.push(source * targets + target);
  });
  return fromPairs(pairs, targets);
}

function unite(a: Relation | undefined, b: Relation, targets: number): Relation {
  if (a === undefined || (a === 'same' && b === 'same')) return b;
  const both = [a, b].map((relation) => (relation === 'same' ? identity(targets) : relation));
  return fromPairs(
    both.flatMap(({ sources, targets: ends }) => Array.from(sources, (source, i) => source * targets + ends[i])),
    targets,
  );
}

/** The origins of each tensor. */
export function findOrigins({ units, inputs, links }: UnitGraph): readonly Origins[] {
  const origins: Map<number, Relation>[] = units.map(() => new Map());
  for (let input = 0; input < inputs; input++) origins[input].set(input, 'same');
  for (const link of links) {
    const found = origins[link.to];
    if (link.kind === 'weight') {
      found.set(link.to, 'same');
      continue;
    }
    for (const [origin, relation] of origins[link.from]) {
      found.set(origin, unite(found.get(origin), compose(relation, link, units[link.to]), units[link.to]));
    }
  }
  return origins;
}
