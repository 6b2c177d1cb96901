/** Nodes, frames and edges. One stop of the tab key, and arrows within. */
import type { TargetedKeyboardEvent, VNode } from 'preact';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { HeatmapState } from '../../server/protocol/editor';
import { densityOf } from './density';
import { EdgesView } from './EdgesView';
import { FrameView } from './FrameView';
import { connectionsBetween, type Module, shownJoins } from './folding';
import { framesAround, nameWithin } from './frames';
import { layoutOf } from './layout';
import { type NodeActions, NodeView } from './NodeView';
import { shortcutsIn } from './shortcuts';
import { useWheelZoom } from './zooming';

export interface GraphActions extends NodeActions {
  onMove(by: number): void;
  onZoom(zoom: number): void;
}

export interface GraphProperties {
  readonly state: HeatmapState;
  readonly nodes: readonly Module[];
  /** The modules that are open, from the outside in. */
  readonly frames: readonly Module[];
  readonly selected: string | undefined;
  readonly zoom: number;
  /** Changes with the theme. */
  readonly theme: number;
  readonly actions: GraphActions;
}

/** Brings the selected node into view where it is not. */
function useFollowing(scroller: { readonly current: HTMLDivElement | null }, selected: string | undefined): void {
  useLayoutEffect(() => {
    scroller.current!.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [selected]);
}

/** The smallest zoom at which text is read with ease. */
const LEAST_READABLE = 0.7;

export function GraphView({ state, nodes, frames, selected, zoom, theme, actions }: GraphProperties): VNode {
  const scroller = useRef<HTMLDivElement>(null);
  const { summary, selection } = state;
  const connections = useMemo(() => connectionsBetween(nodes, summary), [nodes, summary]);
  const shortcuts = useMemo(() => shortcutsIn(connections), [connections]);
  const around = useMemo(
    () => framesAround(nodes, shownJoins(nodes, summary.joins ?? []), frames, summary),
    [nodes, frames, summary],
  );
  const layout = useMemo(() => {
    const joins = around.length - nodes.length - frames.length;
    return layoutOf({ nodes: nodes.length, joins, around }, connections);
  }, [nodes, frames, around, connections]);
  const densities = useMemo(
    () => nodes.map((node) => densityOf(node, summary.layers, selection)),
    [nodes, summary, selection, theme],
  );
  useFollowing(scroller, selected);
  useLayoutEffect(() => {
    const width = scroller.current!.clientWidth;
    if (width < layout.width) actions.onZoom(Math.max(LEAST_READABLE, width / layout.width));
  }, [summary.model]);
  const onWheel = useWheelZoom(scroller, zoom, actions.onZoom);
  const nameOf = (part: number, { path }: Module) => {
    const frame = around[part];
    return nameWithin(path, frame === undefined ? undefined : frames[frame].path);
  };
  const kindOf = (edge: number) => {
    const { from, to } = layout.edges[edge];
    if (densities[from]?.isDead || densities[to]?.isDead) return 'dead';
    return shortcuts.has(connections[edge]) ? 'shortcut' : 'plain';
  };
  const place = nodes.findIndex(({ path }) => path === selected);
  const press = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    const node = nodes[place];
    const [source] = node ? summary.layers[node.layers[0]].source : [];
    if (event.key === 'ArrowDown' || event.key === 'ArrowRight') actions.onMove(1);
    else if (event.key === 'ArrowUp' || event.key === 'ArrowLeft') actions.onMove(-1);
    else if (event.key === 'Enter' && node && node.children.length > 0) actions.onToggle(node.path);
    else if (event.key === 'Enter' && source) actions.onReveal(source);
    else if (event.key === 'Escape') actions.onSelect(undefined);
    else return;
    event.preventDefault();
  };
  const size = { width: `${layout.width}px`, height: `${layout.height}px` };
  return (
    <div
      class="framed-view"
      ref={scroller}
      role="listbox"
      tabIndex={0}
      aria-label={`Layers of ${summary.name}`}
      {...(place >= 0 && { 'aria-activedescendant': `node-${place}` })}
      onKeyDown={press}
      onWheel={onWheel}
    >
      <div class="architecture-plane" role="presentation" style={{ ...size, zoom }}>
        {frames.map((frame, at) => (
          <FrameView
            key={frame.path}
            path={frame.path}
            name={nameOf(around.length - frames.length + at, frame)}
            box={layout.frames[at]}
            onFold={() => actions.onToggle(frame.path)}
          />
        ))}
        <EdgesView layout={layout} kindOf={kindOf} />
        {layout.nodes.slice(nodes.length).map(({ x, y }) => (
          <span
            key={`${x} ${y}`}
            class="architecture-join"
            aria-hidden="true"
            title="Values are combined here"
            style={{ left: `${x}px`, top: `${y}px` }}
          >
            +
          </span>
        ))}
        {nodes.map((node, at) => (
          <NodeView
            key={node.path}
            node={node}
            name={nameOf(at, node)}
            at={layout.nodes[at]}
            place={at}
            state={state}
            isSelected={at === place}
            density={densities[at]}
            actions={actions}
          />
        ))}
      </div>
    </div>
  );
}
