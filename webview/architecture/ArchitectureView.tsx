/** The architecture graph as it follows from its state. */
import type { VNode } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import { DensityRamp } from '../shared/DensityRamp';
import { exactPercent } from '../shared/format';
import { Button } from '../shared/toolkit';
import { Notices } from '../shared/view';
import { shownFrames } from './frames';
import { type GraphActions, GraphView } from './GraphView';
import { NodeDetails, type NodeDetailsActions } from './NodeDetails';
import { type ArchitecturePage, shownNodes } from './state';
import { fittingZoom, ZOOM_STEP } from './zooming';

/** What the page does; nothing of it changes while the page lives. */
export interface ArchitectureActions extends GraphActions, NodeDetailsActions {
  onToggleAll(isOpen: boolean): void;
  onCloseNotice(message: string): void;
}

interface ArchitectureProperties {
  readonly page: ArchitecturePage;
  readonly actions: ArchitectureActions;
}

/** Zooms so that all of the graph in `body` is seen. */
function fit(body: HTMLElement, zoom: number, actions: ArchitectureActions): void {
  const { width, height } = body.querySelector('.architecture-plane')!.getBoundingClientRect();
  const view = body.querySelector('.framed-view')!;
  actions.onZoom(fittingZoom(view, { width: width / zoom, height: height / zoom }));
}

function Toolbar({ page, actions, onFit }: ArchitectureProperties & { onFit(): void }): VNode {
  const { state, zoom } = page;
  const { selection, sparsity = 0, scores = [], shown } = state ?? {};
  const title = scores.find(({ method }) => method === shown)?.title;
  return (
    <div class="toolbar architecture-toolbar">
      <Button label="Open all" onClick={() => actions.onToggleAll(true)} />
      <Button label="Fold all" onClick={() => actions.onToggleAll(false)} />
      <Button label="−" title="Smaller" onClick={() => actions.onZoom(zoom / ZOOM_STEP)} />
      <Button label="+" title="Larger" onClick={() => actions.onZoom(zoom * ZOOM_STEP)} />
      <Button label="Fit" title="As large as all of it fits" onClick={onFit} />
      <span class="note" role="status">
        {selection
          ? `Colors: what ${title ?? shown} keeps at ${exactPercent(sparsity)}`
          : 'Colors show what is kept of each layer once the model is scored.'}
      </span>
      {selection && <DensityRamp />}
    </div>
  );
}

/** Before there is a graph. */
function Empty({ page: { model, hasFailed = false } }: Pick<ArchitectureProperties, 'page'>): VNode {
  const choose = 'Choose “PruneLens: Show Architecture” in the palette, or beside a model in the Models view.';
  const [title, text] =
    model === undefined
      ? ['No model is shown', choose]
      : hasFailed
        ? ['The model could not be built', '“Score at init” asks for what it lacks, and the graph follows.']
        : ['Building the model…', 'Its code is run once, to see its layers.'];
  return (
    <div class="empty">
      <h2>{title}</h2>
      <p>{text}</p>
    </div>
  );
}

export function ArchitectureView({ page, actions }: ArchitectureProperties): VNode {
  const { state, tree, opened, selected, zoom, theme } = page;
  const nodes = useMemo(() => shownNodes({ tree, opened }), [tree, opened]);
  const frames = useMemo(() => (tree ? shownFrames(tree, opened) : []), [tree, opened]);
  const body = useRef<HTMLDivElement>(null);
  const node = nodes.find(({ path }) => path === selected);
  return (
    <>
      <Notices messages={page.notices} onClose={actions.onCloseNotice} />
      <main class="framed">
        <Toolbar page={page} actions={actions} onFit={() => body.current && fit(body.current, zoom, actions)} />
        {state ? (
          <div class="framed-body" ref={body}>
            <GraphView
              state={state}
              nodes={nodes}
              frames={frames}
              selected={selected}
              zoom={zoom}
              theme={theme}
              actions={actions}
            />
            {/* Always there: a graph that moved under the pointer could not be clicked twice. */}
            <NodeDetails
              state={state}
              node={node}
              around={frames.filter(({ layers }) => node && layers.includes(node.layers[0]))}
              actions={actions}
            />
          </div>
        ) : (
          <Empty page={page} />
        )}
      </main>
    </>
  );
}
