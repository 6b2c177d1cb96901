/** The report of a comparison or a sweep in a real browser. */
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Comparison } from '../../../server/protocol/comparison';
import type { SweepResults } from '../../../server/protocol/sweep';
import { SERIES_COLORS } from '../../../webview/shared/seriesColors';
import { misfits, seriousViolations } from '../support/accessibility';
import { launch, screenshot, setTheme } from '../support/browser';
import { comparisonOfCells, sweepOfCells } from '../support/report';
import { useServedPage } from '../support/served';
import { THEME_NAMES, THEMES } from '../support/themes';
import { wholeSweep } from '../support/wholeReport';

/** Widths of a panel: a window with a side bar, and one beside code. */
const WIDTHS = [900, 350];

/** That of the editor's panel: no styles in attributes. */
const POLICY = `<meta http-equiv="Content-Security-Policy" content="style-src 'nonce-n'">`;

describe('report', () => {
  /** As a panel of the editor shows it, on a sweep that has every part. */
  const panel = useServedPage('report');
  let browser: Browser;
  let script = '';
  let style = '';
  beforeAll(async () => {
    const bundled = build({
      absWorkingDir: join(import.meta.dirname, '../../..'),
      entryPoints: { report: 'webview/report/report.ts' },
      outdir: 'dist',
      bundle: true,
      write: false,
      platform: 'browser',
      target: 'es2020',
      format: 'iife',
    });
    const [{ outputFiles }, launched] = await Promise.all([bundled, launch()]);
    browser = launched;
    script = outputFiles.find(({ path }) => path.endsWith('.js'))!.text;
    style = outputFiles.find(({ path }) => path.endsWith('.css'))!.text;
  });
  afterAll(() => browser?.close());

  async function open(
    results: Comparison | SweepResults,
    colorScheme: 'light' | 'dark' = 'light',
    drawn = '.uplot canvas',
  ) {
    const page = await browser.newPage({ viewport: { width: 1000, height: 900 }, colorScheme });
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    const data = JSON.stringify(results).replaceAll('<', '\\u003c');
    await page.setContent(
      `<html lang="en"><title>Report</title>${POLICY}<style nonce="n">${style}</style><main id="report"></main><script type="application/json" id="comparison">${data}</script>`,
    );
    await page.addScriptTag({ content: script });
    await page.locator(drawn).first().waitFor();
    return { page, problems };
  }

  /** `rgb(0, 117, 210)` of `#0075d2`. */
  const rgb = (color: string) =>
    `rgb(${[1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16)).join(', ')})`;
  const chart = (page: Page) => page.locator('.uplot').first();

  it('charts the mean IoU of a segmentation, and its accuracy at a switch', async () => {
    for (const theme of ['light', 'dark'] as const) {
      const { page, problems } = await open(comparisonOfCells(), theme);
      expect(await chart(page).getAttribute('aria-label')).toBe(
        'Test mean IoU over sparsity of ProsPr, SNIP; dense 81.00 %',
      );
      await screenshot(page, `report-mean-iou-${theme}`);
      const swatches = await page
        .locator('.legend .swatch')
        .evaluateAll((all) => all.map((one) => getComputedStyle(one).borderTopColor));
      expect(swatches.slice(1)).toEqual(SERIES_COLORS[theme].slice(0, 2).map(rgb));
      await page.getByRole('button', { name: 'Test accuracy' }).click();
      expect(await chart(page).getAttribute('aria-label')).toBe(
        'Test accuracy over sparsity of ProsPr, SNIP; dense 95.00 %',
      );
      expect(await page.getByRole('button', { name: 'Test accuracy' }).getAttribute('aria-pressed')).toBe('true');
      expect(await page.getByRole('button', { name: 'Test mean IoU' }).getAttribute('aria-pressed')).toBe('false');
      const rowOf = (title: string) =>
        page.locator('h3', { hasText: title }).locator('xpath=following-sibling::div[1]').locator('tr').nth(2);
      expect(await rowOf('Test mean IoU').locator('td, th').allInnerTexts()).toEqual([
        'ProsPr',
        '',
        '70.00 ± 2.00 %',
        '60.00 %',
      ]);
      expect(await rowOf('Test accuracy').locator('td, th').allInnerTexts()).toEqual([
        'ProsPr',
        '',
        '93.00 ± 1.00 %',
        '91.00 %',
      ]);
      expect(problems).toEqual([]);
      await page.close();
    }
  });

  it('has one chart and no switch where there is only the accuracy', async () => {
    const comparison = comparisonOfCells();
    const summary = comparison.summary.map(({ meanIoU: _, ...row }) => row);
    const { page } = await open({ ...comparison, summary });
    expect(await chart(page).getAttribute('aria-label')).toContain('Test accuracy over sparsity');
    expect(await page.getByRole('group', { name: 'Metric of the chart' }).count()).toBe(0);
    expect(await page.locator('h3', { hasText: 'Test mean IoU' }).count()).toBe(0);
    await page.close();
  });

  it('says nothing of accuracies of a regression, nor where nothing is trained yet', async () => {
    const comparison = comparisonOfCells();
    const summary = comparison.summary.map(({ meanIoU: _, mean, ...row }) => ({ ...row, mean, metric: 'r2' }));
    const regression = await open({ ...comparison, summary });
    expect(await chart(regression.page).getAttribute('aria-label')).toContain('Test R² over sparsity');
    expect(await regression.page.locator('#report').innerText()).not.toMatch(/accurac/i);
    await regression.page.close();
    const begun = await open({ ...comparison, summary: [] }, 'light', 'section');
    expect(await begun.page.locator('#report').innerText()).toContain('No pruned network is trained yet.');
    expect(await begun.page.locator('#report').innerText()).not.toMatch(/accurac/i);
    expect(begun.problems).toEqual([]);
    await begun.page.close();
  });

  it('draws curves in the colors of its theme, which a button switches', async () => {
    const { page } = await open(comparisonOfCells(), 'dark');
    const colors = () =>
      page
        .locator('.legend')
        .first()
        .locator('.swatch')
        .evaluateAll((swatches) => swatches.map((swatch) => (swatch as HTMLElement).style.getPropertyValue('--color')));
    expect((await colors()).slice(1)).toEqual(SERIES_COLORS.dark.slice(0, 2));
    await page.getByRole('button', { name: 'dark / light' }).click();
    expect((await colors()).slice(1)).toEqual(SERIES_COLORS.light.slice(0, 2));
    await page.close();
  });

  it('has nothing serious for axe-core in either theme, and fits a narrow window', async () => {
    for (const theme of ['light', 'dark'] as const) {
      const { page } = await open(wholeSweep(), theme);
      expect(await seriousViolations(page)).toEqual([]);
      for (const width of [1000, 350]) {
        await page.setViewportSize({ width, height: 900 });
        await screenshot(page, `report-${theme}-${width}`);
        expect(await misfits(page)).toEqual([]);
      }
      await page.close();
    }
  });

  it('draws the stability of each method in the color of its curve, on an axis that begins below the lowest', async () => {
    const { page } = await open(wholeSweep());
    const colors = await page
      .locator('.legend')
      .first()
      .locator('.swatch:not(.dashed)')
      .evaluateAll((swatches) => swatches.map((swatch) => (swatch as HTMLElement).style.getPropertyValue('--color')));
    const plot = page.locator('svg[aria-label*="stability"]');
    const dots = await plot.locator('circle').evaluateAll((circles) =>
      circles.map((circle) => ({
        at: Number(circle.getAttribute('cx')),
        color: circle.getAttribute('fill')!,
        name: circle.textContent!.replace(/, .*/, ''),
      })),
    );
    const names = [...new Set(dots.map(({ name }) => name))];
    expect(names.length).toBeGreaterThan(2);
    const colorOf = new Map(dots.map(({ name, color }) => [name, color]));
    expect(new Set(colorOf.values()).size).toBe(names.length);
    for (const color of colorOf.values()) expect(colors).toContain(color);
    const [frame] = await plot
      .locator('rect')
      .evaluateAll((all) =>
        all.map((one) => ({ x: Number(one.getAttribute('x')), width: Number(one.getAttribute('width')) })),
      );
    for (const { at } of dots) {
      expect(at).toBeGreaterThanOrEqual(frame.x);
      expect(at).toBeLessThanOrEqual(frame.x + frame.width);
    }
    await page.close();
  });

  it("has the editor's colors in its panel, follows its theme, and fits beside code", async () => {
    const { page, problems } = await panel(() => null, { theme: 'light' });
    const swatch = page.locator('.legend .swatch').nth(1);
    for (const theme of THEME_NAMES) {
      await setTheme(page, theme);
      const color = (name: string) => rgb(THEMES[theme].variables[name]);
      await expect
        .poll(() => swatch.evaluate((one) => getComputedStyle(one).borderTopColor))
        .toBe(rgb(SERIES_COLORS[theme === 'light' || theme === 'contrast-light' ? 'light' : 'dark'][0]));
      const shown = await page.evaluate(() => {
        const { backgroundColor, color } = getComputedStyle(document.body);
        return [backgroundColor, color];
      });
      expect(shown).toEqual([color('--vscode-editor-background'), color('--vscode-foreground')]);
      expect(await seriousViolations(page, theme === 'light' ? undefined : ['color-contrast'])).toEqual([]);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 820 });
        expect(await misfits(page)).toEqual([]);
        await screenshot(page, `report-panel-${theme}-${width}`);
      }
    }
    expect(await page.getByRole('button', { name: 'dark / light' }).count()).toBe(0);
    // The last width is that beside code: what is drawn, and names of layers, are in sight.
    const room = await page.locator('#report').evaluate((one) => one.clientWidth);
    const drawn = await page
      .locator('svg, .uplot')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().width));
    expect(drawn.length).toBeGreaterThan(3);
    expect(Math.max(...drawn)).toBeLessThanOrEqual(room);
    const outside = await page.locator('svg text').evaluateAll((all) =>
      all.flatMap((one) => {
        const [text, chart] = [one, one.closest('svg')!].map((each) => each.getBoundingClientRect());
        return text.left < chart.left - 1 || text.right > chart.right + 1 ? [one.textContent] : [];
      }),
    );
    expect(outside).toEqual([]);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('survives a panel that is hidden, which has no width', async () => {
    const { page, problems } = await panel(() => null, { theme: 'dark' });
    await page.evaluate(() => {
      document.getElementById('report')!.hidden = true;
      dispatchEvent(new Event('resize'));
    });
    expect(problems).toEqual([]);
    await page.close();
  });

  it('charts the mean IoU over the axis of a sweep, too', async () => {
    const { page, problems } = await open(sweepOfCells());
    const section = page.locator('section').last();
    expect(await section.locator('h2').innerText()).toBe('unet: mean IoU and accuracy over steps');
    expect(await section.locator('.uplot').getAttribute('aria-label')).toBe('Test mean IoU over steps of ProsPr');
    await section.getByRole('button', { name: 'Test accuracy' }).click();
    expect(await section.locator('.uplot').getAttribute('aria-label')).toBe('Test accuracy over steps of ProsPr');
    expect(problems).toEqual([]);
    await page.close();
  });
});
