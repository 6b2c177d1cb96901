/** Beside the graph: what is known of the selected node. */
import type { VNode } from 'preact';
import type { HeatmapState } from '../../server/protocol/editor';
import type { SourceLocation } from '../../server/protocol/errors';
import { baseName, count, percent, shapeText, shortCount } from '../shared/format';
import { Button } from '../shared/toolkit';
import { densityOf } from './density';
import { type Module, sizeOf } from './folding';

export interface NodeDetailsActions {
  onReveal(place: SourceLocation): void;
  onToggle(path: string): void;
}

interface NodeDetailsProperties {
  readonly state: HeatmapState;
  /** Undefined where none is selected. */
  readonly node: Module | undefined;
  /** The open modules around it, from the outside in. */
  readonly around: readonly Module[];
  readonly actions: NodeDetailsActions;
}

/** Name and value of what is known, without what is not. */
function factsOf({ summary, selection }: HeatmapState, node: Module): readonly (readonly [string, string])[] {
  const { layers } = summary;
  const last = layers[node.layers.at(-1)!];
  const { weights, macs } = sizeOf(node, layers);
  const density = densityOf(node, layers, selection);
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['What', node.layers.length > 1 ? `${node.layers.length} layers` : last.className],
    ['Gives', shapeText(last.outputShape)],
    ['Parameters', count(weights)],
    ['MACs', shortCount(macs)],
    ['Kept', density && `${count(density.kept)} of ${count(density.total)}, ${percent(density.kept / density.total)}`],
    ['On a path', density?.connected === undefined ? undefined : count(density.connected)],
  ];
  return facts.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value] as const]));
}

/** The lines that made a layer, and of a module those of its layers, each once. */
function placesOf({ summary }: HeatmapState, { layers }: Module): readonly SourceLocation[] {
  const most = 6;
  const all =
    layers.length === 1 ? summary.layers[layers[0]].source : layers.flatMap((at) => summary.layers[at].source[0] ?? []);
  return [...new Map(all.map((place) => [`${place.file}:${place.line}`, place])).values()].slice(0, most);
}

export function NodeDetails({ state, node, around, actions }: NodeDetailsProperties): VNode {
  if (!node) {
    return (
      <aside class="framed-details architecture-details" aria-label="Selected layer">
        <p class="note">
          Select a layer for its numbers and its line. A double click opens a module, or the line of a layer; a click on
          the name of an open module folds it.
        </p>
      </aside>
    );
  }
  return (
    <aside class="framed-details architecture-details" aria-label="Selected layer">
      <h2>{node.path}</h2>
      <div class="architecture-actions">
        {node.children.length > 0 && <Button label="Open module" onClick={() => actions.onToggle(node.path)} />}
        {around.map(({ path }) => (
          <Button key={path} label={`Fold ${path}`} onClick={() => actions.onToggle(path)} />
        ))}
      </div>
      <dl class="facts">
        {factsOf(state, node).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div class="architecture-actions">
        {placesOf(state, node).map((place) => (
          <Button
            key={`${place.file}:${place.line}`}
            label={`${baseName(place.file)}:${place.line}`}
            title="Open this line"
            onClick={() => actions.onReveal(place)}
          />
        ))}
      </div>
    </aside>
  );
}
