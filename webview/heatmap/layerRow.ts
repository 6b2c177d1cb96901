/** One layer of the heatmap: its name, its bars and its tile. */
import { element, setText } from '../shared/elements';
import { shapeText } from '../shared/format';
import { rampOf } from './colors';
import { effectiveText, keptText, macsText, type RowNumbers } from './rowNumbers';
import type { TileView } from './tileView';

export interface LayerRow {
  readonly root: HTMLElement;
  readonly tile: TileView;
  /** Shows numbers; `largestMacs` is that of the layer with the most. */
  update(row: RowNumbers, largestMacs: number): void;
}

export interface RowOptions {
  readonly row: RowNumbers;
  readonly tile: TileView;
  /** Absent where the layer's source line is not known. */
  onReveal?(): void;
}

interface Bar {
  readonly root: HTMLElement;
  /** Fills the bar to `outer` and, stronger, to `inner`, both 0 … 1. */
  set(outer: number, inner: number, text: string): void;
}

function createBar(label: string, kind: string, title: string): Bar {
  const outer = element('span', { class: 'bar-outer' });
  const inner = element('span', { class: 'bar-inner' });
  const value = element('span', { class: 'bar-value' });
  const track = element('span', { class: 'bar-track', 'aria-hidden': 'true' }, outer, inner);
  return {
    root: element(
      'div',
      { class: `bar bar-${kind}`, title },
      element('span', { class: 'bar-label' }, label),
      track,
      value,
    ),
    set(outerPart, innerPart, text) {
      outer.style.width = `${100 * outerPart}%`;
      inner.style.width = `${100 * innerPart}%`;
      setText(value, text);
    },
  };
}

export function createRow({ row, tile, onReveal }: RowOptions): LayerRow {
  const name = onReveal
    ? element(
        'button',
        { class: 'layer-name', type: 'button', title: `Show the source line of ${row.layer}` },
        row.layer,
      )
    : element('span', { class: 'layer-name' }, row.layer);
  if (onReveal) name.addEventListener('click', onReveal);
  const badge = element('span', { class: 'badge badge-warning' }, 'nothing left');
  const overlap = element('div', { class: 'layer-overlap' });
  const kept = createBar('Kept', 'kept', 'Weights that stay. The scale is that of the colors.');
  const effective = createBar('Effective', 'effective', 'Kept weights on a path from input to output.');
  const macs = createBar('MACs', 'macs', 'Multiply-accumulates of one example: with the kept weights, of dense ones.');
  const root = element(
    'section',
    { class: 'layer', 'aria-label': row.weight },
    element(
      'div',
      { class: 'layer-head' },
      element('div', { class: 'layer-title' }, name, badge),
      element('div', { class: 'layer-kind' }, row.className),
      element('div', { class: 'layer-kind' }, shapeText(row.shape)),
      overlap,
    ),
    element('div', { class: 'layer-bars' }, kept.root, effective.root, macs.root),
    tile.root,
  );
  return {
    root,
    tile,
    update(next, largestMacs) {
      const density = next.kept / next.total;
      badge.hidden = next.kept > 0;
      kept.set(0, rampOf(density), keptText(next));
      effective.set(0, rampOf((next.connected ?? 0) / next.total), effectiveText(next));
      macs.set(next.macs / largestMacs, next.sparseMacs / largestMacs, macsText(next));
      setText(overlap, next.iou === undefined ? '' : `IoU ${next.iou.toFixed(3)}`);
    },
  };
}
