/** Making elements without HTML strings, so that a strict content security policy holds and nothing can be injected. */

export type Properties = { readonly [attribute: string]: string };

export type Child = Node | string;

/** An element with attributes (`class`, `title`, …) and children; strings become text. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [attribute, value] of Object.entries(properties)) {
    // A strict policy forbids style attributes, not styles that scripts set.
    if (attribute === 'style') made.style.cssText = value;
    else made.setAttribute(attribute, value);
  }
  made.append(...children);
  return made;
}

const SVG = 'http://www.w3.org/2000/svg';

/** An SVG element; see {@link element}. Numbers are written as they are. */
export function svgElement(
  name: string,
  properties: { readonly [attribute: string]: string | number } = {},
  ...children: readonly Child[]
): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(properties)) made.setAttribute(attribute, String(value));
  made.append(...children);
  return made;
}

/** A table; the first cell of each row is its head. */
export function table(titles: readonly string[], rows: readonly (readonly Child[])[]): HTMLTableElement {
  const head = element('tr', {}, ...titles.map((title) => element('th', { scope: 'col' }, title)));
  const body = rows.map(([first, ...cells]) =>
    element('tr', {}, element('th', { scope: 'row' }, first), ...cells.map((cell) => element('td', {}, cell))),
  );
  return element('table', {}, element('thead', {}, head), element('tbody', {}, ...body));
}

/** What is wider than the page, such as a table, in a place that scrolls, by keys too. */
export function scrolling(...content: readonly Child[]): HTMLElement {
  return element('div', { class: 'scroll', tabindex: '0' }, ...content);
}

/** Sets the text where it differs: writing equal text again would make screen readers repeat it. */
export function setText(shown: HTMLElement, text: string): void {
  if (shown.textContent !== text) shown.textContent = text;
}
