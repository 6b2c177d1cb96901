/** The architecture graph in a real browser. */
import { describe, expect, it } from 'vitest';
import type { HeatmapState } from '../../../server/protocol/editor';
import { resnet50, vit12 } from '../support/architectures';
import { type OpenOptions, screenshot, violations } from '../support/browser';
import { METHODS } from '../support/scores';
import { eventually, useServedPage } from '../support/served';

describe('the architecture graph', () => {
  const openServed = useServedPage('architecture');
  const open = async (state: HeatmapState, options: OpenOptions = {}) => {
    const opened = await openServed((message) => {
      if (message.kind === 'request') return state;
      return message.action === 'ready' ? { methods: METHODS, theme: 'dark', model: state.summary.model } : null;
    }, options);
    await opened.page.waitForSelector('.architecture-node');
    return opened;
  };

  it('shows ResNet-50 with folded modules, opens them, and goes to lines and back', async () => {
    const { page, asked, problems, send } = await open(resnet50(), { size: { width: 1180, height: 900 } });
    const node = (path: string) => page.locator(`[data-path="${path}"]`);
    expect(await page.locator('.architecture-node').count()).toBeLessThanOrEqual(30);
    await screenshot(page, 'architecture-resnet50-dark');
    await node('layer2.0').dblclick();
    await eventually(() => node('layer2.0.conv2').count()).toBe(1);
    await node('layer2.0.conv2').click();
    await eventually(() => page.locator('.architecture-details').innerText()).toContain('Kept');
    await screenshot(page, 'architecture-details-dark');
    await page.locator('.architecture-details vscode-button').click();
    const [{ line }] = resnet50().summary.layers.find(({ name }) => name === 'layer2.0.conv2')!.source;
    await eventually(() => asked.at(-1)).toMatchObject({ action: 'reveal', params: { line } });
    const [place] = resnet50().summary.layers.find(({ name }) => name === 'layer4.2.conv2')!.source;
    await send({ event: 'cursor', file: place.file, line: place.line });
    await eventually(() => node('layer4.2.conv2').getAttribute('aria-selected')).toBe('true');
    expect(await node('layer4.2.conv2').getAttribute('data-dead')).toBe('true');
    expect([problems, await violations(page)]).toEqual([[], []]);
    await page.close();
  });

  it('shows a ViT of 12 blocks, and is walked with the keys', async () => {
    for (const theme of ['light', 'dark'] as const) {
      const { page } = await open(resnet50(), { theme, size: { width: 1180, height: 900 } });
      await page.locator('[data-path="layer1.1"]').dblclick();
      await page.locator('[data-path="layer1.1.conv2"]').click();
      await screenshot(page, `architecture-${theme}`);
      await page.close();
    }
    const { page } = await open(vit12(), { theme: 'light' });
    await screenshot(page, 'architecture-vit-light');
    await page.locator('[role=listbox]').focus();
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
    await eventually(() => page.locator('[data-path="blocks.0.norm1"]').count()).toBe(1);
    await page.close();
  });
});
