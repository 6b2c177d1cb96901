/** A node of the graph: a layer, or a folded module. */
import type { VNode } from 'preact';
import type { HeatmapState } from '../../server/protocol/editor';
import type { SourceLocation } from '../../server/protocol/errors';
import { densityColor } from '../shared/densityColor';
import { percent, shapeText } from '../shared/format';
import type { NodeDensity } from './density';
import type { Module } from './folding';
import type { Point } from './layout';

export interface NodeActions {
  onSelect(path: string | undefined): void;
  /** Opens or folds a module. */
  onToggle(path: string): void;
  onReveal(place: SourceLocation): void;
}

interface NodeProperties {
  readonly node: Module;
  /** What it is called within its frame. */
  readonly name: string;
  readonly at: Point;
  readonly place: number;
  readonly state: HeatmapState;
  readonly isSelected: boolean;
  readonly density: NodeDensity | undefined;
  readonly actions: NodeActions;
}

/** `12 %`, or that nothing is left. */
function keptText(density: NodeDensity | undefined): string {
  if (!density) return '';
  return density.isDead ? 'dead' : percent(density.kept / density.total);
}

export function NodeView({ node, name, at, place, state, isSelected, density, actions }: NodeProperties): VNode {
  const { layers } = state.summary;
  const isModule = node.children.length > 0;
  const last = layers[node.layers.at(-1)!];
  const what = isModule ? `${node.layers.length} layers` : last.className;
  const shape = shapeText(last.outputShape);
  const kept = keptText(density);
  const told = [node.path, [what, shape].filter(Boolean).join(' · '), kept && !density?.isDead ? `${kept} kept` : kept];
  const color = density && densityColor(density.kept / density.total);
  const open = () => {
    const [source] = layers[node.layers[0]].source;
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
      title={told.filter(Boolean).join('\n')}
      data-path={node.path}
      data-kind={isModule ? 'module' : 'layer'}
      data-dead={density?.isDead ?? false}
      style={{ left: `${at.x}px`, top: `${at.y}px` }}
      onClick={() => actions.onSelect(node.path)}
      onDblClick={open}
    >
      <span class="architecture-density" style={color ? { background: color } : {}} />
      {/* The end of a long name says more than its beginning, which is what the style cuts. */}
      <span class="architecture-name">
        <span class="spoken">{node.path.slice(0, -name.length)}</span>
        <bdi>{name}</bdi>
      </span>
      <span class="architecture-kept">
        {kept}
        {kept && !density?.isDead && <span class="spoken"> kept</span>}
      </span>
      <span class="architecture-text">
        <span class="architecture-what">{what}</span>
        {shape && <span> · {shape}</span>}
      </span>
    </div>
  );
}
