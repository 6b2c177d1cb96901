/** Colors of the theme where they are needed as values: on canvases, in charts and in exported pictures. */
import { SERIES_COLORS } from './seriesColors';

export interface Palette {
  readonly background: string;
  readonly foreground: string;
  readonly muted: string;
  readonly line: string;
  readonly font: string;
  /** Density: from nothing kept to everything kept. */
  readonly empty: string;
  readonly middle: string;
  readonly full: string;
  /** Of a comparison: kept by the first method only, by the second only, by both. */
  readonly first: string;
  readonly second: string;
  readonly both: string;
  /** Histogram bars. */
  readonly kept: string;
  readonly removed: string;
  /** Curves, told apart also by people who do not see all colors. */
  readonly series: readonly string[];
}

/** Whether the page is in a panel of the editor, which sets its colors; else it is a document in a browser. */
export function isInEditor(): boolean {
  return document.body.dataset.vscodeThemeKind !== undefined;
}

/** Whether the page is dark: VS Code says so with a class, a report has a button and follows the browser until it is used. */
export function isDark(): boolean {
  const { classList } = document.body;
  const isIn = (...themes: string[]) => themes.some((theme) => classList.contains(`vscode-${theme}`));
  if (isIn('light', 'high-contrast-light')) return false;
  if (isIn('dark', 'high-contrast')) return true;
  const { theme } = document.documentElement.dataset;
  return theme === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : theme === 'dark';
}

/** Colors of curves in the theme as it is now. */
export function seriesColors(): readonly string[] {
  return SERIES_COLORS[isDark() ? 'dark' : 'light'];
}

/** Reads VS Code's colors as they are now. */
export function readPalette(): Palette {
  const style = getComputedStyle(document.body);
  const variable = (name: string, fallback: string) => style.getPropertyValue(name).trim() || fallback;
  const dark = isDark();
  return {
    background: variable('--vscode-editor-background', dark ? '#1e1e1e' : '#ffffff'),
    foreground: variable('--vscode-foreground', dark ? '#cccccc' : '#333333'),
    muted: variable('--vscode-descriptionForeground', dark ? '#9d9d9d' : '#717171'),
    line: style.getPropertyValue('--grid').trim() || (dark ? '#3c3c3c' : '#dddddd'),
    font: variable('--vscode-font-family', 'sans-serif'),
    empty: dark ? '#232428' : '#f1f3f5',
    middle: dark ? '#2277ae' : '#5c9fd6',
    full: dark ? '#a5ecff' : '#00305f',
    first: dark ? '#f08a3c' : '#c44e00',
    second: dark ? '#4aa8e0' : '#0072b2',
    both: dark ? '#f2f2f2' : '#2b2b2b',
    kept: dark ? '#4aa8e0' : '#0072b2',
    removed: dark ? '#55585e' : '#c3c7cc',
    series: seriesColors(),
  };
}

/** Value of a color that the style sheet of `place` sets, as it is now. */
export function cssColor(name: string, place: Element = document.body): string {
  return getComputedStyle(place).getPropertyValue(name).trim();
}

/** Calls `changed` after VS Code has switched the theme. */
export function onThemeChange(changed: () => void): void {
  const watch = new MutationObserver(changed);
  watch.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-kind'] });
  watch.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
}

/** Red, green and blue of a `#rrggbb` color. */
export function channels(color: string): readonly [number, number, number] {
  const value = Number.parseInt(color.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}
