/** Putting a page's view on the screen, and parts that both pages have. */
import { type ComponentChild, render, type VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { ExportFormat } from './pictures';
import type { Store } from './store';
import { Button } from './toolkit';

/** Draws the view of the state into `place`, now and after events: once for all events of one task. */
export function renderState<State, Event>(
  store: Store<State, Event>,
  place: HTMLElement,
  view: (state: State) => ComponentChild,
): void {
  let isScheduled = false;
  const draw = () => {
    isScheduled = false;
    render(view(store.state()), place);
  };
  store.onChange(() => {
    if (isScheduled) return;
    isScheduled = true;
    queueMicrotask(draw);
  });
  place.replaceChildren();
  draw();
}

/** A part of the page that draws itself. */
export function Mount({ node }: { readonly node: Element }): VNode {
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => place.current!.replaceChildren(node), [node]);
  return <div ref={place} />;
}

/** Failures, told at the top of the page until they are closed. */
export function Notices(properties: { readonly messages: readonly string[]; onClose(message: string): void }): VNode {
  return (
    <div class="notices" role="alert">
      {properties.messages.map((message) => (
        <div class="notice notice-error" key={message}>
          <span>{message}</span>
          <Button label="✕" title="Close" appearance="icon" onClick={() => properties.onClose(message)} />
        </div>
      ))}
    </div>
  );
}

export interface ExportBarProperties {
  readonly hidden?: boolean;
  /** Further buttons. */
  readonly children?: ComponentChild;
  onExport(format: ExportFormat): void;
}

/** Buttons that save what is shown. */
export function ExportBar({ hidden = false, children, onExport }: ExportBarProperties): VNode {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset has a look of its own.
    <div class="toolbar toolbar-end" role="group" aria-label="Export" hidden={hidden}>
      <span class="toolbar-label">Export</span>
      {(['png', 'svg', 'csv'] as const).map((format) => (
        <Button
          key={format}
          label={format.toUpperCase()}
          title={`Export as ${format.toUpperCase()}`}
          attributes={{ 'data-export': format }}
          onClick={() => onExport(format)}
        />
      ))}
      <Button
        label="Copy"
        title="Copy the picture"
        attributes={{ 'data-export': 'copy' }}
        onClick={() => onExport('copy')}
      />
      {children}
    </div>
  );
}
