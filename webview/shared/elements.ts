/** Making elements without HTML strings, so that a strict content security policy holds and nothing can be injected. */

export type Properties = { readonly [attribute: string]: string };

/** An element with attributes and children; strings become text. */
export function element(name: string, properties: Properties = {}, ...children: (Node | string)[]): HTMLElement {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(properties)) made.setAttribute(attribute, value);
  made.append(...children);
  return made;
}

const SVG = 'http://www.w3.org/2000/svg';

/** An SVG element; see {@link element}. */
export function svgElement(name: string, properties: Properties = {}, ...children: (Node | string)[]): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(properties)) made.setAttribute(attribute, value);
  made.append(...children);
  return made;
}

/** Shows or hides. */
export function setVisible(shown: HTMLElement, visible: boolean): void {
  shown.hidden = !visible;
}

/** Sets the text where it differs: writing equal text again would make screen readers repeat it. */
export function setText(shown: HTMLElement, text: string): void {
  if (shown.textContent !== text) shown.textContent = text;
}
