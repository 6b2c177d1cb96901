/** One layer of the heatmap: its name, its bars and its tile. */
import type { ComponentChildren, VNode } from 'preact';
import { percent, shapeText } from '../shared/format';
import { rampOf } from './colors';
import { effectiveText, keptText, macsText, type RowNumbers } from './rowNumbers';

interface BarProperties {
  readonly label: string;
  readonly kind: string;
  readonly title: string;
  /** Ends of the bar and, stronger, of the bar within it, both 0 … 1. */
  readonly outer?: number;
  readonly inner: number;
  readonly value: string;
}

function Bar({ label, kind, title, outer = 0, inner, value }: BarProperties): VNode {
  return (
    <div class={`bar bar-${kind}`} title={title}>
      <span class="bar-label">{label}</span>
      <span class="bar-track" aria-hidden="true">
        <span class="bar-outer" style={{ width: `${100 * outer}%` }} />
        <span class="bar-inner" style={{ width: `${100 * inner}%` }} />
      </span>
      <span class="bar-value">{value}</span>
    </div>
  );
}

export interface LayerRowProperties {
  readonly row: RowNumbers;
  /** Of the layer with the most. */
  readonly largestMacs: number;
  /** The tile. */
  readonly children: ComponentChildren;
  /** Absent where the layer's source line is not known. */
  onReveal?(): void;
  /** Hears of the row's element, and what it gives is called when that goes. */
  rootRef(root: HTMLElement | null): () => void;
}

export function LayerRow({ row, largestMacs, children, onReveal, rootRef }: LayerRowProperties): VNode {
  const { layer, weight, className, shape, kept, connected = 0, total, macs, sparseMacs, iou, again } = row;
  return (
    // biome-ignore lint/a11y/useSemanticElements: the rows are laid out as a grid.
    <section class="layer" role="listitem" aria-label={weight} ref={rootRef}>
      <div class="layer-head">
        <div class="layer-title">
          {onReveal ? (
            <button class="layer-name" type="button" title={`Show the source line of ${layer}`} onClick={onReveal}>
              {layer}
            </button>
          ) : (
            <span class="layer-name">{layer}</span>
          )}
          <span class="badge badge-warning" hidden={kept > 0}>
            nothing left
          </span>
        </div>
        <div class="layer-kind">{className}</div>
        <div class="layer-kind">{shapeText(shape)}</div>
        <div class="layer-kind" title="Of the kept weights, those that a second scoring would keep too.">
          {again === undefined ? '' : `chosen again ${percent(again)}`}
        </div>
        <div class="layer-overlap">{iou === undefined ? '' : `IoU ${iou.toFixed(3)}`}</div>
      </div>
      <div class="layer-bars">
        <Bar
          label="Kept"
          kind="kept"
          title="Weights that stay. The scale is that of the colors."
          inner={rampOf(kept / total)}
          value={keptText(row)}
        />
        <Bar
          label="Effective"
          kind="effective"
          title="Kept weights on a path from input to output."
          inner={rampOf(connected / total)}
          value={effectiveText(row)}
        />
        <Bar
          label="MACs"
          kind="macs"
          title="Multiply-accumulates of one example: with the kept weights, of dense ones."
          outer={macs / largestMacs}
          inner={sparseMacs / largestMacs}
          value={macsText(row)}
        />
      </div>
      {children}
    </section>
  );
}
