/** Where nodes and edges lie: from the input at the top to the output at the bottom. */
import dagre from '@dagrejs/dagre';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Upper left corners of the nodes, those of joins last. */
  readonly nodes: readonly Point[];
  readonly edges: readonly { readonly from: number; readonly to: number; readonly points: readonly Point[] }[];
}

/** Pixels of a node; the style sheet has the same. */
export const NODE = { width: 220, height: 46 };

/** Pixels of a join. */
export const JOIN = { width: 20, height: 20 };

export interface Counts {
  readonly nodes: number;
  readonly joins: number;
}

/** Lays out nodes and, behind them, joins with these connections between their places. */
export function layoutOf(counts: Counts, connections: readonly (readonly [number, number])[]): Layout {
  const count = counts.nodes + counts.joins;
  const sizeOf = (place: number) => (place < counts.nodes ? NODE : JOIN);
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: 'TB', nodesep: 28, ranksep: 26, marginx: 16, marginy: 16 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (let place = 0; place < count; place++) graph.setNode(String(place), { ...sizeOf(place) });
  for (const [from, to] of connections) graph.setEdge(String(from), String(to));
  dagre.layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { readonly width?: number; readonly height?: number };
  return {
    width,
    height,
    nodes: Array.from({ length: count }, (_, place) => {
      const { x, y } = graph.node(String(place)) as Point;
      const size = sizeOf(place);
      return { x: x - size.width / 2, y: y - size.height / 2 };
    }),
    edges: connections.map(([from, to]) => {
      const { points } = graph.edge(String(from), String(to)) as { readonly points: readonly Point[] };
      return { from, to, points };
    }),
  };
}

/** The way of an edge for an SVG, rounded at its corners. */
export function pathOf(points: readonly Point[]): string {
  const [first, ...others] = points;
  const last = others.at(-1)!;
  const middle = others.slice(0, -1).map((point, at) => {
    const next = others[at + 1];
    const end = at === others.length - 2 ? point : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    return `Q${point.x},${point.y} ${end.x},${end.y}`;
  });
  return `M${first.x},${first.y}${middle.join('')}L${last.x},${last.y}`;
}
