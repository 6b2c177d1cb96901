/** The form before work in a real browser. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { PageMessage } from '../../../server/protocol/webview';
import { seriousViolations } from '../support/accessibility';
import { type OpenOptions, screenshot, violations } from '../support/browser';
import { answerForm, FORM_MODEL, type FormHostOptions } from '../support/forms';
import { eventually, useServedPage } from '../support/served';

describe('the form', () => {
  const openServed = useServedPage('form');
  const open = async (host: FormHostOptions = {}, options: OpenOptions = {}) => {
    const opened = await openServed((message) => answerForm(message, host), options);
    await opened.page.waitForSelector('.form-footer');
    return opened;
  };
  const input = (page: Page, flag: string) => page.locator(`#field-${flag}`);
  const estimate = (page: Page) => page.locator('.form-estimate').innerText();
  const button = (page: Page, action: string) => page.locator(`[data-action=${action}]`);
  const lastAction = (asked: readonly PageMessage[], action: string) =>
    asked.filter((one) => one.kind === 'action' && one.action === action).at(-1);

  it('estimates as it is filled in, tells mistakes at their fields, and begins', async () => {
    const { page, asked, problems } = await open();
    await eventually(() => estimate(page)).toContain('about 40 s');
    await input(page, 'epochs').fill('100');
    await eventually(() => estimate(page)).toContain('about 6 min 36 s');
    await input(page, 'epochs').fill('0');
    await eventually(() => page.locator('#problem-epochs').innerText()).toBe('It must be a whole number, 1 or more.');
    await button(page, 'start').click();
    // It leads to what is wrong, and begins nothing.
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('field-epochs');
    expect(lastAction(asked, 'startForm')).toBeUndefined();
    await input(page, 'epochs').fill('3');
    await input(page, 'sparsity').fill('90');
    await button(page, 'start').click();
    await eventually(() => lastAction(asked, 'startForm')).toMatchObject({
      params: { model: FORM_MODEL, form: 'train', values: { method: 'prospr', sparsity: 0.9, epochs: 3 } },
    });
    await eventually(() => page.locator('.form-news').innerText()).toContain('begun');
    await eventually(() => lastAction(asked, 'keepForm')).toMatchObject({
      params: { form: 'train', typed: { epochs: '3', sparsity: '90' } },
    });
    expect([problems, await violations(page), await seriousViolations(page)]).toEqual([[], [], []]);
    await page.close();
  });

  it('shows what prunelens.json says, goes there, and writes there', async () => {
    const { page, asked, send } = await open({ typed: { epochs: '7' } });
    expect(await input(page, 'epochs').inputValue()).toBe('7');
    expect(await page.locator('[data-flag=batchSize]').innerText()).toContain('from prunelens.json');
    await page.locator('[data-flag=batchSize] vscode-button').click();
    await eventually(() => lastAction(asked, 'reveal')).toMatchObject({
      params: { file: '/workspace/prunelens.json', line: 4 },
    });
    await button(page, 'write').click();
    await eventually(() => lastAction(asked, 'writeSettings')).toMatchObject({
      params: { model: FORM_MODEL, options: { epochs: 7, data: 'mnist' } },
    });
    await eventually(() => page.locator('.form-news').innerText()).toBe('Written into prunelens.json: epochs, data.');
    const forms = () => asked.filter((one) => one.kind === 'request' && one.request === 'prunelens/form').length;
    const before = forms();
    await send({ event: 'settingsChanged' });
    await eventually(forms).toBeGreaterThan(before);
    await page.close();
  });

  it('turns to other work, and is of several methods and sparsities there', async () => {
    const { page, asked } = await open();
    await page.locator('#form-kind').click();
    await page.locator('#form-kind vscode-option', { hasText: 'Compare methods' }).click();
    await page.locator('#field-methods').waitFor();
    await page.locator('#field-methods vscode-checkbox', { hasText: /^\s*Random\s*$/ }).click();
    await input(page, 'sparsities').fill('95');
    await button(page, 'start').click();
    await eventually(() => lastAction(asked, 'startForm')).toMatchObject({
      params: { form: 'compare', values: { methods: ['prospr', 'snip', 'magnitude'], sparsities: [0.95] } },
    });
    await page.close();
  });

  it('is of a sweep, whose file is written, and run', async () => {
    const { page, asked } = await open({ kind: 'sweep' });
    await input(page, 'lr').fill('0.1, 0.05');
    await button(page, 'write-sweep').click();
    const values = { lr: [0.1, 0.05], file: 'lenet-300-100.sweep.yaml' };
    await eventually(() => lastAction(asked, 'writeSweep')).toMatchObject({ params: { model: FORM_MODEL, values } });
    await eventually(() => page.locator('.form-news').innerText()).toBe('Written: lenet-300-100.sweep.yaml');
    expect(await button(page, 'write').isVisible()).toBe(false);
    await button(page, 'start').click();
    await eventually(() => lastAction(asked, 'startForm')).toMatchObject({ params: { form: 'sweep', values } });
    await screenshot(page, 'form-sweep');
    await page.close();
  });

  it('asks for data where none is known', async () => {
    const { page, asked } = await open({ form: { data: undefined } });
    expect(await estimate(page)).toContain('once data is chosen');
    await page.locator('[data-flag=data] vscode-button').click();
    await eventually(() => lastAction(asked, 'chooseData')).toMatchObject({ params: { model: FORM_MODEL } });
    await page.close();
  });

  it('is filled in with keys alone, from section to section', async () => {
    const { page, asked } = await open();
    await page.locator('[data-section=training]').focus();
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('section-training');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('field-epochs');
    await page.keyboard.type('2');
    await button(page, 'start').focus();
    await page.keyboard.press('Enter');
    await eventually(() => lastAction(asked, 'startForm')).toMatchObject({ params: { values: { epochs: 2 } } });
    await page.close();
  });

  it('is whole in a narrow panel', async () => {
    const { page } = await open({ kind: 'compare' }, { theme: 'contrast', size: { width: 300, height: 700 } });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(300);
    await screenshot(page, 'form-narrow-contrast');
    await page.close();
  });
});
