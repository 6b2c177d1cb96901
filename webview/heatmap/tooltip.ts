/** The box beside the pointer, one for the page, and the line that screen readers follow. */
import { element, setText } from '../shared/elements';

export interface Tooltip {
  readonly root: HTMLElement;
  /** Shows lines beside a place of the window, in CSS pixels. */
  show(x: number, y: number, lines: readonly string[]): void;
  hide(): void;
  /** Reads a text to screen readers. */
  say(text: string): void;
}

const DISTANCE = 14;

export function createTooltip(): Tooltip {
  const box = element('div', { class: 'tooltip', role: 'tooltip', id: 'tooltip' });
  const spoken = element('div', { class: 'spoken', role: 'status', 'aria-live': 'polite' });
  box.hidden = true;
  return {
    root: element('div', {}, box, spoken),
    show(x, y, lines) {
      box.replaceChildren(...lines.map((line) => element('div', {}, line)));
      box.hidden = false;
      const { width, height } = box.getBoundingClientRect();
      const left = x + DISTANCE + width > window.innerWidth ? x - DISTANCE - width : x + DISTANCE;
      const top = y + DISTANCE + height > window.innerHeight ? y - DISTANCE - height : y + DISTANCE;
      box.style.left = `${Math.max(0, left)}px`;
      box.style.top = `${Math.max(0, top)}px`;
    },
    hide() {
      box.hidden = true;
    },
    say: (text) => setText(spoken, text),
  };
}
