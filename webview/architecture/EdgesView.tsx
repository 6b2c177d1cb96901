/** The edges of the graph. */
import type { VNode } from 'preact';
import { type Layout, pathOf } from './layout';

/** Kinds of edges, each with an arrow of its color. */
const KINDS = ['plain', 'shortcut', 'dead'] as const;

interface EdgesProperties {
  readonly layout: Layout;
  /** Of each edge, by its place. */
  kindOf(edge: number): (typeof KINDS)[number];
}

export function EdgesView({ layout: { width, height, edges }, kindOf }: EdgesProperties): VNode {
  const arrow = { viewBox: '0 0 8 8', refX: '7', refY: '4', markerWidth: '7', markerHeight: '7', orient: 'auto' };
  return (
    <svg width={width} height={height} aria-hidden="true">
      <defs>
        {KINDS.map((kind) => (
          <marker key={kind} id={`arrow-${kind}`} {...arrow}>
            <path d="M0,0L8,4L0,8z" class="architecture-arrow" data-kind={kind} />
          </marker>
        ))}
      </defs>
      {edges.map(({ from, to, points }, at) => (
        <path
          key={`${from} ${to}`}
          d={pathOf(points)}
          class="architecture-edge"
          data-kind={kindOf(at)}
          marker-end={`url(#arrow-${kindOf(at)})`}
        />
      ))}
    </svg>
  );
}
