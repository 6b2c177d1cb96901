/** The architecture graph as it follows from its state. */
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { exactPercent } from '../shared/format';
import { Button } from '../shared/toolkit';
import { Notices } from '../shared/view';
import { type GraphActions, GraphView } from './GraphView';
import { NodeDetails, type NodeDetailsActions } from './NodeDetails';
import { type ArchitecturePage, shownNodes } from './state';

/** What the page does; nothing of it changes while the page lives. */
export interface ArchitectureActions extends GraphActions, NodeDetailsActions {
  onToggleAll(isOpen: boolean): void;
  onZoom(zoom: number): void;
  onCloseNotice(message: string): void;
}

interface ArchitectureProperties {
  readonly page: ArchitecturePage;
  readonly actions: ArchitectureActions;
}

/** By how much a press of a button makes the graph larger. */
const ZOOM_STEP = 1.25;

function Toolbar({ page, actions }: ArchitectureProperties): VNode {
  const { state, zoom } = page;
  const { selection, sparsity = 0, scores = [], shown } = state ?? {};
  const title = scores.find(({ method }) => method === shown)?.title;
  return (
    <div class="toolbar architecture-toolbar">
      <Button label="Open all" onClick={() => actions.onToggleAll(true)} />
      <Button label="Fold all" onClick={() => actions.onToggleAll(false)} />
      <Button label="−" title="Smaller" onClick={() => actions.onZoom(zoom / ZOOM_STEP)} />
      <Button label="+" title="Larger" onClick={() => actions.onZoom(zoom * ZOOM_STEP)} />
      <span class="note" role="status">
        {selection
          ? `Colors: what ${title ?? shown} keeps at ${exactPercent(sparsity)}`
          : 'Colors show what is kept of each layer once the model is scored.'}
      </span>
    </div>
  );
}

export function ArchitectureView({ page, actions }: ArchitectureProperties): VNode {
  const { state, tree, opened, selected, zoom, theme } = page;
  const nodes = useMemo(() => shownNodes({ tree, opened }), [tree, opened]);
  const node = nodes.find(({ path }) => path === selected);
  return (
    <>
      <Notices messages={page.notices} onClose={actions.onCloseNotice} />
      <main class="framed">
        <Toolbar page={page} actions={actions} />
        {state ? (
          <div class="framed-body">
            <GraphView state={state} nodes={nodes} selected={selected} zoom={zoom} theme={theme} actions={actions} />
            {/* Always there: a graph that moved under the pointer could not be clicked twice. */}
            <NodeDetails state={state} node={node} actions={actions} />
          </div>
        ) : (
          <div class="empty">
            <h2>{page.model === undefined ? 'No model is shown' : 'Building the model…'}</h2>
            <p>Choose “PruneLens: Show Architecture” in the palette, or beside a model in the Models view.</p>
          </div>
        )}
      </main>
    </>
  );
}
