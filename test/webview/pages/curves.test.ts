/** The curves' page in a real browser. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { type OpenOptions, savedFile, screenshot, violations } from '../support/browser';
import { answerCurves, COMPARISON, LIVE, MANY_METHODS, RUNS, STEPS } from '../support/runs';
import { eventually, useServedPage } from '../support/served';

describe('curves', () => {
  const openServed = useServedPage('curves');

  const open = (options: OpenOptions = {}, runs = () => RUNS) =>
    openServed((message) => answerCurves(message, runs), options);
  const drawn = (page: Page) => page.waitForSelector('.run-charts canvas');
  const legendValue = (page: Page, label: string) =>
    page.locator('.chart').first().locator('.legend-entry', { hasText: label }).locator('.legend-value').textContent();

  it('lists runs and draws their curves', async () => {
    for (const theme of ['light', 'dark'] as const) {
      const { page, problems } = await open({ theme });
      await drawn(page);
      expect(await page.locator('.run').count()).toBe(RUNS.length);
      expect(await page.locator('.run-charts canvas').count()).toBe(2);
      await eventually(() => legendValue(page, 'lenet-dense: test')).not.toBe('');
      await page.waitForTimeout(200);
      await screenshot(page, `curves-${theme}`);
      expect(await violations(page)).toEqual([]);
      expect(problems).toEqual([]);
      await page.close();
    }
  });

  it('exports a picture within the security policy', async () => {
    const { page, problems, asked } = await open();
    await drawn(page);
    await page.locator('[data-export=png]').click();
    await eventually(() => savedFile(asked, '.png')).toBeDefined();
    expect(await violations(page)).toEqual([]);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('grows with each step, without reading the run again', async () => {
    const { page, asked, send } = await open();
    await drawn(page);
    const requests = asked.length;
    const label = 'lenet-prospr-99: each step';
    for (let step = 1; step <= 5; step++) {
      const stepLosses = [{ step, loss: 0.5 + step / 1000 }];
      const training = { run: LIVE, epoch: 4, step, steps: STEPS, loss: 0.7, accuracy: 0.8, stepLosses };
      await send({ event: 'training', training });
    }
    await eventually(() => legendValue(page, label)).toBe('0.505');
    await send({
      event: 'training',
      training: { run: LIVE, epoch: 4, loss: 0.4, accuracy: 0.85, testLoss: 0.45, testAccuracy: 0.8321 },
    });
    await eventually(() =>
      page.locator('.chart').nth(1).locator('.legend-entry', { hasText: 'lenet-prospr-99: test' }).innerText(),
    ).toContain('83.21 %');
    expect(asked.length).toBe(requests);
    await send({
      event: 'status',
      status: {
        worker: 'busy',
        jobs: [
          {
            id: '1',
            title: 'Train',
            state: 'running',
            position: 0,
            progress: {
              job: '1',
              message: 'Training',
              fraction: 0.2,
              secondsLeft: 200,
              training: { run: LIVE, epoch: 4, step: 5, steps: STEPS, loss: 0.5, accuracy: 0.8 },
            },
          },
        ],
      },
    });
    await eventually(() =>
      page.locator('.run', { hasText: 'lenet-prospr-99' }).locator('.run-left').textContent(),
    ).toBe('20 %, 3 min 20 s left');
    await page.close();
  });

  it('takes 2,000 steps of a running job without falling behind', async () => {
    const { page } = await open();
    await drawn(page);
    const milliseconds = await page.evaluate(
      async ({ run, steps }) => {
        const start = performance.now();
        for (let step = 1; step <= steps; step++) {
          const stepLosses = [{ step, loss: 1 / step }];
          const training = { run, epoch: 4, step, steps, loss: 1, accuracy: 0.5, stepLosses };
          window.postMessage({ kind: 'event', event: 'training', training }, '*');
        }
        await new Promise((resolve) => setTimeout(resolve));
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
        return performance.now() - start;
      },
      { run: LIVE, steps: 2000 },
    );
    console.log(`2,000 steps of a running job: ${milliseconds.toFixed(0)} ms`);
    await eventually(() => legendValue(page, 'lenet-prospr-99: each step')).toBe('5.000e-4');
    await page.close();
  });

  it('stops and resumes runs, and hides them', async () => {
    const { page, asked } = await open();
    await drawn(page);
    await page.locator('.run', { hasText: 'lenet-prospr-99' }).locator('vscode-button', { hasText: 'Stop' }).click();
    await eventually(() => asked.at(-1)).toMatchObject({ action: 'stopRun', params: { run: LIVE } });
    await page.locator('.run', { hasText: 'lenet-snip-98' }).locator('vscode-button', { hasText: 'Resume' }).click();
    await eventually(() => asked.at(-1)).toMatchObject({ action: 'resumeRun', params: { run: RUNS[2].run } });
    const before = await page.locator('.legend-entry').count();
    await page.locator('.run', { hasText: 'lenet-dense' }).locator('vscode-checkbox').click();
    await eventually(() => page.locator('.legend-entry').count()).toBe(before - 6);
    await page.reload();
    await drawn(page);
    expect(await page.locator('.legend-entry', { hasText: 'lenet-dense' }).count()).toBe(0);
    await page.close();
  });

  it('zooms, switches to log axes and toggles curves by keys', async () => {
    const { page, problems } = await open();
    await drawn(page);
    const plot = page.locator('.chart-plot').first();
    const picture = () => plot.locator('canvas').evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
    const whole = await picture();
    await plot.focus();
    await page.keyboard.press('+');
    await eventually(picture).not.toBe(whole);
    await page.keyboard.press('0');
    await eventually(picture).toBe(whole);
    const entry = page.locator('.legend-entry').first();
    await entry.focus();
    await page.keyboard.press('Enter');
    expect(await entry.getAttribute('aria-pressed')).toBe('false');
    await eventually(picture).not.toBe(whole);
    await page.locator('vscode-checkbox', { hasText: 'Log loss' }).click();
    await page.waitForTimeout(200);
    await screenshot(page, 'curves-log');
    expect(problems).toEqual([]);
    await page.close();
  });

  it('zooms all charts together, and shows one cursor', async () => {
    const { page, problems } = await open();
    await drawn(page);
    const plots = page.locator('.run-charts .chart-plot');
    const picture = (at: number) =>
      plots
        .nth(at)
        .locator('canvas')
        .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
    const whole = await picture(1);
    await plots.first().focus();
    await page.keyboard.press('+');
    await eventually(() => picture(1)).not.toBe(whole);
    await page.keyboard.press('0');
    await eventually(() => picture(1)).toBe(whole);
    await plots.first().locator('.u-over').hover();
    const place = page.locator('.run-charts .chart').nth(1).locator('.legend-place');
    await eventually(() => place.textContent()).toContain('Epoch: ');
    expect(problems).toEqual([]);
    await page.close();
  });

  it('draws over time, the test alone, means by method, and a baseline, and remembers it', async () => {
    const { page, problems } = await open({ theme: 'light' });
    await drawn(page);
    const choose = async (id: string, label: string) => {
      await page.locator(`#${id}`).click();
      await page.locator(`#${id}`).getByRole('option', { name: label, exact: true }).click();
    };
    const labels = () => page.locator('.run-charts .legend-entry').allInnerTexts();
    await choose('curve-splits', 'Test');
    await eventually(async () => (await labels()).every((label) => label.includes(': test'))).toBe(true);
    await choose('curve-axis', 'Time');
    await eventually(() => page.locator('.view .note').first().textContent()).toContain('lenet-snip-98');
    await choose('curve-axis', 'Step');
    await page.getByRole('button', { name: 'Baseline: lenet-dense' }).click();
    await eventually(() => page.locator('.run', { hasText: 'lenet-prospr-98' }).textContent()).toContain('−1.20 pp');
    await choose('curve-grouping', 'Mean by method');
    await eventually(async () => (await labels()).join()).toContain('ProsPr (2): test');
    await page.waitForTimeout(200);
    await screenshot(page, 'curves-means');
    await page.reload();
    await drawn(page);
    await eventually(async () => (await labels()).join()).toContain('ProsPr (2): test');
    expect(problems).toEqual([]);
    await page.close();
  });

  it('smooths as much as the slider says, and leaves outliers out of sight', async () => {
    const { page } = await open();
    await drawn(page);
    const smooth = () => page.locator('.legend-entry', { hasText: 'smoothed' }).count();
    expect(await smooth()).toBeGreaterThan(0);
    await page.locator('#smoothing').fill('0');
    await eventually(smooth).toBe(0);
    const picture = () =>
      page
        .locator('.run-charts canvas')
        .first()
        .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
    const before = await picture();
    await page.locator('vscode-checkbox', { hasText: 'Ignore outliers' }).click();
    await eventually(picture).not.toBe(before);
    await page.close();
  });

  it('holds runs against each other as points and as lines', async () => {
    for (const theme of ['light', 'dark'] as const) {
      const { page, asked, problems } = await open({ theme });
      await drawn(page);
      await page.locator('#tab-plane').click();
      await page.waitForSelector('#view-plane canvas');
      await page.waitForTimeout(200);
      await screenshot(page, `curves-scatter-${theme}`);
      await page.locator('[data-export=csv]').click();
      await eventually(() => savedFile(asked, '.csv')?.split('\r\n').length).toBe(61);
      await page.locator('#plane-form').click();
      await page.locator('#plane-form').getByRole('option', { name: 'Parallel coordinates' }).click();
      await eventually(() => page.locator('.parallel-line').count()).toBe(59);
      await screenshot(page, `curves-parallel-${theme}`);
      await page.locator('[data-export=svg]').click();
      await eventually(() => savedFile(asked, '.svg') ?? '').toContain('parallel-line');
      expect(problems).toEqual([]);
      await page.close();
    }
  });

  it('shows accuracy over sparsity with bands, and exports it', async () => {
    for (const theme of ['dark', 'light'] as const) {
      const { page, asked, problems } = await open({ theme });
      await drawn(page);
      await page.locator('#tab-comparison').click();
      await page.waitForSelector('#view-comparison canvas');
      expect(await page.locator('#view-comparison .legend-entry').allInnerTexts()).toHaveLength(4);
      await page.waitForTimeout(200);
      await screenshot(page, `curves-comparison-${theme}`);
      await page.locator('[data-export=csv]').click();
      await eventually(() => savedFile(asked, '.csv')).toBeDefined();
      const lines = savedFile(asked, '.csv')!.trim().split('\r\n');
      expect(lines[0]).toBe('method,sparsity,runs,meanTestAccuracy,deviation');
      const [, sparsity, runs, mean, deviation] = lines.find((line) => line.startsWith('prospr,0.98'))!.split(',');
      const found = COMPARISON.rows.filter((row) => row.method === 'prospr' && row.sparsity === 0.98);
      expect([Number(sparsity), Number(runs)]).toEqual([0.98, 3]);
      expect(Number(mean)).toBeCloseTo(found.reduce((sum, row) => sum + row.testAccuracy!, 0) / 3, 10);
      expect(Number(deviation)).toBeCloseTo(0.004, 10);
      await page.locator('[data-export=svg]').click();
      await eventually(() => savedFile(asked, '.svg') ?? '').toContain('ProsPr');
      expect(savedFile(asked, '.svg')).toContain('<path');
      expect(problems).toEqual([]);
      await page.close();
    }
  });

  it('has a color for each of sixteen methods, in the order of the comparison', async () => {
    for (const theme of ['dark', 'light'] as const) {
      const { page } = await openServed((message) => answerCurves(message, undefined, MANY_METHODS), {
        theme,
      });
      await drawn(page);
      await page.locator('#tab-comparison').click();
      const entries = page.locator('#view-comparison .legend-entry');
      await eventually(() => entries.count()).toBe(16);
      expect(await entries.first().innerText()).toContain('Method 16');
      const colors = await entries
        .locator('.swatch')
        .evaluateAll((swatches) => swatches.map((swatch) => getComputedStyle(swatch).backgroundColor));
      expect(new Set(colors).size).toBe(16);
      await page.waitForTimeout(200);
      await screenshot(page, `curves-many-${theme}`);
      await page.close();
    }
  });

  it('compares segmentations by their mean IoU, and by their accuracy', async () => {
    const rows = COMPARISON.rows.map((row) => ({ ...row, testMeanIoU: row.testAccuracy! - 0.2 }));
    // Runs have the labels that the server gives them.
    const runs = RUNS.map((run) => ({
      ...run,
      label: `lenet-300-100 · ${run.method ?? 'dense'} · 99.5 % · seed 0 · 2026-01-31 12:30:00`,
      testMeanIoU: 0.7,
    }));
    const { page, asked, problems } = await openServed(
      (message) => answerCurves(message, () => runs, { ...COMPARISON, rows }),
      { theme: 'light' },
    );
    await drawn(page);
    await page.locator('#tab-comparison').click();
    const title = page.locator('#view-comparison .chart figcaption');
    await eventually(() => title.textContent()).toBe('Test mean IoU over sparsity');
    await page.waitForTimeout(200);
    await screenshot(page, 'curves-mean-iou');
    await page.locator('#tab-runs').click();
    const box = await page.locator('.run vscode-checkbox').first().locator('.control').boundingBox();
    expect(box!.width).toBe(box!.height);
    await screenshot(page, 'curves-labels');
    await page.locator('#tab-comparison').click();
    await page.locator('[data-export=csv]').click();
    await eventually(() => savedFile(asked, '.csv') ?? '').toContain('meanTestMeanIoU');
    await page.locator('#comparison-metric').click();
    await page.locator('#comparison-metric vscode-option', { hasText: 'accuracy' }).click();
    await eventually(() => title.textContent()).toBe('Test accuracy over sparsity');
    await page.locator('#tab-table').click();
    await eventually(() => page.locator('#view-table').textContent()).toContain('Test mean IoU');
    expect(problems).toEqual([]);
    await page.close();
  });

  it('exports runs and shows them as a table', async () => {
    const { page, asked } = await open();
    await drawn(page);
    await page.locator('[data-export=csv]').click();
    await eventually(() => savedFile(asked, '.csv')).toBeDefined();
    const epochs = RUNS.reduce((sum, { finishedEpochs }) => sum + finishedEpochs, 0);
    expect(savedFile(asked, '.csv')!.trim().split('\r\n')).toHaveLength(1 + epochs * (1 + STEPS));
    await page.locator('[data-export=png]').click();
    await eventually(() => savedFile(asked, '.png')).toBeDefined();
    expect(Buffer.from(savedFile(asked, '.png')!, 'base64').subarray(1, 4).toString()).toBe('PNG');
    await page.locator('#tab-table').click();
    await eventually(() => page.locator('vscode-data-grid-row').count()).toBeGreaterThan(epochs);
    await page.close();
  });

  it('says what to do where there are no runs', async () => {
    const { page } = await open({}, () => []);
    await eventually(() => page.locator('.empty:visible').textContent()).toContain('No run is shown');
    await page.close();
  });
});
