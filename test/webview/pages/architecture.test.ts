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
    await page.locator('.architecture-details vscode-button', { hasText: 'net.py' }).click();
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

  it('says that a model cannot be built, until it can', async () => {
    let isBroken = true;
    const state = vit12();
    const { page, send } = await openServed((message) => {
      if (message.kind === 'request' && isBroken) throw new Error('The shape of its input is not known.');
      if (message.kind === 'request') return state;
      return message.action === 'ready' ? { methods: METHODS, theme: 'dark', model: state.summary.model } : null;
    });
    await eventually(() => page.locator('h2').innerText()).toBe('The model could not be built');
    isBroken = false;
    await send({ event: 'modelChanged', model: state.summary.model });
    await page.waitForSelector('.architecture-node');
    expect(await page.locator('h2', { hasText: 'could not be built' }).count()).toBe(0);
    await page.close();
  });

  it('draws frames around what is open, which their titles and a button fold', async () => {
    const { page } = await open(resnet50(), { size: { width: 1180, height: 900 } });
    const node = (path: string) => page.locator(`[data-path="${path}"]`);
    const title = (path: string) => page.locator(`.architecture-title[title="Fold ${path}"]`);
    await node('layer2.0').dblclick();
    await eventually(() => title('layer2.0').innerText()).toBe('▾ 0');
    expect(await node('layer2.0.conv2').locator('bdi').innerText()).toBe('conv2');
    const [frame, inner] = [
      await title('layer2.0').locator('..').boundingBox(),
      await node('layer2.0.conv2').boundingBox(),
    ];
    expect(frame!.x).toBeLessThan(inner!.x);
    expect(frame!.y + frame!.height).toBeGreaterThan(inner!.y + inner!.height);
    await title('layer2.0').click();
    await eventually(() => node('layer2.0').count()).toBe(1);
    await node('layer2.0').click();
    await page.locator('vscode-button', { hasText: 'Fold layer2' }).click();
    await eventually(() => node('layer2').count()).toBe(1);
    await page.close();
  });

  it('is as large as its panel is wide, where that can be read, and is zoomed by the wheel and to fit', async () => {
    const { page } = await open(vit12(), { size: { width: 350, height: 700 } });
    const view = page.locator('.framed-view');
    const excess = () =>
      view.evaluate((one) => [one.scrollWidth - one.clientWidth, one.scrollHeight - one.clientHeight]);
    const zoom = () => page.locator('.architecture-plane').evaluate((one) => Number(getComputedStyle(one).zoom));
    await eventually(async () => (await excess())[0]).toBe(0);
    const before = await zoom();
    expect(before).toBeGreaterThanOrEqual(0.7);
    const { x, y } = (await view.boundingBox())!;
    await page.mouse.move(x + 100, y + 100);
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, -100);
    await page.keyboard.up('Control');
    await eventually(zoom).toBeGreaterThan(before);
    await page.locator('vscode-button', { hasText: 'Fit' }).click();
    await eventually(excess).toEqual([0, 0]);
    await page.close();
  });
});
