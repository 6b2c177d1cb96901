import type { Locator, Page } from 'playwright-core';
import { waitFor } from '../processes';

/** Presses a key until `shown` is visible: one pressed while the focus moves into or out of a webview is lost. */
export const pressUntil = (page: Page, key: string, shown: Locator): Promise<boolean> =>
  waitFor(`an effect of ${key}`, async () => {
    if (await shown.isVisible()) return true;
    await page.keyboard.press(key);
    return shown.waitFor({ timeout: 5000 }).then(
      () => true,
      () => false,
    );
  });
