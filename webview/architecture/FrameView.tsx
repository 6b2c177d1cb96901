/** An open module: a frame around what it holds, with a title that folds it. */
import type { VNode } from 'preact';
import type { Box } from './layout';

interface FrameProperties {
  readonly path: string;
  /** What it is called within the frame around it. */
  readonly name: string;
  readonly box: Box;
  onFold(): void;
}

/** For the pointer; keys fold a module by the button beside the graph. */
export function FrameView({ path, name, box: { x, y, width, height }, onFold }: FrameProperties): VNode {
  const place = { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` };
  return (
    <div class="architecture-frame" aria-hidden="true" style={place}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: hidden from what reads the page, which has the button. */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: keys have the button. */}
      <span class="architecture-title" title={`Fold ${path}`} onClick={onFold}>
        ▾ {name}
      </span>
    </div>
  );
}
