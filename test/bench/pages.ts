/** What pages take in Chromium, without an editor: their first paint, a table of 1,000 runs, and graphs of networks. */
import type { Browser, Page } from 'playwright-core';
import type { HeatmapState } from '../../server/protocol/editor';
import type { PageMessage } from '../../server/protocol/webview';
import {
  connectionsBetween,
  firstOpened,
  type Module,
  moduleTree,
  shownJoins,
  shownModules,
} from '../../webview/architecture/folding';
import { framesAround, shownFrames } from '../../webview/architecture/frames';
import { layoutOf } from '../../webview/architecture/layout';
import { findChromium } from '../support/chromium.mjs';
import { resnet50, vit12 } from '../webview/support/architectures';
import { type Answer, launch, openPage, type PageServer, servePage } from '../webview/support/browser';
import { answerForm } from '../webview/support/forms';
import { answerRuns, manyRows } from '../webview/support/runRows';
import { answerCurves } from '../webview/support/runs';
import { answerHeatmap, heatmapState, METHODS } from '../webview/support/scores';
import { answerSurvival } from '../webview/support/survival';

type Print = (what: string, times: readonly number[], goal: string) => void;

const OPENINGS = 7;
const RUNS = 1000;

/** Runs in the page before its script: notes when what `selector` finds has been painted, in milliseconds since the page was asked for. */
function notePaint(selector: string): void {
  const scope = window as unknown as { painted?: number };
  const look = () => {
    if (!document.querySelector(selector)) return void requestAnimationFrame(look);
    // The frame that follows has it.
    requestAnimationFrame(() => setTimeout(() => (scope.painted = performance.now())));
  };
  requestAnimationFrame(look);
}

async function openPainted(browser: Browser, server: PageServer, answer: Answer, selector: string) {
  const prepare = (page: Page) => page.addInitScript(notePaint, selector);
  const opened = await openPage(browser, server, answer, { size: { width: 1440, height: 860 }, prepare });
  const painted = await opened.page.waitForFunction(() => (window as unknown as { painted?: number }).painted);
  return { ...opened, painted: Number(await painted.jsonValue()) };
}

/** Opens a page again and again. @returns When it was painted each time. */
async function firstPaints(browser: Browser, server: PageServer, answer: Answer, selector: string): Promise<number[]> {
  const times: number[] = [];
  for (let opening = 0; opening < OPENINGS; opening++) {
    const { page, painted } = await openPainted(browser, server, answer, selector);
    times.push(painted);
    await page.close();
  }
  return times;
}

/** Does something in the page so many times, and tells how long each took to be painted. */
async function repaints(page: Page, count: number, act: (at: number) => void): Promise<number[]> {
  return page.evaluate(
    async ({ source, times }) => {
      const run = new Function(`return (${source})`)() as (at: number) => void;
      const measured: number[] = [];
      for (let at = 0; at < times; at++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        const start = performance.now();
        run(at);
        await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
        measured.push(performance.now() - start);
      }
      return measured;
    },
    { source: act.toString(), times: count },
  );
}

async function withBrowser(work: (browser: Browser) => Promise<void>): Promise<void> {
  if (findChromium() === undefined) return console.log('Pages: there is no Chromium here.');
  const browser = await launch();
  try {
    await work(browser);
  } finally {
    await browser.close();
  }
}

async function withPage(name: Parameters<typeof servePage>[0], work: (server: PageServer) => Promise<void>) {
  const server = await servePage(name);
  try {
    await work(server);
  } finally {
    server.close();
  }
}

const architectureOf =
  (state: HeatmapState): Answer =>
  (message: PageMessage) => {
    if (message.kind === 'request') return state;
    return message.action === 'ready' ? { methods: METHODS, theme: 'dark', model: state.summary.model } : null;
  };

/** Each panel with a content as a user has it. */
export function panelPaints(print: Print): Promise<void> {
  const pages = [
    ['heatmap', (message: PageMessage) => answerHeatmap(message, heatmapState), '.layer canvas'],
    ['curves', (message: PageMessage) => answerCurves(message), '.uplot canvas'],
    ['runs', (message: PageMessage) => answerRuns(message, () => manyRows(25)), '.runs-lines .runs-line'],
    ['architecture', architectureOf(resnet50()), '.architecture-node'],
    ['form', (message: PageMessage) => answerForm(message), '.form-fields .form-field'],
    ['survival', answerSurvival, '.uplot canvas'],
  ] as const;
  return withBrowser(async (browser) => {
    await withPage('report', async (server) =>
      print('First paint of a report', await firstPaints(browser, server, () => null, '.uplot canvas'), 'none'),
    );
    for (const [name, answer, selector] of pages) {
      await withPage(name, async (server) =>
        print(`First paint of the panel ${name}`, await firstPaints(browser, server, answer, selector), 'none'),
      );
    }
  });
}

export function runTable(print: Print): Promise<void> {
  const rows = manyRows(RUNS);
  const answer: Answer = (message) => answerRuns(message, () => rows);
  const line = '.runs-lines .runs-line';
  return withBrowser((browser) =>
    withPage('runs', async (server) => {
      print(`First paint of a table of ${RUNS} runs`, await firstPaints(browser, server, answer, line), 'none');
      const { page } = await openPainted(browser, server, answer, line);
      const scrolled = await repaints(page, 40, (at) => {
        document.querySelector('.runs-table')!.scrollTop = at * 500;
      });
      print(`A scroll in it by half a screen to its paint (a frame is 17 ms)`, scrolled, 'none');
      const filtered = await repaints(page, 20, (at) => {
        const field = document.querySelector<HTMLInputElement>('#filter')!;
        field.value = ['snip', 'prospr 98', '', 'seed 3'][at % 4];
        field.dispatchEvent(new Event('input', { bubbles: true }));
      });
      print('A filter in it to its paint', filtered, 'none');
    }),
  );
}

/** Milliseconds of laying out what is shown of a network where these modules are open. */
function layoutTimes({ summary }: HeatmapState, tree: Module, opened: ReadonlySet<string>): number[] {
  const nodes = shownModules(tree, opened);
  const joins = shownJoins(nodes, summary.joins ?? []);
  const around = framesAround(nodes, joins, shownFrames(tree, opened), summary);
  return Array.from({ length: OPENINGS }, () => {
    const start = performance.now();
    layoutOf({ nodes: nodes.length, joins: joins.length, around }, connectionsBetween(nodes, summary));
    return performance.now() - start;
  });
}

const modulesIn = ({ children }: Module): readonly string[] =>
  children.flatMap((child) => (child.children.length > 0 ? [child.path, ...modulesIn(child)] : []));

export function graphs(print: Print): Promise<void> {
  return withBrowser((browser) =>
    withPage('architecture', async (server) => {
      for (const [title, state] of [
        ['ResNet-50', resnet50()],
        ['a ViT of 12 blocks', vit12()],
      ] as const) {
        const tree = moduleTree(state.summary);
        print(`Layout of ${title}, as it is shown first`, layoutTimes(state, tree, firstOpened(tree)), 'none');
        print(`Layout of ${title}, all modules open`, layoutTimes(state, tree, new Set(modulesIn(tree))), 'none');
        const paints = await firstPaints(browser, server, architectureOf(state), '.architecture-node');
        print(`First paint of the graph of ${title}`, paints, 'none');
      }
    }),
  );
}
