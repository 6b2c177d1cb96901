/** One layer of the heatmap: its name, its bars and its tile. */
import type { ComponentChildren, VNode } from 'preact';
import { rampOf } from '../shared/densityColor';
import { coefficient, percent, shapeText } from '../shared/format';
import { effectiveText, keptText, macsText, type RowNumbers } from './rowNumbers';

interface BarProperties {
  readonly label: string;
  readonly kind: string;
  readonly title: string;
  /** What stays, 0 … 1: its place on the scale is that of the colors, whose marks are in the track. */
  readonly share: number;
  readonly value: string;
}

/** Shares that tracks have marks at. */
const MARKS = [0.01, 0.1];

function Bar({ label, kind, title, share, value }: BarProperties): VNode {
  return (
    <div class={`bar bar-${kind}`} title={title}>
      <span class="bar-label">{label}</span>
      <span class="bar-track" aria-hidden="true">
        <span class="bar-filled" style={{ width: `${100 * rampOf(share)}%` }} />
        {MARKS.map((mark) => (
          <span class="bar-mark" key={mark} style={{ left: `${100 * rampOf(mark)}%` }} />
        ))}
      </span>
      <span class="bar-value">{value}</span>
    </div>
  );
}

/** The id of a row's element. */
export function rowId(weight: string): string {
  return `layer ${weight}`;
}

export interface LayerRowProperties {
  readonly row: RowNumbers;
  /** What is compared with. */
  readonly compared?: string;
  /** The tile. */
  readonly children: ComponentChildren;
  /** Absent where the layer's source line is not known. */
  onReveal?(): void;
  /** Hears of the row's element, and what it gives is called when that goes. */
  rootRef(root: HTMLElement | null): () => void;
}

export function LayerRow({ row, compared, children, onReveal, rootRef }: LayerRowProperties): VNode {
  const { layer, weight, className, shape, kept, connected = 0, total, macs, sparseMacs, iou, again, otherKept } = row;
  return (
    // biome-ignore lint/a11y/useSemanticElements: the rows are laid out as a grid.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a layer is one stop of the tab key; arrows go on from there.
    <section class="layer" id={rowId(weight)} role="listitem" aria-label={weight} tabIndex={0} ref={rootRef}>
      <div class="layer-head">
        <div class="layer-title">
          {onReveal ? (
            <button
              class="layer-name"
              type="button"
              tabIndex={-1}
              title={`Show the source line of ${layer}`}
              onClick={onReveal}
            >
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
        <div class="layer-overlap">{iou === undefined ? '' : `IoU ${coefficient(iou)}`}</div>
      </div>
      <div class="layer-bars">
        <Bar
          label="Kept"
          kind="kept"
          title="Weights that stay, of the layer's own. The marks are at 1 and 10 %."
          share={kept / total}
          value={keptText(row)}
        />
        {otherKept !== undefined && (
          <Bar
            label="Other"
            kind="other"
            title={`Weights that ${compared ?? 'the other mask'} keeps, of the layer's own. The marks are at 1 and 10 %.`}
            share={otherKept / total}
            value={keptText({ kept: otherKept, total })}
          />
        )}
        <Bar
          label="Effective"
          kind="effective"
          title="Kept weights on a path from input to output, of the layer's own. The marks are at 1 and 10 %."
          share={connected / total}
          value={effectiveText(row)}
        />
        <Bar
          label="MACs"
          kind="macs"
          title="Multiply-accumulates of one example: with the kept weights, of the layer's own with all. The marks are at 1 and 10 %."
          share={sparseMacs / Math.max(1, macs)}
          value={macsText(row)}
        />
      </div>
      {children}
    </section>
  );
}
