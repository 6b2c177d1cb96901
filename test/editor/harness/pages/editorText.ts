/** What the extension draws into an editor: lenses, hints, marks. */
import type { Locator, Page } from 'playwright-core';
import { waitFor } from '../processes';
import type { Workbench } from './workbench';

export class CodeLenses {
  constructor(readonly page: Page) {}

  async texts(): Promise<readonly string[]> {
    const texts = await this.page.locator('.codelens-decoration > *:not(span.codicon)').allInnerTexts();
    return texts.map((text) => text.trim()).filter((text) => text !== '' && text !== '|');
  }

  lens(text: string | RegExp): Locator {
    // The editor keeps the elements of lenses it no longer shows.
    return this.page.locator('.codelens-decoration a', { hasText: text }).filter({ visible: true }).first();
  }

  async waitFor(text: string | RegExp): Promise<Locator> {
    const lens = this.lens(text);
    await lens.waitFor();
    return lens;
  }

  async click(text: string | RegExp): Promise<void> {
    const lens = await this.waitFor(text);
    await lens.click();
  }
}

/** What is shown of a line beyond its own text; empty where it is another line. */
function hintIn(shown: string, own: string): string {
  if (shown.startsWith(own)) return shown.slice(own.length).trim();
  const code = own.trimStart();
  return shown.endsWith(code) ? shown.slice(0, shown.length - code.length).trim() : '';
}

export class InlayHints {
  constructor(readonly workbench: Workbench) {}

  /** Hints of the lines on the screen: what is shown of a line beyond its own text, behind it or before it. */
  async byLine(source: string): Promise<ReadonlyMap<number, string>> {
    const own = source.split(/\r?\n/).map((text) => text.replaceAll('\t', '    ').trimEnd());
    const shown = await this.workbench.lines();
    return new Map(
      shown.flatMap(({ line, text }) => {
        const hint = hintIn(text, own[line - 1] ?? '');
        return hint === '' ? [] : [[line, hint]];
      }),
    );
  }

  /** Waits until `accept` likes the hints, and gives them. */
  async waitFor(
    what: string,
    source: string,
    accept: (hints: ReadonlyMap<number, string>) => boolean,
    milliseconds = 60_000,
  ): Promise<ReadonlyMap<number, string>> {
    let last: ReadonlyMap<number, string> = new Map();
    try {
      return await waitFor(
        what,
        async () => {
          last = await this.byLine(source);
          return accept(last) && last;
        },
        milliseconds,
      );
    } catch (error) {
      throw new Error(`No ${what}; hints were ${JSON.stringify([...last])}.`, { cause: error });
    }
  }
}
