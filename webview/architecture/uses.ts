/** Layers that are used several times, as a layer for each use. */
import type { LayerSummary, ModelSummary } from '../../server/protocol/results';

/** A layer of the graph. */
export interface ShownLayer extends LayerSummary {
  /** The name of the layer that is used again here; its weights are counted there. */
  readonly of?: string;
}

/** `relu (2)` */
function usedAgain(layer: LayerSummary, count: number): ShownLayer {
  return { ...layer, name: `${layer.name} (${count})`, of: layer.name, parameters: [], macs: 0 };
}

/** What is known of a layer's shape is that of its last use. */
const withoutShape = <Layer extends LayerSummary>(layer: Layer): Layer => ({ ...layer, outputShape: [] });

/** The network with each further use of a layer as a layer of its own, behind the last one that it reads from, and without `uses`. */
export function withUses<Summary extends Pick<ModelSummary, 'layers' | 'connections' | 'joins' | 'uses'>>(
  summary: Summary,
): Summary {
  const { layers, connections = [], joins = [], uses = [] } = summary;
  if (uses.length === 0) return summary;
  const firstUse = layers.length + joins.length;
  /** Behind which layer something stands; uses read from earlier ones only. */
  const behind: number[] = [];
  const placeOf = (at: number) =>
    at < layers.length ? at : at < firstUse ? joins[at - layers.length] : (behind[at - firstUse] ?? 0);
  for (const at of uses.keys()) {
    const sources = connections.filter(([, to]) => to === firstUse + at).map(([from]) => placeOf(from));
    behind.push(Math.max(0, ...sources));
  }
  const counts = new Map<number, number>();
  const again = uses.map((place, at) => {
    const count = (counts.get(place) ?? 1) + 1;
    counts.set(place, count);
    return { layer: usedAgain(layers[place], count), at: firstUse + at, behind: behind[at] };
  });
  const isLast = ({ at }: { readonly at: number }) => !uses.includes(uses[at - firstUse], at - firstUse + 1);
  const shown = layers.flatMap((layer, at) => [
    { layer: counts.has(at) ? withoutShape(layer) : layer, at },
    ...again
      .filter((use) => use.behind === at)
      .map((use) => (isLast(use) ? use : { ...use, layer: withoutShape(use.layer) })),
  ]);
  const numbers = new Map(shown.map(({ at }, place) => [at, place]));
  for (const at of joins.keys()) numbers.set(layers.length + at, shown.length + at);
  return {
    ...summary,
    layers: shown.map(({ layer }) => layer),
    connections: connections.map(([from, to]) => [numbers.get(from)!, numbers.get(to)!] as const),
    joins: joins.map((place) => numbers.get(place)!),
    uses: [],
  };
}
