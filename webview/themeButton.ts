/** Switching a report between dark and light. */
import { element } from './elements';

/** A button that switches the page's colors; `onChange` draws what has them as values. */
export function themeButton(onChange: () => void): HTMLElement {
  const button = element('button', { type: 'button', class: 'theme' }, 'dark / light');
  button.addEventListener('click', () => {
    const { dataset } = document.documentElement;
    const isDark =
      (dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
    dataset.theme = isDark ? 'light' : 'dark';
    onChange();
  });
  return button;
}
