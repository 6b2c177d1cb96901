/** Every page in every theme and from narrow to wide: nothing serious for axe-core, nothing cut, nothing covered. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { PageMessage } from '../../../server/protocol/webview';
import { misfits, seriousViolations } from '../support/accessibility';
import { resnet50 } from '../support/architectures';
import { type Answer, screenshot, setTheme } from '../support/browser';
import { answerForm } from '../support/forms';
import { answerRuns, manyRows } from '../support/runRows';
import { answerCurves } from '../support/runs';
import { answerHeatmap, heatmapState, METHODS, selectionOf, WEIGHTS } from '../support/scores';
import { useServedPage } from '../support/served';
import { answerSurvival } from '../support/survival';
import { THEME_NAMES } from '../support/themes';

/** Widths of a panel: a whole window, one with a side bar, and one beside code. */
const WIDTHS = [1440, 900, 350, 300];
/** Enough of them that most are not on the screen; pictures are taken of a deep network. */
const DEEP = process.env.PRUNELENS_SCREENSHOTS ? 50 : 12;

/** A network of many layers: those of the small one, again and again. */
function deepState() {
  const at = (index: number) => WEIGHTS[index % WEIGHTS.length];
  const names = Array.from({ length: DEEP }, (_, index) => `block${index + 1}`);
  const state = heatmapState();
  const selection = selectionOf('prospr-1', 0.98, true);
  const layers = names.map((name, index) => ({
    ...selection.layers[index % WEIGHTS.length],
    layer: name,
    weight: `${name}/kernel`,
  }));
  const weights = names.map((name, index) => ({ name: `${name}/kernel`, layer: name, shape: at(index).shape }));
  return {
    ...state,
    stale: true,
    summary: {
      ...state.summary,
      layers: names.map((name, index) => ({ ...state.summary.layers[index % WEIGHTS.length], name })),
    },
    scores: state.scores.map((score) => ({ ...score, weights })),
    selection: { ...selection, layers, collapsed: names.slice(-8), disconnected: names.slice(2, 6) },
  };
}

function answerDeep(message: PageMessage): unknown {
  if (message.kind === 'action' || message.request !== 'prunelens/tile') return answerHeatmap(message, deepState);
  const index = Number(/\d+/.exec(message.params.weight)![0]) - 1;
  const { name } = WEIGHTS[index % WEIGHTS.length];
  return answerHeatmap({ ...message, params: { ...message.params, weight: name } }, deepState);
}

function answerArchitecture(message: PageMessage): unknown {
  const state = resnet50();
  if (message.kind === 'request') return state;
  return message.action === 'ready' ? { methods: METHODS, theme: 'light', model: state.summary.model } : null;
}

interface View {
  readonly name: string;
  /** What is there when it is drawn. */
  readonly drawn: string;
  /** The tab that shows it. */
  readonly tab?: string;
  /** A list in it, by its id, and what is chosen there. */
  readonly choice?: readonly [list: string, label: string];
  /** What is clicked when it is drawn, for what is told of it. */
  readonly clicked?: string;
}

describe('pages', () => {
  const served = {
    heatmap: useServedPage('heatmap'),
    curves: useServedPage('curves'),
    survival: useServedPage('survival'),
    runs: useServedPage('runs'),
    architecture: useServedPage('architecture'),
    form: useServedPage('form'),
  };

  async function look(page: Page, { name, drawn, tab, choice, clicked }: View): Promise<readonly string[]> {
    if (tab) await page.locator(`#tab-${tab}`).click();
    if (choice) {
      await page.locator(`#${choice[0]}`).click();
      await page.locator(`#${choice[0]}`).getByRole('option', { name: choice[1] }).click();
    }
    await page.locator(drawn).first().waitFor();
    if (clicked) await page.locator(clicked).first().click();
    const found: string[] = [];
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 820 });
      // Charts and tiles follow the width of their place a frame later.
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      found.push(...(await misfits(page)).map((problem) => `${name}, ${width} px: ${problem}`));
      if (process.env.PRUNELENS_SCREENSHOTS) await page.waitForTimeout(300);
      await screenshot(page, `${name}-${width}`);
    }
    await page.setViewportSize({ width: 900, height: 820 });
    for (const theme of THEME_NAMES) {
      await setTheme(page, theme);
      // The colors alone differ.
      const problems = await seriousViolations(page, theme === 'light' ? undefined : ['color-contrast']);
      found.push(...problems.map((problem) => `${name}, ${theme}: ${problem}`));
      if (process.env.PRUNELENS_SCREENSHOTS) await page.waitForTimeout(300);
      await screenshot(page, `${name}-${theme}`);
    }
    return found;
  }

  it.each<[keyof typeof served, Answer, readonly View[]]>([
    [
      'heatmap',
      answerDeep,
      [
        { name: 'layers', drawn: '.layer canvas' },
        { name: 'scores', tab: 'histogram', drawn: '.histogram canvas' },
        { name: 'gradients', tab: 'gradients', drawn: '#view-gradients' },
        { name: 'table', tab: 'table', drawn: '#view-table vscode-data-grid-row' },
      ],
    ],
    [
      'curves',
      (message) => answerCurves(message),
      [
        { name: 'curves', drawn: '.run-charts canvas' },
        { name: 'comparison', tab: 'comparison', drawn: '#view-comparison canvas' },
        { name: 'epochs', tab: 'table', drawn: '#view-table vscode-data-grid-row' },
      ],
    ],
    [
      'curves',
      (message) => answerCurves(message),
      [
        { name: 'scatter', tab: 'plane', drawn: '#view-plane canvas' },
        { name: 'parallel', choice: ['plane-form', 'Parallel coordinates'], drawn: '.parallel-line' },
      ],
    ],
    ['survival', answerSurvival, [{ name: 'survival', drawn: 'canvas' }]],
    [
      'runs',
      (message) => answerRuns(message, () => manyRows(25)),
      [{ name: 'runs', drawn: '.runs-lines .runs-line', clicked: '.runs-line[data-kind=run]' }],
    ],
    [
      'architecture',
      answerArchitecture,
      [{ name: 'architecture', drawn: '.architecture-node', clicked: '[data-path="layer3"], .architecture-node' }],
    ],
    [
      'form',
      (message) => answerForm(message, { typed: { epochs: '0', backend: 'torch' } }),
      [{ name: 'form', drawn: '.form-footer', clicked: '.form-more summary' }],
    ],
    [
      'form',
      (message) => answerForm(message, { kind: 'compare' }),
      [{ name: 'form-compare', drawn: '.form-estimate strong' }],
    ],
  ])('of the %s can be read by all, at any width', async (name, answer, views) => {
    const { page, problems } = await served[name](answer, { theme: 'light' });
    const found: string[] = [];
    for (const view of views) found.push(...(await look(page, view)));
    expect(found).toEqual([]);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('that are empty can be read by all', async () => {
    const { page } = await served.heatmap(
      (message) => answerHeatmap(message, () => heatmapState({ scores: [], shown: undefined, selection: undefined })),
      { theme: 'dark', size: { width: 350, height: 820 } },
    );
    await page.locator('[data-score=snip]').waitFor();
    expect([...(await misfits(page)), ...(await seriousViolations(page))]).toEqual([]);
    await page.close();
  });
});
