/** The heatmap, the curves, the table of runs, the architecture, the form and the pictures of survival, inside their frames. */
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { waitFor } from '../processes';

abstract class WebviewPage {
  constructor(readonly page: Page) {}

  /** The content of the webview that is shown; the tests show one at a time. */
  get frame(): FrameLocator {
    return this.page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
  }

  /** What a canvas shows, to be compared. */
  protected picture(canvas: Locator): Promise<string> {
    return canvas.evaluate((node) => (node as HTMLCanvasElement).toDataURL());
  }
}

export class HeatmapView extends WebviewPage {
  get slider(): Locator {
    return this.frame.getByRole('slider', { name: 'Sparsity' });
  }

  /** Layers of the rows, top to bottom. */
  layers(): Promise<readonly string[]> {
    return this.frame.locator('section.layer .layer-name').allInnerTexts();
  }

  /** Models that it can be turned to. */
  models(): Promise<readonly string[]> {
    return this.frame.locator('#model vscode-option').allTextContents();
  }

  waitForLayers(names: readonly string[]): Promise<boolean> {
    return waitFor(`the layers ${names} in the heatmap`, async () => (await this.layers()).join() === names.join());
  }

  /** What the row of a layer says of its kept weights. */
  kept(layer: string): Promise<string> {
    const row = this.frame.locator('section.layer').filter({ hasText: layer }).first();
    return row.locator('.bar-kept .bar-value').innerText();
  }

  /** The tile of a layer, as it is drawn. */
  tile(layer: string): Promise<string> {
    return this.picture(
      this.frame.locator('section.layer').filter({ hasText: layer }).first().locator('canvas').first(),
    );
  }

  /** Moves the slider by its keys. */
  async moveSlider(key: 'ArrowLeft' | 'ArrowRight' | 'Home' | 'End', times = 1): Promise<void> {
    await this.slider.focus();
    for (let time = 0; time < times; time++) await this.slider.press(key);
  }

  /** Chooses what stands beside the score, by the beginning of its name in the list. */
  async compareWith(name: string): Promise<void> {
    await this.frame.locator('#compare').click();
    await this.frame.locator('#compare vscode-option', { hasText: name }).first().click();
  }

  /** What is said of the overlap of two masks. */
  overlap(): Promise<string> {
    return this.frame.locator('.overlap').innerText();
  }

  revealLayer(name: string): Promise<void> {
    return this.frame.locator('section.layer button.layer-name', { hasText: name }).click();
  }
}

export class CurvesView extends WebviewPage {
  get run(): Locator {
    return this.frame.locator('li.run').first();
  }

  /** Finished epochs that the list of runs tells of the latest run. */
  async epochs(): Promise<number> {
    return Number(/epoch (\d+) of/i.exec(await this.run.innerText())?.[1] ?? Number.NaN);
  }

  waitForEpochs(count: number, milliseconds = 120_000): Promise<number> {
    const probe = async () => {
      const epochs = await this.epochs();
      return epochs >= count && epochs;
    };
    return waitFor(`${count} epochs in the curves`, probe, milliseconds);
  }

  state(): Promise<string> {
    return this.run.locator('.run-state').innerText();
  }

  waitForState(state: string, milliseconds = 60_000): Promise<boolean> {
    return waitFor(`the run to be ${state}`, async () => (await this.state()) === state, milliseconds);
  }

  /** The chart of losses, as it is drawn. */
  async chart(): Promise<string> {
    const canvas = this.frame.locator('.uplot canvas').first();
    await canvas.waitFor();
    return this.picture(canvas);
  }

  stop(): Promise<void> {
    return this.run.locator('vscode-button', { hasText: 'Stop' }).click();
  }

  resume(): Promise<void> {
    return this.run.locator('vscode-button', { hasText: 'Resume' }).click();
  }

  showTable(): Promise<void> {
    return this.frame.locator('vscode-panel-tab', { hasText: 'Table' }).click();
  }

  showCharts(): Promise<void> {
    return this.frame.locator('vscode-panel-tab', { hasText: 'Training' }).click();
  }

  /** Brings the end of the chart that is shown onto the screen. */
  scrollToLegend(): Promise<void> {
    return this.frame.locator('.legend').filter({ visible: true }).first().scrollIntoViewIfNeeded();
  }

