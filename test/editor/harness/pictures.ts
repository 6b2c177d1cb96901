/** Taking pictures for the README and the docs, in a light and a dark theme. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Editor } from './fixture';
import { REPOSITORY } from './paths';
import { sleep, waitFor } from './processes';

const FOLDER = join(REPOSITORY, 'docs', 'images');
const THEMES = { light: 'Light Modern', dark: 'Dark Modern' };
const WINDOW = { width: 1500, height: 860 };
export const PICTURE_SETTINGS = {
  'editor.fontSize': 12,
  'editor.scrollbar.vertical': 'hidden',
  'editor.lightbulb.enabled': 'off',
};

/** Gives the window the size of pictures, or another height. */
export async function fillWindow({ page }: Editor, height = WINDOW.height): Promise<void> {
  await page.setViewportSize({ ...WINDOW, height });
  await waitFor('the editor to fill the window', async () => {
    // An editor that is still opening can miss the event.
    await page.evaluate(() => window.dispatchEvent(new Event('resize')));
    return (await page.locator('.monaco-workbench').boundingBox())?.width === WINDOW.width;
  });
}

/** One picture a theme of what the window shows. @param ready Puts what is shown in its place, in each theme anew: a page is drawn again. */
export async function shoot(
  { page, quickPick, workbench }: Editor,
  what: string,
  height = WINDOW.height,
  ready: () => Promise<void> = async () => {},
): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  for (const [name, theme] of Object.entries(THEMES)) {
    await workbench.runCommand('Preferences: Color Theme');
    await quickPick.choose(theme);
    await page.locator(`.monaco-workbench.${name === 'light' ? 'vs' : 'vs-dark'}`).waitFor();
    // Where nothing is that changes under the pointer.
    await page.mouse.move(5, (page.viewportSize()?.height ?? WINDOW.height) - 5);
    await sleep(1500);
    await ready();
    writeFileSync(
      join(FOLDER, `${what}-${name}.png`),
      await page.screenshot({ clip: { x: 0, y: 0, ...WINDOW, height } }),
    );
  }
}

/** More room for the code, whose hints stand at the ends of its lines. */
export async function widenCode({ workbench }: Editor): Promise<void> {
  await workbench.runCommand('View: Reset Editor Group Sizes');
  await workbench.focusEditor();
  for (let time = 0; time < 2; time++) await workbench.runCommand('Increase Editor Width');
}
