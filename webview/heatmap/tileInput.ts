/** What a tile shows; and pointer, wheel and keys on it, told as what they mean. Places are 0 … 1 of the picture. */

import type { Compared } from './compared';

/** A score at a sparsity, and perhaps another mask beside it. */
export interface TileInput {
  readonly scoreId: string;
  readonly title: string;
  readonly other?: Compared;
  readonly sparsity: number;
}

export interface TileActions {
  zoomAt(factor: number, x: number, y: number): void;
  /** Moves what is shown by parts of itself. */
  moveBy(x: number, y: number): void;
  showAll(): void;
  point(x: number, y: number, clientX: number, clientY: number): void;
  leave(): void;
  /** Moves the mark that is read out by cells. */
  step(right: number, down: number): void;
  /** Takes the mark away. */
  clear(): void;
}

const WHEEL_ZOOM = 1.35;
const KEY_ZOOM = 1.6;
const KEY_MOVE = 0.2;
const ARROWS: { readonly [key: string]: readonly [number, number] } = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

function listenToPointer(canvas: HTMLCanvasElement, actions: TileActions): void {
  let held: { x: number; y: number } | undefined;
  const placeOf = (event: PointerEvent | WheelEvent) => {
    const box = canvas.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  };
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    held = placeOf(event);
  });
  canvas.addEventListener('pointermove', (event) => {
    const place = placeOf(event);
    if (!held) return actions.point(place.x, place.y, event.clientX, event.clientY);
    actions.moveBy(held.x - place.x, held.y - place.y);
    held = place;
  });
  for (const name of ['pointerup', 'pointercancel'] as const)
    canvas.addEventListener(name, () => {
      held = undefined;
    });
  canvas.addEventListener('pointerleave', () => actions.leave());
  canvas.addEventListener('dblclick', (event) => {
    const box = canvas.getBoundingClientRect();
    actions.zoomAt(KEY_ZOOM, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  });
  canvas.addEventListener(
    'wheel',
    (event) => {
      // The wheel scrolls the list of layers until a tile is chosen by a click, or Ctrl is held as for any zoom.
      if (document.activeElement !== canvas && !event.ctrlKey) return;
      event.preventDefault();
      const { x, y } = placeOf(event);
      actions.zoomAt(event.deltaY < 0 ? WHEEL_ZOOM : 1 / WHEEL_ZOOM, x, y);
    },
    { passive: false },
  );
}

function listenToKeys(canvas: HTMLCanvasElement, actions: TileActions): void {
  canvas.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key];
    if (arrow && event.shiftKey) actions.step(arrow[0], arrow[1]);
    else if (arrow) actions.moveBy(KEY_MOVE * arrow[0], KEY_MOVE * arrow[1]);
    else if (event.key === '+' || event.key === '=') actions.zoomAt(KEY_ZOOM, 0.5, 0.5);
    else if (event.key === '-') actions.zoomAt(1 / KEY_ZOOM, 0.5, 0.5);
    else if (event.key === 'Home' || event.key === '0') actions.showAll();
    else if (event.key === 'Escape') actions.clear();
    else return;
    event.preventDefault();
  });
  canvas.addEventListener('blur', () => actions.clear());
}

/** Listens on a picture as long as it lives. */
export function listenToTile(canvas: HTMLCanvasElement, actions: TileActions): void {
  listenToPointer(canvas, actions);
  listenToKeys(canvas, actions);
}