  /** Rows of the table of test results that is shown below a comparison. */
  async comparisonRows(): Promise<readonly string[]> {
    const rows = this.frame.locator('vscode-data-grid[aria-label^="Test "] vscode-data-grid-row');
    return rows.filter({ visible: true }).allInnerTexts();
  }

  /** Rows of the table of epochs, without its head. */
  tableRows(): Promise<number> {
    return this.frame.locator('vscode-data-grid-row:not([row-type="header"]):not([row-type="sticky-header"])').count();
  }
}

export class SurvivalView extends WebviewPage {
  /** Titles of the pictures, without their rank correlations. */
  async titles(): Promise<readonly string[]> {
    const texts = await this.frame.locator('figcaption').allInnerTexts();
    return texts.map((text) => text.replace(/\s*rank correlation.*$/s, ''));
  }

  /** Whether there are canvases, and something on each. */
  isDrawn(): Promise<boolean> {
    return this.frame.locator('.uplot canvas').evaluateAll((canvases) => {
      const isFilled = (canvas: Element) => {
        const { width, height } = canvas as HTMLCanvasElement;
        const { data } = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height);
        return data.some((value) => value !== 0);
      };
      return canvases.length > 0 && canvases.every(isFilled);
    });
  }
}

export class RunTableView extends WebviewPage {
  get filter(): Locator {
    return this.frame.locator('#filter');
  }

  get tags(): Locator {
    return this.frame.locator('#tags');
  }

  /** `12 of 300 runs, 3 selected` */
  count(): Promise<string> {
    return this.frame.locator('.runs-count').innerText();
  }

  /** How far the sweep is whose runs are shown. */
  unfinished(): Promise<string> {
    return this.frame.locator('.runs-unfinished').innerText();
  }

  /** The lines that are drawn, top to bottom. */
  lines(): Promise<readonly string[]> {
    return this.frame.locator('.runs-lines .runs-line').allInnerTexts();
  }

  async firstLine(): Promise<string | undefined> {
    return (await this.lines())[0];
  }

  /** The line of the run whose label ends so. */
  line(text: string): Locator {
    const label = this.page.locator('.runs-cell', { hasText: new RegExp(`${text}$`) });
    return this.frame.locator('.runs-lines .runs-line').filter({ has: label }).first();
  }

  /** The title of a column, which sorts by it. */
  title(text: string): Locator {
    return this.frame.locator('[role=columnheader]', { hasText: text });
  }

  button(label: string): Locator {
    return this.frame.locator('vscode-button', { hasText: label });
  }

  async groupBy(label: string): Promise<void> {
    await this.frame.locator('#grouping').click();
    await this.frame.locator('vscode-option', { hasText: label }).click();
  }
}

export class ArchitectureView extends WebviewPage {
  /** Names of the nodes, in the network's order. */
  nodes(): Promise<readonly (string | null)[]> {
    return this.frame
      .locator('.architecture-node')
      .evaluateAll((nodes) => nodes.map((node) => node.getAttribute('data-path')));
  }

  node(path: string): Locator {
    return this.frame.locator(`[data-path="${path}"]`);
  }

  selected(): Promise<string | null> {
    return this.frame.locator('.architecture-node[aria-selected="true"]').getAttribute('data-path');
  }
}

/** The form before work on a model. */
export class FormView extends WebviewPage {
  field(flag: string): Locator {
    return this.frame.locator(`[data-flag="${flag}"]`);
  }

  fill(flag: string, text: string): Promise<void> {
    return this.field(flag).locator('input').fill(text);
  }

  /** Chooses in a list, by the beginning of what stands there. */
  async choose(flag: string, label: string | RegExp): Promise<void> {
    await this.field(flag).locator('vscode-dropdown').click();
    await this.field(flag).locator('vscode-option', { hasText: label }).first().click();
  }

  /** Changes the marks of methods. */
  async toggle(titles: readonly RegExp[]): Promise<void> {
    for (const title of titles) await this.field('methods').locator('vscode-checkbox', { hasText: title }).click();
  }

  /** What the work takes, as far as it is told. */
  estimate(): Promise<string> {
    return this.frame.locator('.form-estimate').innerText();
  }

  /** Begins the work. */
  start(): Promise<void> {
    return this.frame.locator('[data-action=start]').click();
  }

  async write(): Promise<void> {
    await this.frame.locator('[data-action=write]').click();
    await this.frame.locator('.form-news', { hasText: 'Written into prunelens.json' }).waitFor();
  }
}
