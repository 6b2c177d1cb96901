/** Shortcuts: connections beside which another way leads from one end to the other. */

type Connection = readonly [from: number, to: number];

/** The connections that are shortcuts, of those of a network without circles. */
export function shortcutsIn(connections: readonly Connection[]): ReadonlySet<Connection> {
  const readers = new Map<number, number[]>();
  for (const [from, to] of connections) readers.set(from, [...(readers.get(from) ?? []), to]);
  const hasOtherWay = ([from, to]: Connection): boolean => {
    const next = (readers.get(from) ?? []).filter((reader) => reader !== to);
    const seen = new Set(next);
    for (let at = next.pop(); at !== undefined; at = next.pop()) {
      if (at === to) return true;
      for (const reader of readers.get(at) ?? []) {
        if (seen.has(reader)) continue;
        seen.add(reader);
        next.push(reader);
      }
    }
    return false;
  };
  return new Set(connections.filter(hasOtherWay));
}
