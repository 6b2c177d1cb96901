/** All rows. Only those on the screen ask for tiles. */
import type { ModelSummary } from '../../server/protocol/results';
import { element } from '../shared/elements';
import type { PictureRow } from './exports';
import { createRow, type LayerRow } from './layerRow';
import type { RowNumbers } from './rowNumbers';
import { createTile, type TileInput, type TileOptions } from './tileView';
import type { Viewport } from './viewport';

export interface LayerListOptions extends Pick<TileOptions, 'tooltip' | 'askTile' | 'askWeight' | 'onFailure'> {
  viewportOf(weight: string): Viewport | undefined;
  onView(weight: string, view: Viewport): void;
  onReveal(layer: string): void;
  /** All tiles on the screen show this input. */
  onAllPainted(input: TileInput): void;
}

export interface LayerList {
  readonly root: HTMLElement;
  /** Shows numbers, making the rows anew where the tensors are others than before. */
  update(summary: ModelSummary, rows: readonly RowNumbers[]): void;
  showTiles(input: TileInput): void;
  redraw(): void;
  pictures(): Promise<PictureRow[]>;
}

/** Distance around the screen, in pixels, in which tiles are asked for too, so that scrolling finds them there. */
const AHEAD = '200px';

export function createLayerList(options: LayerListOptions): LayerList {
  const root = element('div', { class: 'layers', role: 'list' });
  const rows = new Map<string, LayerRow>();
  const byElement = new Map<Element, string>();
  const onScreen = new Set<string>();
  const unpainted = new Set<string>();
  let numbers: readonly RowNumbers[] = [];
  let input: TileInput | undefined;
  let key = '';

  const seen = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const weight = byElement.get(target);
        if (weight === undefined) continue;
        if (isIntersecting) onScreen.add(weight);
        else onScreen.delete(weight);
        rows.get(weight)?.tile.setOnScreen(isIntersecting);
      }
    },
    { rootMargin: AHEAD },
  );
  const resized = new ResizeObserver(() => {
    for (const weight of onScreen) rows.get(weight)?.tile.redraw();
  });
  resized.observe(root);

  function painted(weight: string, shown: TileInput): void {
    if (shown !== input) return;
    unpainted.delete(weight);
    if (unpainted.size === 0) options.onAllPainted(shown);
  }

  function build(summary: ModelSummary): void {
    for (const { root: old } of rows.values()) seen.unobserve(old);
    rows.clear();
    byElement.clear();
    onScreen.clear();
    for (const row of numbers) {
      const source = summary.layers.find(({ name }) => name === row.layer)?.source[0];
      const { weight, shape } = row;
      const tile = createTile({
        ...options,
        weight,
        shape,
        view: options.viewportOf(weight),
        onView: (view) => options.onView(weight, view),
        onPainted: (shown) => painted(weight, shown),
      });
      const made = createRow({ row, tile, ...(source && { onReveal: () => options.onReveal(row.layer) }) });
      made.root.setAttribute('role', 'listitem');
      rows.set(weight, made);
      byElement.set(made.root, weight);
    }
    root.replaceChildren(...[...rows.values()].map((row) => row.root));
    for (const row of rows.values()) seen.observe(row.root);
  }

  return {
    root,
    update(summary, next) {
      numbers = next;
      const nextKey = next.map(({ weight, shape }) => `${weight} ${shape.join()}`).join();
      if (nextKey !== key) {
        key = nextKey;
        build(summary);
        if (input) for (const row of rows.values()) row.tile.show(input);
      }
      const largestMacs = Math.max(1, ...next.map(({ macs }) => macs));
      for (const row of next) rows.get(row.weight)?.update(row, largestMacs);
    },
    showTiles(next) {
      input = next;
      unpainted.clear();
      for (const weight of onScreen) unpainted.add(weight);
      for (const row of rows.values()) row.tile.show(next);
    },
    redraw() {
      for (const row of rows.values()) row.tile.redraw();
    },
    async pictures() {
      const made: PictureRow[] = [];
      for (const row of numbers) made.push({ row, tiles: await rows.get(row.weight)!.tile.pictures() });
      return made;
    },
  };
}
