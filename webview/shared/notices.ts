/** Failures, told at the top of the page until they are closed. */
import { button } from '../toolkit';
import { element } from './elements';

export interface Notices {
  readonly root: HTMLElement;
  /** Shows a message; one that is there already is not repeated. */
  show(message: string): void;
}

const MOST = 3;

export function createNotices(): Notices {
  const root = element('div', { class: 'notices', role: 'alert' });
  return {
    root,
    show(message) {
      if ([...root.children].some((shown) => (shown as HTMLElement).dataset.message === message)) return;
      const notice = element('div', { class: 'notice notice-error' }, element('span', {}, message));
      notice.dataset.message = message;
      notice.append(button({ label: '✕', title: 'Close', appearance: 'icon', onClick: () => notice.remove() }));
      root.append(notice);
      while (root.children.length > MOST) root.firstElementChild!.remove();
    },
  };
}
