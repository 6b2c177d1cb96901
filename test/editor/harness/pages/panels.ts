/** Problems, status bar, notifications, quick pick, and the extension's own views. */
import type { Locator, Page } from 'playwright-core';
import { waitFor } from '../processes';

export interface Problem {
  readonly message: string;
  /** From 1. */
  readonly line: number;
  readonly severity: 'error' | 'warning' | 'info';
}

export class Problems {
  constructor(readonly page: Page) {}

  async open(): Promise<void> {
    if (await this.page.locator('.markers-panel').isVisible()) return;
    await this.page.keyboard.press('Control+Shift+m');
    await this.page.locator('.markers-panel').waitFor();
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

  async items(): Promise<readonly string[]> {
    await this.widget.locator('.monaco-list-row').first().waitFor();
    return this.widget.locator('.monaco-list-row').allInnerTexts();
  }

  async pick(text: string | RegExp): Promise<void> {
    const row = this.widget.locator('.monaco-list-row', { hasText: text }).first();
    await row.waitFor();
    await row.click();
  }

  async type(text: string): Promise<void> {
    const input = this.widget.locator('input[type="text"]');
    await input.waitFor();
    await input.fill(text);
    await this.page.keyboard.press('Enter');
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

  async press(button: string | RegExp): Promise<void> {
    const locator = this.page.locator('.notification-list-item-buttons-container .monaco-button', { hasText: button });
    await locator.first().click();
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

  /** Rows of all views in the side bar. */
  async rows(): Promise<readonly string[]> {
    const rows = await this.page.locator('.sidebar .monaco-list-row').allInnerTexts();
    return rows.map((text) => text.replaceAll('\n', ' ').trim());
  }
}
