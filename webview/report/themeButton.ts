/** Switching a report between dark and light. */
import { element } from '../shared/elements';
import { isDark } from '../shared/theme';

/** A button that switches the page's colors; `onChange` draws what has them as values. */
export function themeButton(onChange: () => void): HTMLElement {
  const button = element('button', { type: 'button', class: 'theme' }, 'dark / light');
  button.addEventListener('click', () => {
    document.documentElement.dataset.theme = isDark() ? 'light' : 'dark';
    onChange();
  });
  return button;
}
