/** The table of runs in a real browser. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { seriousViolations } from '../support/accessibility';
import { type OpenOptions, savedFile, screenshot, violations } from '../support/browser';
import { answerRuns, manyRows } from '../support/runRows';
import { eventually, useServedPage } from '../support/served';

describe('the table of runs', () => {
  const openServed = useServedPage('runs');
  const open = async (count: number, options: OpenOptions = {}) => {
    const opened = await openServed((message) => answerRuns(message, () => manyRows(count)), options);
    await opened.page.waitForSelector('.runs-lines .runs-line');
    return opened;
  };
  const labels = (page: Page) => page.locator('.runs-lines .runs-line .runs-cell:nth-child(2)').allInnerTexts();
  const line = (page: Page, text: string) => page.locator('.runs-lines .runs-line', { hasText: text }).first();

  it('shows runs, sorts and filters them, within the security policy and without serious faults for screen readers', async () => {
    const { page, problems } = await open(25);
    expect(await page.locator('.runs-count').innerText()).toBe('24 of 25 runs');
    expect((await labels(page))[0]).toContain('★');
    await page.locator('[role=columnheader]', { hasText: 'Final' }).click();
    await page.locator('[role=columnheader]', { hasText: 'Final' }).click();
    await eventually(async () => (await labels(page))[1]).toContain('dense');
    await page.locator('#filter').fill('snip 99.5');
    await eventually(() => page.locator('.runs-count').innerText()).toBe('1 of 25 runs');
    await page.locator('vscode-checkbox', { hasText: 'Regular expression' }).click();
    await page.locator('#filter').fill('snip|(');
    await eventually(() => page.locator('#filter-problem').innerText()).toContain('expression');
    await page.locator('#filter').fill('^(snip|grasp)$');
    await eventually(() => page.locator('.runs-count').innerText()).toBe('10 of 25 runs');
    expect(await seriousViolations(page)).toEqual([]);
    expect(await violations(page)).toEqual([]);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('shows what is known of a run beside the table', async () => {
    for (const theme of ['light', 'dark'] as const) {
      const { page, problems } = await open(25, { theme, size: { width: 1440, height: 720 } });
      await line(page, 'snip · 95 %').click();
      await eventually(() => page.locator('.facts').innerText()).toContain('To dense');
      expect(await page.locator('#tags').inputValue()).toBe('paper, figure 2');
      await screenshot(page, `runs-${theme}`);
      expect([problems, await violations(page)]).toEqual([[], []]);
      await page.close();
    }
  });

  it('groups runs with their means, and keeps its choices over a reload', async () => {
    const { page } = await open(300);
    await page.locator('#grouping').click();
    await page.locator('vscode-option', { hasText: 'Method' }).click();
    await eventually(() => page.locator('[data-kind=group]').count()).toBe(5);
    expect(await line(page, 'prospr').innerText()).toMatch(/\d ± \d.\d+ %/);
    await page.locator('.runs-twisty').nth(1).click();
    await eventually(() => page.locator('[data-kind=run]').count()).toBeGreaterThan(10);
    await screenshot(page, 'runs-groups');
    await page.reload();
    await eventually(() => page.locator('[data-kind=group]').count()).toBeGreaterThan(0);
    await page.close();
  });

  it('selects by clicks and keys, and compares, notes, deletes and exports what is selected', async () => {
    const { page, asked } = await open(25);
    const run = (at: number) => `/workspace/.prunelens/runs/run-${at}`;
    await line(page, 'magnitude · 99.5 %').click();
    await line(page, 'grasp · 99.5 %').click({ modifiers: ['Control'] });
    await eventually(() => page.locator('.runs-count').innerText()).toContain('2 selected');
    await page.locator('vscode-button', { hasText: 'Compare in curves' }).click();
    await eventually(() => asked.at(-1)).toMatchObject({ action: 'showCurves', params: { runs: [run(24), run(23)] } });
    await page.locator('#tags').fill('paper, new');
    await page.locator('#tags').press('Enter');
    const changes = [run(23), run(24)].map((one) => ({ run: one, tags: ['paper', 'new'] }));
    await eventually(() => asked.filter((one) => one.kind === 'action').at(-1)).toMatchObject({
      action: 'noteRuns',
      params: { changes },
    });
    await page.locator('[data-export=csv]').click();
    await eventually(() => savedFile(asked, '.csv')?.split('\n').length).toBe(4);
    await page.locator('[role=grid]').focus();
    await page.keyboard.press('Delete');
    await eventually(() => asked.at(-1)).toMatchObject({ action: 'deleteRuns', params: { runs: [run(24), run(23)] } });
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('F2');
    await eventually(() => asked.at(-1)).toMatchObject({ action: 'renameRun', params: { run: run(22) } });
    await page.keyboard.press('Enter');
    await eventually(() => asked.at(-1)).toMatchObject({ action: 'showCurves', params: { runs: [run(22)] } });
    await page.close();
  });

  it('shows the runs of a sweep alone, with how far it is, resumes it, and tells of a folder that does not answer', async () => {
    const folder = '/workspace/.prunelens/runs/sweep-small';
    const unfinished = { planned: 12, failed: 1, isRunning: false, sweep: '/workspace/small.yaml' };
    const own = manyRows(5).map((one, at) => ({
      ...one,
      run: `${folder}/runs/lenet/${at}`,
      runsFolder: '/mnt/cluster',
    }));
    const sweep = {
      folder,
      rows: own.map(({ run: _, ...one }) => ({ ...one, model: 'lenet', method: 'snip', sparsity: 0.9, seed: 0 })),
      unfinished,
    };
    const problem =
      'The runs folder /mnt/cluster has not answered yet: its runs are shown as they were when it last did.';
    const { page, asked, send, problems } = await openServed(
      (message) => answerRuns(message, () => [...manyRows(25), ...own], [sweep], [problem]),
      { theme: 'light' },
    );
    await eventually(() => page.locator('.runs-count').innerText()).toBe('29 of 30 runs');
    expect(await page.locator('.runs-problem').innerText()).toBe(problem);
    await send({ event: 'selectRuns', comparison: folder });
    await eventually(() => page.locator('.runs-count').innerText()).toBe('5 of 30 runs');
    expect(await page.locator('.runs-unfinished').innerText()).toBe('5 of 12 runs, 1 failed, stopped');
    await screenshot(page, 'runs-sweep');
    await page.locator('vscode-button', { hasText: 'Resume sweep' }).click();
    await eventually(() => asked.at(-1)).toMatchObject({ action: 'resumeSweep', params: { comparison: folder } });
    await page.locator('#comparison').click();
    await page.locator('#comparison vscode-option[value=""]').click();
    await eventually(() => page.locator('.runs-count').innerText()).toBe('29 of 30 runs');
    expect(await seriousViolations(page)).toEqual([]);
    expect([problems, await violations(page)]).toEqual([[], []]);
    await page.close();
  });

  it('notes what is written beside one run', async () => {
    const { page, asked } = await open(25);
    await line(page, 'snip · 90 %').click();
    await page.locator('#notes').fill('Too high a learning rate.');
    await page.locator('#tags').focus();
    await eventually(() => asked.filter((one) => one.kind === 'action').at(-1)).toMatchObject({
      action: 'noteRuns',
      params: { changes: [{ run: '/workspace/.prunelens/runs/run-2', text: 'Too high a learning rate.' }] },
    });
    await screenshot(page, 'runs-details');
    await page.locator('vscode-button', { hasText: 'Archive' }).last().click();
    await eventually(() => asked.filter((one) => one.kind === 'action').at(-1)).toMatchObject({
      params: { changes: [{ archived: true }] },
    });
    expect(await seriousViolations(page)).toEqual([]);
    await page.close();
  });

  it('scrolls through 1,000 runs and draws only what is seen', async () => {
    const { page } = await open(1000, { theme: 'light' });
    await page.waitForSelector('.runs-count');
    expect(await page.locator('.runs-lines .runs-line').count()).toBeLessThan(70);
    await screenshot(page, 'runs-1000-light');
    const milliseconds = await page.evaluate(async () => {
      const table = document.querySelector('.runs-table')!;
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      const times: number[] = [];
      for (let step = 1; step <= 60; step++) {
        const start = performance.now();
        table.scrollTop += 400;
        await frame();
        await frame();
        times.push((performance.now() - start) / 2);
      }
      return times.sort((a, b) => a - b)[30];
    });
    console.log(`1,000 runs: a frame of scrolling by 15 lines takes ${milliseconds.toFixed(1)} ms at the median`);
    await page.locator('[role=grid]').focus();
    await page.keyboard.press('End');
    await eventually(async () => (await labels(page)).at(-1)).toContain('seed 0');
    const start = Date.now();
    await page.locator('#filter').fill('magnitude 99.5');
    await eventually(() => page.locator('.runs-count').innerText()).toBe('40 of 1,000 runs');
    console.log(`1,000 runs: a filter took at most ${Date.now() - start} ms`);
    await page.close();
  });

  it('fits a narrow panel and the themes of high contrast', async () => {
    const { page } = await open(25, { theme: 'contrast', size: { width: 350, height: 700 } });
    await line(page, 'lenet').click();
    await screenshot(page, 'runs-narrow-contrast');
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(350);
    await page.locator('.runs-columns summary').click();
    const list = (await page.locator('.runs-columns-list').boundingBox())!;
    expect(list.x).toBeGreaterThanOrEqual(0);
    expect(list.x + list.width).toBeLessThanOrEqual(350);
    await screenshot(page, 'runs-narrow-columns');
    await page.close();
  });
});
