import type { Locator, Page } from 'playwright-core';
import { waitFor } from '../processes';

/** Presses a key until `shown` is visible: one pressed while the focus moves into or out of a webview is lost. */
export const pressUntil = (page: Page, key: string, shown: Locator): Promise<boolean> =>
  actUntil(key, () => page.keyboard.press(key), shown);

/** Does something until its effect is shown: what is done before a page listens is lost. */
export const actUntil = (what: string, act: () => Promise<void>, shown: Locator): Promise<boolean> =>
  waitFor(`an effect of ${what}`, async () => {
    if (await shown.isVisible()) return true;
    await act();
    return shown.waitFor({ timeout: 5000 }).then(
      () => true,
      () => false,
    );
  });
