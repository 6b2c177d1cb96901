/** Nodes and edges. One stop of the tab key, and arrows within. */
import type { TargetedKeyboardEvent, VNode } from 'preact';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { HeatmapState } from '../../server/protocol/editor';
import type { SourceLocation } from '../../server/protocol/errors';
import { densityColor } from '../shared/densityColor';
import { percent, shapeText } from '../shared/format';
import { densityOf, type NodeDensity } from './density';
import { connectionsBetween, type Module, shownJoins } from './folding';
import { layoutOf, type Point, pathOf } from './layout';
import { shortcutsIn } from './shortcuts';

export interface GraphActions {
  onSelect(path: string | undefined): void;
  onMove(by: number): void;
  /** Opens or folds a module. */
  onToggle(path: string): void;
  onReveal(place: SourceLocation): void;
}

export interface GraphProperties {
  readonly state: HeatmapState;
  readonly nodes: readonly Module[];
  readonly selected: string | undefined;
  readonly zoom: number;
  /** Changes with the theme. */
  readonly theme: number;
  readonly actions: GraphActions;
}

interface NodeProperties {
  readonly node: Module;
  readonly at: Point;
  readonly place: number;
  readonly state: HeatmapState;
  readonly isSelected: boolean;
  readonly density: NodeDensity | undefined;
  readonly actions: GraphActions;
}

/** `Conv2D · 32 × 32 × 64`, `12 layers · 10`. */
function nodeText({ layers }: Module, { summary }: HeatmapState): string {
  const last = summary.layers[layers.at(-1)!];
  const what = layers.length > 1 ? `${layers.length} layers` : last.className;
  return [what, shapeText(last.outputShape)].filter((part) => part !== '').join(' · ');
}

/** `12 % kept`, or that nothing is left. */
function keptText(density: NodeDensity | undefined): string {
  if (!density) return '';
  return density.isDead ? 'dead' : percent(density.kept / density.total);
}

/** Characters of a name that there is room for. */
const LONGEST_NAME = 22;

/** What a node is called within the graph: the end of a long name says more than its beginning. All of it is spoken. */
function Name({ path }: { readonly path: string }): VNode {
  if (path.length <= LONGEST_NAME) return <span class="architecture-name">{path}</span>;
  return (
    <span class="architecture-name">
      <span aria-hidden="true">…{path.slice(1 - LONGEST_NAME)}</span>
      <span class="spoken">{path}</span>
    </span>
  );
}

function NodeView({ node, at, place, state, isSelected, density, actions }: NodeProperties): VNode {
  const isModule = node.children.length > 0;
  const text = nodeText(node, state);
  const kept = keptText(density);
  const color = density && densityColor(density.kept / density.total);
  const open = () => {
    const [source] = state.summary.layers[node.layers[0]].source;
    if (isModule) actions.onToggle(node.path);
    else if (source) actions.onReveal(source);
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list hears the keys.
    // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus.
    <div
      class="architecture-node"
      role="option"
      id={`node-${place}`}
      aria-selected={isSelected}
      title={[node.path, text, kept && !density?.isDead ? `${kept} kept` : kept].filter(Boolean).join('\n')}
      data-path={node.path}
      data-kind={isModule ? 'module' : 'layer'}
      data-dead={density?.isDead ?? false}
      style={{ left: `${at.x}px`, top: `${at.y}px` }}
      onClick={() => actions.onSelect(node.path)}
      onDblClick={open}
    >
      <span class="architecture-density" style={color ? { background: color } : {}} />
      <Name path={node.path} />
      <span class="architecture-kept">
        {kept}
        {kept && !density?.isDead && <span class="spoken"> kept</span>}
      </span>
      <span class="architecture-text">{text}</span>
    </div>
  );
}

/** Brings the selected node into view where it is not. */
function useFollowing(scroller: { readonly current: HTMLDivElement | null }, selected: string | undefined): void {
  useLayoutEffect(() => {
    scroller.current!.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [selected]);
}

export function GraphView({ state, nodes, selected, zoom, theme, actions }: GraphProperties): VNode {
  const scroller = useRef<HTMLDivElement>(null);
  const { summary, selection } = state;
  const connections = useMemo(() => connectionsBetween(nodes, summary), [nodes, summary]);
  const shortcuts = useMemo(() => shortcutsIn(connections), [connections]);
  const layout = useMemo(() => {
    const joins = shownJoins(nodes, summary.joins ?? []).length;
    return layoutOf({ nodes: nodes.length, joins }, connections);
  }, [nodes, connections]);
  const densities = useMemo(
    () => nodes.map((node) => densityOf(node, summary.layers, selection)),
    [nodes, summary, selection, theme],
  );
  useFollowing(scroller, selected);
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
    >
      <div class="architecture-plane" role="presentation" style={{ ...size, zoom }}>
        <svg width={layout.width} height={layout.height} aria-hidden="true">
          <defs>
            <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
              <path d="M0,0L8,4L0,8z" class="architecture-arrow" />
            </marker>
          </defs>
          {layout.edges.map(({ from, to, points }, at) => (
            <path
              key={`${from} ${to}`}
              d={pathOf(points)}
              class="architecture-edge"
              data-shortcut={shortcuts.has(connections[at])}
              data-dead={densities[from]?.isDead || densities[to]?.isDead || false}
              marker-end="url(#arrow)"
            />
          ))}
        </svg>
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
