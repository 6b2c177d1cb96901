/** Where nodes, frames and edges lie: from the input at the top to the output at the bottom. */
import dagre from '@dagrejs/dagre';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Of the nodes, those of joins last. `x` and `y` are those of the upper left corner. */
  readonly nodes: readonly Box[];
  readonly frames: readonly Box[];
  readonly edges: readonly { readonly from: number; readonly to: number; readonly points: readonly Point[] }[];
}

/** Pixels of a node; the style sheet has the same. */
export const NODE = { width: 240, height: 46 };

/** Pixels of a join. */
export const JOIN = { width: 20, height: 20 };

/** Pixels around the whole graph. */
const MARGIN = 16;

/** Pixels between a frame and what is around it, for its title. */
const FRAME_GAP = 14;

/** What is laid out, each by its place: nodes, behind them joins, and behind those frames. */
export interface Parts {
  readonly nodes: number;
  readonly joins: number;
  /** The frame around each part, from 0; undefined where there is none. */
  readonly around: readonly (number | undefined)[];
}

/** Lays out parts with these connections between the places of nodes and joins. */
export function layoutOf(parts: Parts, connections: readonly (readonly [number, number])[]): Layout {
  const count = parts.nodes + parts.joins;
  const { length } = parts.around;
  const graph = new dagre.graphlib.Graph({ compound: true });
  graph.setGraph({
    rankdir: 'TB',
    nodesep: 28,
    ranksep: length > count ? 26 + FRAME_GAP : 26,
    marginx: MARGIN,
    marginy: MARGIN,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  const sizeOf = (place: number) => (place < parts.nodes ? NODE : JOIN);
  for (let place = 0; place < length; place++) graph.setNode(String(place), place < count ? { ...sizeOf(place) } : {});
  for (const [place, frame] of parts.around.entries()) {
    if (frame !== undefined) graph.setParent(String(place), String(count + frame));
  }
  for (const [from, to] of connections) graph.setEdge(String(from), String(to));
  dagre.layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { readonly width?: number; readonly height?: number };
  const ways = connections.map(([from, to]) => {
    const { points } = graph.edge(String(from), String(to)) as { readonly points: readonly Point[] };
    return { from, to, points };
  });
  // The size that is told is that of the nodes; edges go around them.
  const across = ways.flatMap(({ points }) => points.map(({ x }) => x));
  const left = Math.min(0, ...across.map((x) => x - MARGIN));
  const right = Math.max(width, ...across.map((x) => x + MARGIN));
  const boxes = Array.from({ length }, (_, place): Box => {
    const { x, y, ...size } = graph.node(String(place)) as Box;
    return { x: x - size.width / 2 - left, y: y - size.height / 2, width: size.width, height: size.height };
  });
  return {
    width: right - left,
    height,
    nodes: boxes.slice(0, count),
    frames: boxes.slice(count),
    edges: ways.map(({ points, ...ends }) => ({ ...ends, points: points.map(({ x, y }) => ({ x: x - left, y })) })),
  };
}

/** The way of an edge for an SVG, rounded at its corners. */
export function pathOf(points: readonly Point[]): string {
  const [first, ...others] = points;
  const last = others.at(-1)!;
  const corners = others.slice(0, -1).map((point, at) => {
    const next = others[at + 1];
    const end = next === last ? last : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    return `Q${point.x},${point.y} ${end.x},${end.y}`;
  });
  return `M${first.x},${first.y}${corners.length > 0 ? corners.join('') : `L${last.x},${last.y}`}`;
}
