/** Keys in the list of layers: a layer is one stop of the tab key, and arrows go to what is in it. */

import { BUTTONS } from '../shared/toolkit';

/** What can be walked to in a layer. */
const CONTROLS = `button, .tile-panel:not([hidden]) canvas, ${BUTTONS}`;
const STOPS = '.layer, .layer-group button';

function controlsOf(layer: Element): readonly HTMLElement[] {
  return [...layer.querySelectorAll<HTMLElement>(CONTROLS)].filter((one) => one.offsetParent !== null);
}

/** From one of several elements to another one; the ends stay where they are. */
function step(elements: readonly HTMLElement[], from: Element, by: number): HTMLElement | undefined {
  const at = elements.indexOf(from as HTMLElement);
  return elements[Math.min(elements.length - 1, Math.max(0, at + by))];
}

/** Where a key leads from an element of the list; undefined where it means nothing there. */
export function targetOf(list: Element, from: Element, key: string): HTMLElement | undefined {
  const stops = [...list.querySelectorAll<HTMLElement>(STOPS)];
  if (stops.includes(from as HTMLElement)) {
    if (key === 'ArrowDown' || key === 'ArrowUp') return step(stops, from, key === 'ArrowDown' ? 1 : -1);
    if (key === 'Home') return stops[0];
    if (key === 'End') return stops.at(-1);
    return key === 'ArrowRight' || key === 'Enter' ? controlsOf(from)[0] : undefined;
  }
  const layer = from.closest<HTMLElement>('.layer');
  if (!layer) return undefined;
  if (key === 'Escape') return layer;
  // A picture has arrows of its own.
  if (from.tagName === 'CANVAS' || (key !== 'ArrowRight' && key !== 'ArrowLeft')) return undefined;
  return step(controlsOf(layer), from, key === 'ArrowRight' ? 1 : -1);
}

/** Goes where a key leads. */
export function walkList(list: Element, event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const target = targetOf(list, event.target as Element, event.key);
  if (!target) return;
  event.preventDefault();
  target.focus();
}
