/** The heatmap's page in a real browser. */
import { describe, expect, it } from 'vitest';
import type { HeatmapState } from '../../../server/protocol/editor';
import { type OpenOptions, savedFile, screenshot, violations } from '../support/browser';
import { answerHeatmap, GRADIENT_NORMS, heatmapState, WEIGHTS } from '../support/scores';
import { eventually, useServedPage } from '../support/served';

describe('heatmap', () => {
  const openServed = useServedPage('heatmap');

  async function open(state: () => HeatmapState = () => heatmapState(), options: OpenOptions = {}) {
    const opened = await openServed((message) => answerHeatmap(message, state), options);
    return {
      ...opened,
      tilesAsked: () => opened.asked.filter((one) => one.kind === 'request' && one.request === 'prunelens/tile'),
    };
  }

  /** Waits until the first tile has more than one color. */
  async function tilesDrawn(page: Awaited<ReturnType<typeof open>>['page']) {
    await page.waitForFunction(() => {
      const canvas = [...document.querySelectorAll<HTMLCanvasElement>('.layer canvas')].find(
        ({ offsetParent }) => offsetParent,
      );
      if (!canvas || canvas.width === 0) return false;
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      const colors = new Uint32Array(data.buffer);
      return colors.some((color) => color !== colors[0] && color !== 0);
    });
  }

  it('draws a row a layer and asks for the tiles on the screen only', async () => {
    const { page, problems, tilesAsked } = await open();
    await tilesDrawn(page);
    expect(await page.locator('.layer').count()).toBe(WEIGHTS.length);
    // All bars are on the scale of the legend, and all tracks as wide: what the layer has.
    const [kept, , macs] = await page.locator('.layer').nth(1).locator('.bar').all();
    const lengths = (bar: typeof kept) =>
      bar
        .locator('.bar-track, .bar-filled')
        .evaluateAll((parts) => parts.map((one) => one.getBoundingClientRect().width));
    expect(await lengths(macs)).toEqual(await lengths(kept));
    expect(await macs.locator('.bar-value').textContent()).toBe('3.13 M of 37.7 M · 8.3 %');
    const asked = new Set(tilesAsked().map((one) => (one.params as { weight: string }).weight));
    expect(asked.size).toBeGreaterThan(2);
    expect(asked.size).toBeLessThan(WEIGHTS.length);
    await page.locator('.layer').last().scrollIntoViewIfNeeded();
    await eventually(() =>
      tilesAsked().some((one) => (one.params as { weight: string }).weight === 'classes/kernel'),
    ).toBe(true);
    expect(await violations(page)).toEqual([]);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('exports a picture within the security policy', async () => {
    const { page, problems, asked } = await open();
    await tilesDrawn(page);
    await page.locator('[data-export=png]').click();
    await eventually(() => savedFile(asked, '.png')).toBeDefined();
    expect(await violations(page)).toEqual([]);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('looks right in light, dark and high contrast', async () => {
    for (const theme of ['light', 'dark', 'contrast'] as const) {
      const { page } = await open(() => heatmapState({ stale: theme === 'light' }), { theme });
      await tilesDrawn(page);
      await screenshot(page, `heatmap-${theme}`);
      await page.locator('#tab-histogram').click();
      await page.waitForSelector('.histogram canvas');
      await page.waitForTimeout(200);
      await screenshot(page, `heatmap-histogram-${theme}`);
      await page.locator('#tab-gradients').click();
      await page.waitForSelector('.gradient-norms canvas');
      await page.waitForTimeout(200);
      await screenshot(page, `heatmap-gradients-${theme}`);
      await page.close();
    }
  });

  it('follows the slider at once and asks for paths when it rests', async () => {
    const { page, asked, tilesAsked } = await open();
    await tilesDrawn(page);
    const before = await page.locator('.kept').textContent();
    expect(await page.locator('.stability').textContent()).toBe(
      '98 % of these weights would be chosen again, 80 % on other batches',
    );
    const tiles = tilesAsked().length;
    await page.locator('#sparsity').focus();
    await page.keyboard.press('ArrowLeft');
    await eventually(() => page.locator('.kept').textContent()).not.toBe(before);
    expect(await page.locator('.stability').textContent()).toMatch(/^98 % of the weights at 98 % sparsity would be/);
    await eventually(() => tilesAsked().length).toBeGreaterThan(tiles);
    const selections = () =>
      asked.filter((one) => one.kind === 'request' && one.request === 'prunelens/select').map((one) => one.params);
    await eventually(() => selections().map((one) => (one as { paths: boolean }).paths)).toEqual([false, true]);
    expect(await page.locator('#sparsity').getAttribute('aria-valuetext')).toMatch(/97\.\d+ %/);
    await page.locator('#sparsity-number').fill('99.9');
    await page.keyboard.press('Enter');
    await eventually(() => page.locator('.warnings').textContent()).toContain('Nothing is left of stage4_conv4');
    await screenshot(page, 'heatmap-collapsed');
    await page.close();
  });

  it('says that a method needs a new scoring for another sparsity, and asks for the newest at once', async () => {
    const aimed = heatmapState();
    const scores = aimed.scores.map((one) => ({ ...one, title: 'FORCE', aim: aimed.sparsity }));
    const { page, asked } = await openServed((message) => {
      const isScoring = message.kind === 'request' && message.request === 'prunelens/select' && message.params.paths;
      // A scoring takes its time, and the next one must not wait for it.
      return isScoring ? new Promise(() => {}) : answerHeatmap(message, () => ({ ...aimed, scores }));
    });
    await tilesDrawn(page);
    expect(await page.locator('#aim').isVisible()).toBe(false);
    const settled = () =>
      asked.flatMap((one) =>
        one.kind === 'request' && one.request === 'prunelens/select' && one.params.paths ? [one.params.sparsity] : [],
      );
    for (const [value, text] of [
      ['99', '99 %'],
      ['95', '95 %'],
    ]) {
      await page.locator('#sparsity-number').fill(value);
      await page.keyboard.press('Enter');
      await eventually(() => page.locator('#aim').textContent()).toContain(`it scores again for ${text}`);
      await eventually(() => settled().at(-1)).toBe(Number(value) / 100);
    }
    await page.close();
  });

  it('repaints within a drag', async () => {
    const { page, problems } = await open();
    await tilesDrawn(page);
    const box = (await page.locator('#sparsity').boundingBox())!;
    const y = box.y + box.height / 2;
    await page.mouse.move(box.x + box.width * 0.5, y);
    await page.mouse.down();
    const times: number[] = [];
    for (let step = 0; step < 20; step++) {
      await page.evaluate(() => performance.clearMeasures());
      await page.mouse.move(box.x + box.width * (0.3 + 0.03 * step), y);
      const time = await page.waitForFunction(() => performance.getEntriesByName('prunelens:repaint')[0]?.duration);
      times.push(Number(await time.jsonValue()));
    }
    await page.mouse.up();
    times.sort((a, b) => a - b);
    console.log(
      `slider to repaint, host included: median ${times[10].toFixed(1)} ms, slowest ${times[19].toFixed(1)} ms`,
    );
    expect(problems).toEqual([]);
    await page.close();
  });

  it('zooms with keys down to single weights and reads them out', async () => {
    const { page, asked, tilesAsked } = await open();
    await tilesDrawn(page);
    const canvas = page.locator('.layer').first().locator('canvas').first();
    await canvas.focus();
    for (let press = 0; press < 12; press++) await page.keyboard.press('+');
    await eventually(() => (tilesAsked().at(-1)!.params as { rows: number }).rows).toBe(4);
    await page.waitForTimeout(100);
    await page.keyboard.press('Shift+ArrowRight');
    await eventually(() => page.locator('.tooltip').textContent()).toContain('initial value -0.0456');
    expect(await page.locator('.tooltip').textContent()).toMatch(/out \d+, in \d, kernel \(\d, \d\)/);
    expect(await page.locator('.spoken').textContent()).toContain('score 3.210e-4');
    expect(asked.some((one) => one.kind === 'request' && one.request === 'prunelens/weight')).toBe(true);
    await screenshot(page, 'heatmap-zoomed');
    const row = (tilesAsked().at(-1)!.params as { row: number }).row;
    await page.keyboard.press('ArrowDown');
    await eventually(() => (tilesAsked().at(-1)!.params as { row: number }).row).toBe(row + 1);
    await page.keyboard.press('Home');
    await eventually(() => (tilesAsked().at(-1)!.params as { rows: number }).rows).toBe(192);
    await page.close();
  });

  it('shows a tooltip under the pointer, zooms by the wheel and moves by a drag', async () => {
    const { page, tilesAsked } = await open();
    await tilesDrawn(page);
    const canvas = page.locator('.layer').nth(5).locator('canvas').first();
    await canvas.scrollIntoViewIfNeeded();
    await page.waitForTimeout(200);
    const box = (await canvas.boundingBox())!;
    await page.mouse.move(box.x + 30, box.y + 30);
    await eventually(() => page.locator('.tooltip').textContent()).toContain('weights kept');
    await canvas.click();
    for (let turn = 0; turn < 6; turn++) await page.mouse.wheel(0, -100);
    const last = () => tilesAsked().at(-1)!.params as { rows: number; column: number };
    await eventually(() => last().rows).toBeLessThan(100);
    const { column } = last();
    await page.mouse.move(box.x + 60, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + 20, box.y + 60, { steps: 4 });
    await page.mouse.up();
    await eventually(() => last().column).toBeGreaterThan(column);
    await page.close();
  });

  it('compares two methods', async () => {
    const { page, asked, tilesAsked } = await open(undefined, { theme: 'light' });
    await tilesDrawn(page);
    await page.locator('#compare').click();
    await page.locator('#compare vscode-option', { hasText: 'SNIP' }).click();
    await eventually(() => page.locator('.overlap').textContent()).toContain('0.312');
    expect(await page.locator('.layer').first().locator('canvas:visible').count()).toBe(3);
    expect(await page.locator('.layer').first().locator('.layer-overlap').textContent()).toBe('IoU 0.200');
    expect((tilesAsked().at(-1)!.params as { otherScoreId: string }).otherScoreId).toBe('snip-1');
    await page.waitForTimeout(300);
    await screenshot(page, 'heatmap-compare');
    await page.locator('[data-export=svg]').click();
    await eventually(() => savedFile(asked, '.svg') ?? '').toContain('<image');
    await page.close();
  });

  it('lists what is looked for, folds groups, and goes from the overview to a layer', async () => {
    const { page, problems } = await open(undefined, { theme: 'light' });
    await page.waitForSelector('.layer canvas');
    const listed = () => page.locator('.layer').count();
    const all = await listed();
    await page.locator('#find-layer').fill('stage2 conv3');
    await eventually(listed).toBe(1);
    await page.locator('#find-layer').fill('');
    await eventually(listed).toBe(all);
    await page.locator('vscode-button', { hasText: 'Fold all' }).click();
    await eventually(listed).toBe(2);
    expect(await page.locator('.layer-group').count()).toBe(4);
    await page.waitForTimeout(200);
    await screenshot(page, 'heatmap-folded');
    const over = page.locator('.overview .u-over');
    const { width = 0, height = 0 } = (await over.boundingBox()) ?? {};
    await over.click({ position: { x: width / 2, y: height / 2 } });
    await eventually(() => page.locator('.layer:focus').count()).toBe(1);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('has one stop of the tab key a layer, and arrows inside', async () => {
    const { page } = await open();
    await tilesDrawn(page);
    const focused = () =>
      page.evaluate(() => {
        const { activeElement: at } = document;
        return at?.closest('.layer') === at
          ? at?.getAttribute('aria-label')
          : (at?.getAttribute('title') ?? at?.tagName);
      });
    await page.locator('.layer').first().focus();
    await page.keyboard.press('ArrowRight');
    expect(await focused()).toContain('Show the source line of stem');
    await page.keyboard.press('ArrowRight');
    expect(await focused()).toBe('CANVAS');
    await page.keyboard.press('Escape');
    expect(await focused()).toBe('stem/kernel');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    expect(await focused()).toBe('stage1_conv1/kernel');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('stage1_conv2/kernel');
    await page.close();
  });

  it('opens a tile in the whole panel, and compares with a run', async () => {
    for (const theme of ['light', 'dark'] as const) {
      const { page, asked, problems } = await open(undefined, { theme });
      await page.waitForSelector('.layer canvas');
      await page.locator('#compare').click();
      await page.locator('#compare vscode-option', { hasText: 'Run seed-2' }).click();
      await eventually(() => page.locator('.overlap').textContent()).toContain('seed-2 keeps 1,234');
      await eventually(() => page.locator('.bar-other .bar-value').first().textContent()).toContain('100 of');
      const tiles = asked.filter((one) => one.kind === 'request' && one.request === 'prunelens/tile');
      expect(tiles.at(-1)!.params).toMatchObject({ otherRun: '/workspace/.prunelens/runs/seed-2' });
      await page.waitForTimeout(200);
      await screenshot(page, `heatmap-run-${theme}`);
      const row = page.locator('.layer', { hasText: 'stage1_conv2' });
      await row.hover();
      await row.getByRole('button', { name: 'Open in the whole panel: stage1_conv2/kernel' }).click();
      await eventually(() => page.locator('.opened-across').textContent()).toBe('64 in, each 3 wide →');
      await page.waitForTimeout(300);
      await screenshot(page, `heatmap-opened-${theme}`);
      await page.keyboard.press('Escape');
      await eventually(() => page.locator('.layer.opened').count()).toBe(0);
      expect(problems).toEqual([]);
      await page.close();
    }
  });

  it('goes through the epochs of a run whose masks change', async () => {
    const { page, asked, problems } = await open();
    await page.waitForSelector('.layer canvas');
    await page.locator('#compare').click();
    await page.locator('#compare vscode-option', { hasText: 'Run changing' }).click();
    await eventually(() => page.locator('output[for="compare-epoch"]').textContent()).toBe('2 of 2');
    await page.locator('#compare-epoch').focus();
    await page.keyboard.press('Home');
    await eventually(() => page.locator('.overlap').textContent()).toContain('changing before training keeps');
    expect(await page.locator('output[for="compare-epoch"]').textContent()).toBe('before training');
    const tiles = () => asked.filter((one) => one.kind === 'request' && one.request === 'prunelens/tile');
    await eventually(async () => tiles().at(-1)!.params).toMatchObject({ otherEpoch: 0 });
    await screenshot(page, 'heatmap-epochs');
    expect(problems).toEqual([]);
    await page.close();
  });

  it('shows the same numbers as a table and exports them', async () => {
    const { page, asked } = await open();
    await tilesDrawn(page);
    await page.locator('#tab-table').click();
    await eventually(() => page.locator('#view-table vscode-data-grid-row').count()).toBe(WEIGHTS.length + 1);
    expect(
      await page.locator('#view-table vscode-data-grid-row').nth(1).locator('vscode-data-grid-cell').allInnerTexts(),
    ).toEqual(expect.arrayContaining(['stem/kernel', '3 × 3 × 3 × 64', '1,728', '221', '12.8 %']));
    await screenshot(page, 'heatmap-table');
    await page.locator('[data-export=csv]').click();
    await eventually(() => savedFile(asked, '.csv')).toBeDefined();
    const lines = savedFile(asked, '.csv')!.trim().split('\r\n');
    expect(lines).toHaveLength(WEIGHTS.length + 1);
    expect(lines[0]).toBe(
      'layer,weight,shape,total,kept,sparsity,effective,macs,sparseMacs,method,comparedWith,iou,metaGradientNorm,gradientNorm',
    );
    const [layer, weight, shape, total, kept] = lines[1].split(',');
    expect([layer, weight, shape, total]).toEqual(['stem', 'stem/kernel', '3x3x3x64', '1728']);
    expect(Number(kept)).toBe(heatmapState().selection!.layers[0].kept);
    await page.locator('[data-export=png]').click();
    await eventually(() => savedFile(asked, '.png')).toBeDefined();
    expect(Buffer.from(savedFile(asked, '.png')!, 'base64').subarray(1, 4).toString()).toBe('PNG');
    expect(await violations(page)).toEqual([]);
    await page.close();
  });

  it('shows the norms of gradients that ProsPr has, and says so where a method has none', async () => {
    const { page, asked, problems } = await open(undefined, { theme: 'light' });
    await tilesDrawn(page);
    await page.locator('#tab-gradients').click();
    const view = page.locator('.gradient-norms');
    await eventually(() => view.locator('.chart canvas').isVisible()).toBe(true);
    expect(await view.locator('.legend-entry').allInnerTexts()).toEqual([
      expect.stringContaining('Meta-gradient'),
      expect.stringContaining('Gradient'),
    ]);
    const cells = () => view.locator('vscode-data-grid-row').nth(1).locator('vscode-data-grid-cell').allInnerTexts();
    await eventually(cells).toEqual(['stem/kernel', '0.09', '5.000e-4', '180']);
    expect(await view.locator('vscode-data-grid-row').count()).toBe(WEIGHTS.length + 1);
    // A gradient of 0 has no place on the axis and no ratio, but a number.
    expect((await view.locator('vscode-data-grid-row').nth(4).innerText()).trim()).toMatch(
      /stage1_conv3\/kernel.*\s0$/s,
    );

    await page.locator('[data-export=csv]').click();
    await eventually(() => savedFile(asked, '.csv')).toBeDefined();
    const { metaGradient, gradient } = GRADIENT_NORMS[0];
    expect(savedFile(asked, '.csv')!.split('\r\n')[1]).toMatch(new RegExp(`,${metaGradient},${gradient}$`));
    await page.locator('[data-export=svg]').click();
    await eventually(() => savedFile(asked, '.svg') ?? '').toContain('Norms of gradients and meta-gradients');
    expect(savedFile(asked, '.svg')).toContain('>stage4_conv4</text>');

    await page.locator('#method').click();
    await page.locator('#method vscode-option', { hasText: 'SNIP' }).click();
    await eventually(() => view.textContent()).toContain('Only ProsPr takes a meta-gradient');
    expect(await view.locator('.chart').isVisible()).toBe(false);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('reveals a layer’s source line', async () => {
    const { page, asked } = await open();
    await tilesDrawn(page);
    await page.locator('.layer-name', { hasText: 'stage1_conv1' }).click();
    await eventually(() => asked.at(-1)).toMatchObject({ action: 'reveal', params: { line: 11, column: 7 } });
    await page.close();
  });

  it('is as it was after a reload', async () => {
    const { page, tilesAsked } = await open();
    await tilesDrawn(page);
    await page.locator('.layer').first().locator('canvas').first().focus();
    await page.keyboard.press('+');
    await eventually(() => (tilesAsked().at(-1)!.params as { rows: number }).rows).toBe(120);
    await page.locator('#tab-table').click();
    await page.reload();
    await eventually(() => page.locator('#tab-table').getAttribute('aria-selected')).toBe('true');
    await page.locator('#tab-layers').click();
    await eventually(() =>
      tilesAsked().some((one, at, all) => at > all.length - 12 && (one.params as { rows: number }).rows === 120),
    ).toBe(true);
    await page.close();
  });

  it('says what to do where there are no scores, and what failed', async () => {
    const empty = await open(() => heatmapState({ scores: [], shown: undefined, selection: undefined }));
    await empty.page.locator('[data-score=snip]').click();
    await eventually(() => empty.asked.at(-1)).toMatchObject({ action: 'score', params: { method: 'snip' } });
    await screenshot(empty.page, 'heatmap-empty');
    await empty.page.close();
    const broken = await open(() => {
      throw new Error('Layer conv2 expects 3 channels.');
    });
    await eventually(() => broken.page.locator('[role=alert] p').textContent()).toContain('expects 3 channels');
    await broken.page.close();
  });

  it('has a table whose numbers are in one piece, at any width', async () => {
    for (const width of [1180, 350]) {
      const { page } = await open(undefined, { size: { width, height: 820 } });
      await page.locator('#tab-table').click();
      await page.locator('#view-table [role=row]').nth(1).waitFor();
      const heights = await page
        .locator('#view-table [role=row]')
        .evaluateAll((all) => all.slice(1).map((one) => one.getBoundingClientRect().height));
      expect(heights).toHaveLength(WEIGHTS.length);
      expect(Math.max(...heights)).toBeLessThan(30);
      await page.close();
    }
  });
});
