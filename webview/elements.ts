/** Making elements. */

type Child = Node | string;

/** An element with attributes (`class`, `title`, …) and children; text is never read as HTML. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: { readonly [name: string]: string } = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
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

/** 0.9812 as `98.12 %`; as many digits as asked for. */
export function percent(fraction: number, digits = 1): string {
  return `${(100 * fraction).toFixed(digits)} %`;
}

/** 0.98 as `98 %`, 0.995 as `99.5 %`. */
export function shortPercent(fraction: number): string {
  return `${Number((100 * fraction).toFixed(4))} %`;
}

/** Value of a color of the style sheet. */
export function themeColor(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
