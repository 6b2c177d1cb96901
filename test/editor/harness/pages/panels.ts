/** Problems, status bar, notifications, quick pick, and the extension's own views. */
import type { Locator, Page } from 'playwright-core';
import { waitFor } from '../processes';
import { pressUntil } from './keys';

export interface Problem {
  readonly message: string;
  /** From 1. */
  readonly line: number;
  readonly severity: 'error' | 'warning' | 'info';
}

export class Problems {
  constructor(readonly page: Page) {}

  async open(): Promise<void> {
    await pressUntil(this.page, 'Control+Shift+m', this.page.locator('.markers-panel'));
  }

  async list(): Promise<readonly Problem[]> {
    await this.open();
    const rows = await this.page.locator('.markers-panel .monaco-list-row').evaluateAll((nodes) =>
      nodes.map((node) => ({
        text: node.textContent ?? '',
        icon: node.querySelector('.marker-icon .codicon')?.className ?? '',
      })),
    );
    return rows.flatMap(({ text, icon }) => {
      // A message may go on in further rows below its place.
      const place = /\[Ln (\d+), Col \d+\]/.exec(text);
      if (!place) return [];
      const severity = icon.includes('error') ? 'error' : icon.includes('warning') ? 'warning' : 'info';
      return [{ message: text.slice(0, place.index).trim(), line: Number(place[1]), severity }];
    });
  }

  waitFor(what: string, accept: (problem: Problem) => boolean): Promise<Problem> {
    return waitFor(`a problem: ${what}`, async () => (await this.list()).find(accept));
  }
}

export class StatusBar {
  constructor(readonly page: Page) {}

  async texts(): Promise<readonly string[]> {
    const items = await this.page
      .locator('.statusbar-item')
      .evaluateAll((nodes) =>
        nodes.map((node) => `${node.textContent ?? ''} ${node.getAttribute('aria-label') ?? ''}`.trim()),
      );
    return items.filter((text) => text !== '');
  }

  item(text: string | RegExp): Locator {
    return this.page.locator('.statusbar-item', { hasText: text }).first();
  }

  waitFor(what: RegExp): Promise<string> {
    return waitFor(`${what} in the status bar`, async () => (await this.texts()).find((text) => what.test(text)));
  }
}

export class QuickPick {
  constructor(readonly page: Page) {}

  get widget(): Locator {
    return this.page.locator('.quick-input-widget');
  }

  /** The items of the list that has this one; what was asked before, as the palette of commands, may still be shown for a while. */
  async itemsWith(text: string | RegExp): Promise<readonly string[]> {
    await this.widget.locator('.monaco-list-row', { hasText: text }).first().waitFor();
    return this.widget.locator('.monaco-list-row').allInnerTexts();
  }

  /** Narrows a list by typing. */
  async filter(text: string): Promise<void> {
    const input = this.widget.locator('input[type="text"]');
    await input.waitFor();
    await input.fill(text);
  }

  async pick(text: string | RegExp): Promise<void> {
    const row = this.widget.locator('.monaco-list-row', { hasText: text }).first();
    await row.waitFor();
    await row.click();
  }

  /** Narrows a long list to what is wanted by typing, and accepts it. */
  async choose(text: string): Promise<void> {
    await this.filter(text);
    await this.widget.locator('.monaco-list-row.focused', { hasText: text }).waitFor();
    await this.page.keyboard.press('Enter');
    await this.widget.waitFor({ state: 'hidden' });
  }

  /** Answers the question with that title by typing. */
  async type(title: string | RegExp, text: string): Promise<void> {
    await this.waitForTitle(title);
    const input = this.widget.locator('input[type="text"]');
    await input.fill(text);
    await this.page.keyboard.press('Enter');
    // The answer is checked before it is taken, and lost where something else opens meanwhile.
    await this.widget.locator('.quick-input-title', { hasText: title }).waitFor({ state: 'hidden' });
  }

  /** Takes the marks off these items of a list of several, and accepts the others. */
  async acceptWithout(title: string | RegExp, texts: readonly RegExp[]): Promise<void> {
    await this.waitForTitle(title);
    for (const text of texts) await this.widget.locator('.monaco-list-row', { hasText: text }).first().click();
    await this.page.keyboard.press('Enter');
  }

  async acceptAll(title: string | RegExp): Promise<void> {
    await this.waitForTitle(title);
    const all = this.widget.locator('.quick-input-check-all, .quick-input-header .monaco-checkbox').first();
    if ((await all.getAttribute('aria-checked')) !== 'true') await all.click();
    await this.page.keyboard.press('Enter');
  }

  async waitForTitle(title: string | RegExp): Promise<void> {
    await this.widget.locator('.quick-input-title', { hasText: title }).waitFor();
  }

  /** Takes the file that the dialog with that title proposes. */
  async acceptFile(title: string | RegExp): Promise<void> {
    await this.waitForTitle(title);
    await this.page.keyboard.press('Enter');
    await this.widget.locator('.quick-input-title', { hasText: title }).waitFor({ state: 'hidden' });
  }

  async isOpen(): Promise<boolean> {
    return this.widget.isVisible();
  }
}

export class Notifications {
  constructor(readonly page: Page) {}

  async texts(): Promise<readonly string[]> {
    return this.page.locator('.notification-list-item-message').allInnerTexts();
  }

  /** Waits for one that says so. */
  waitFor(text: RegExp): Promise<string> {
    return waitFor(`a notification: ${text}`, async () => (await this.texts()).find((one) => text.test(one)));
  }

  /** Presses a button of the one that says so. */
  async answer(text: RegExp, button: string): Promise<void> {
    const message = this.page.locator('.notification-list-item-message', { hasText: text });
    const shown = this.page.locator('.notifications-toasts .notification-list-item').filter({ has: message }).first();
    await shown.locator('.monaco-button', { hasText: button }).click();
  }

  /** Answers the question in the middle of the window. */
  async answerDialog(button: string): Promise<void> {
    await this.page.locator('.monaco-dialog-box .monaco-button', { hasText: button }).first().click();
  }
}

/** Side bar views by their title. */
export class Views {
  constructor(readonly page: Page) {}

  async open(container: string): Promise<void> {
    const tab = this.page.locator(`.activitybar .action-item a[aria-label^="${container}"]`).first();
    await tab.waitFor();
    // While work goes on its icon moves, and a click would wait for it to rest.
    if ((await tab.getAttribute('aria-expanded')) !== 'true') await tab.click({ force: true });
  }

  /** The row of the side bar that says so. */
  row(text: string | RegExp): Locator {
    return this.page.locator('.sidebar .monaco-list-row', { hasText: text }).first();
  }

  /** Rows of all views in the side bar. */
  async rows(): Promise<readonly string[]> {
    const rows = await this.page.locator('.sidebar .monaco-list-row').allInnerTexts();
    return rows.map((text) => text.replaceAll('\n', ' ').trim());
  }
}
