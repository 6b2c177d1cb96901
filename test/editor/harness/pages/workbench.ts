/** The window: files, commands, typing, reloading. */

import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { sleep, waitFor } from '../processes';
import { actUntil, pressUntil } from './keys';

export interface EditorLine {
  readonly line: number;
  /** What is shown, with hints and other injected text. */
  readonly text: string;
}

/** For one step of what is tried again. */
const ATTEMPT = { timeout: 8000 };

const plain = (text: string): string =>
  text.replaceAll('\u00a0', ' ').replaceAll('\u200b', '').replaceAll('\u200c', '');

export class Workbench {
  constructor(readonly page: Page) {}

  /** The text editor that is shown; the tests show one at a time, maybe beside a webview. */
  get textEditor(): Locator {
    return this.page
      .locator('.editor-group-container .editor-instance .monaco-editor')
      .filter({ visible: true })
      .first();
  }

  /** Names of the open tabs of all groups. */
  async tabs(): Promise<readonly string[]> {
    return this.page
      .locator('.tabs-container .tab')
      .evaluateAll((tabs) => tabs.map((tab) => tab.getAttribute('data-resource-name') ?? ''));
  }

  /** Opens the quick input with a key and uses it; again from the start where it is closed meanwhile, as the focus goes elsewhere. */
  private async inQuickInput(key: string, use: (input: Locator) => Promise<void>): Promise<void> {
    const input = this.page.locator('.quick-input-widget input[type="text"]');
    let refusal = '';
    const attempt = async () => {
      await pressUntil(this.page, key, input);
      try {
        await use(input);
        return true;
      } catch (error) {
        if (!(error instanceof Error && error.name === 'TimeoutError')) throw error;
        refusal = error.message;
        // What is left open, or is shown below a mouse that rests, would stop the next attempt as well.
        await this.page.mouse.move(0, 0);
        await this.page.keyboard.press('Escape');
        return false;
      }
    };
    await waitFor(`what was asked for with ${key}`, attempt, 120_000).catch((error: Error) => {
      throw new Error(`${error.message} The last attempt: ${refusal}`);
    });
  }

  private quickInputRow(text: string): Locator {
    return this.page.locator('.quick-input-list .monaco-list-row', { hasText: text }).first();
  }

  async openFile(name: string): Promise<void> {
    await this.inQuickInput('Control+p', async (input) => {
      await input.fill(name, ATTEMPT);
      await this.quickInputRow(name).waitFor(ATTEMPT);
      await sleep(300);
      await input.press('Enter', ATTEMPT);
      await this.page.locator(`.tabs-container .tab.active[data-resource-name="${name}"]`).waitFor(ATTEMPT);
    });
  }

  /** Trusts the folder that is open, as a user does. */
  async trustFolder(): Promise<void> {
    await this.runCommand('Workspaces: Manage Workspace Trust');
    const button = this.page.locator('.workspace-trust-editor .monaco-button', { hasText: 'Trust' }).first();
    await actUntil('Trust', () => button.click(), this.page.getByText('You trust this folder'));
    // The editor of trust lies over the others.
    await this.page.keyboard.press('Escape');
  }

  /** Runs a command of the palette by its title with category. */
  async runCommand(title: string): Promise<void> {
    await this.inQuickInput('F1', async (input) => {
      await input.fill(`>${title}`, ATTEMPT);
      await this.quickInputRow(title).click(ATTEMPT);
    });
  }

  async goToLine(line: number, column = 1): Promise<void> {
    await this.inQuickInput('Control+g', async (input) => {
      await input.fill(`:${line}:${column}`, ATTEMPT);
      await input.press('Enter', ATTEMPT);
      await input.waitFor({ state: 'hidden', ...ATTEMPT });
    });
  }

  async focusEditor(): Promise<void> {
    const focused = this.page.locator('.editor-instance .monaco-editor.focused').filter({ visible: true });
    await pressUntil(this.page, 'Control+1', focused.first());
  }

  /** Types over a whole line of the text editor. */
  async replaceLine(line: number, text: string): Promise<void> {
    await this.focusEditor();
    await this.goToLine(line);
    await this.page.keyboard.press('Shift+End');
    await this.page.keyboard.insertText(text);
    await expect.poll(() => this.lineText(line), { timeout: 60_000 }).toContain(text);
  }

  async save(): Promise<void> {
    await this.page.keyboard.press('Control+s');
    await expect
      .poll(() => this.page.locator('.tabs-container .tab.active.dirty').count(), { timeout: 60_000 })
      .toBe(0);
  }

  /** The lines on the screen of the text editor, top to bottom. */
  async lines(): Promise<readonly EditorLine[]> {
    const editor = this.textEditor;
    const byTop = (nodes: Element[]) =>
      nodes.map((node) => [Number.parseFloat((node as HTMLElement).style.top), node.textContent ?? ''] as const);
    const texts = await editor.locator('.view-lines > .view-line').evaluateAll(byTop);
    const numbers = await editor.locator('.margin-view-overlays > div').evaluateAll((nodes) =>
      nodes.map((node) => {
        const number = node.querySelector('.line-numbers')?.textContent ?? '';
        return [Number.parseFloat((node as HTMLElement).style.top), number] as const;
      }),
    );
    const numberAt = new Map(numbers);
    return texts
      .map(([top, text]) => ({ line: Number(numberAt.get(top) ?? Number.NaN), text: plain(text) }))
      .filter(({ line }) => line > 0)
      .sort((a, b) => a.line - b.line);
  }

  async lineText(line: number): Promise<string> {
    return (await this.lines()).find((one) => one.line === line)?.text ?? '';
  }

  /** Reloads the window, and waits for it. The address loses the files to open, which would be opened instead of what was. */
  async reload(): Promise<void> {
    const address = new URL(this.page.url());
    address.searchParams.delete('payload');
    await this.page.goto(address.href, { waitUntil: 'domcontentloaded' });
    await this.page.locator('.monaco-workbench .part.statusbar').waitFor();
  }
}
