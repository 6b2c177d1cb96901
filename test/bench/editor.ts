/** What a user of the editor waits for: real server, real compute process, and for the slider a real page in Chromium. */
import { readFile } from 'node:fs/promises';
import { type ServerRequests, serverCommands, serverNotifications } from '../../server/protocol/editor';
import type { PageMessage } from '../../server/protocol/webview';
import { type ClientOptions, eventually, makeWorkspace, startClient, type TestClient } from '../lsp/client';
import { findChromium } from '../support/chromium.mjs';
import { launch, openPage, servePage } from '../webview/support/browser';
import { besideTraining } from './lane';
import { graphs, panelPaints, runTable } from './pages';
import { processorTime } from './processorTime';
import { kerasEdits, pytorchEdits } from './pythonEdits';

const LENET = 'lenet-300-100.ts';
const RESNET = 'resnet-20.ts';
const CPU = { backend: 'cpu' };

function quantile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(fraction * sorted.length))];
}

function print(what: string, times: readonly number[], goal: string): void {
  const [median, high, most] = [0.5, 0.99, 1].map((fraction) => quantile(times, fraction).toFixed(0));
  console.log(`${what}: median ${median} ms, p99 ${high} ms, slowest ${most} ms of ${times.length} (goal ${goal})`);
}

async function withClient(
  samples: readonly string[],
  options: ClientOptions,
  work: (client: TestClient) => Promise<void>,
  files: Record<string, string> = {},
): Promise<void> {
  const client = await startClient(await makeWorkspace(samples, files), options);
  try {
    await work(client);
  } finally {
    await client.stop();
  }
}

async function opened(client: TestClient, name: string): Promise<string> {
  const text = await readFile(client.file(name), 'utf8');
  client.open(name, text);
  return `${client.file(name)}#default`;
}

/** From opening a document, right after the server has started, to its lenses. */
async function firstLenses(): Promise<void> {
  const [fromOpening, fromStart]: number[][] = [[], []];
  for (let i = 0; i < 7; i++) {
    const start = performance.now();
    await withClient([LENET], { settings: CPU }, async (client) => {
      const text = await readFile(client.file(LENET), 'utf8');
      const opening = performance.now();
      client.open(LENET, text);
      const lenses = await client.lenses(LENET);
      if (lenses.length === 0) throw new Error('There are no lenses.');
      fromOpening.push(performance.now() - opening);
      fromStart.push(performance.now() - start);
    });
  }
  print('First lenses after opening a document', fromOpening, '500 ms');
  print('First lenses after starting the server', fromStart, '500 ms');
}

/** Lenses and hints while LeNet is trained on MNIST in the compute process. */
async function latencyInTraining(): Promise<void> {
  await withClient([LENET], { settings: { ...CPU, data: 'mnist' } }, async (client) => {
    const model = await opened(client, LENET);
    await client.run(serverCommands.score, { model, method: 'magnitude' });
    const training = client.run(serverCommands.train, { model, method: 'magnitude', epochs: 1000 });
    training.catch(() => {});
    await eventually(
      () => client.notifications.some(({ method }) => method === serverNotifications.training.method),
      60_000,
    );
    const [lenses, hints]: number[][] = [[], []];
    for (let i = 0; i < 500; i++) {
      const start = performance.now();
      await client.lenses(LENET);
      lenses.push(performance.now() - start);
      const middle = performance.now();
      await client.hints(LENET);
      hints.push(performance.now() - middle);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    print('Lenses (with their text) while a network is trained', lenses, 'p99 50 ms');
    print('Hints while a network is trained', hints, 'p99 50 ms');
  });
}

/** From an edit to hints of the edited model, the pause of `rescore.delay` (600 ms) included. */
async function editToHints(sample: string, method: string, data: string, edits: readonly string[], goal: string) {
  const settings = { ...CPU, data, rescore: { method } };
  await withClient([sample], { settings }, async (client) => {
    const model = await opened(client, sample);
    await client.run(serverCommands.score, { model, method });
    const labels = async () => (await client.hints(sample)).map(({ label }) => String(label));
    const times: number[] = [];
    for (const [at, next] of edits.entries()) {
      if (at === 0) continue;
      const before = (await labels()).join();
      const start = performance.now();
      client.edit(sample, edits[at - 1], next);
      await eventually(async () => {
        const now = (await labels()).join();
        return now !== before && !now.includes('stale');
      }, 60_000);
      times.push(performance.now() - start);
    }
    print(`Edit to hints, ${sample} with ${method} (600 ms of it are the pause)`, times, goal);
  });
}

/** 11.2 million weights: convolutions of four stages, as ResNet-18 has them, without its shortcuts. */
const LARGE = `
import * as tf from '@tensorflow/tfjs';
export default function large(): tf.LayersModel {
  const model = tf.sequential({ name: 'large' });
  [64, 128, 256, 512].forEach((filters, stage) => {
    for (let at = 0; at < 4; at++) {
      const input = stage + at === 0 ? { inputShape: [32, 32, 64] } : {};
      const strides = stage > 0 && at === 0 ? 2 : 1;
      const name = \`stage\${stage + 1}_conv\${at + 1}\`;
      model.add(tf.layers.conv2d({ name, filters, kernelSize: 3, padding: 'same', strides, useBias: false, ...input }));
    }
  });
  model.add(tf.layers.globalAveragePooling2d({ name: 'pool' }));
  model.add(tf.layers.dense({ name: 'classes', units: 10 }));
  return model;
}
`;

/** Moves of the slider, each to the repaint of all tiles on the screen: page, server, compute process and back. */
async function sliderToRepaint(): Promise<void> {
  if (findChromium() === undefined) return console.log('Slider to repaint: there is no Chromium here.');
  const files = { 'large.ts': LARGE };
  await withClient([], { settings: CPU }, (client) => moveSlider(client), files);
}

async function moveSlider(client: TestClient): Promise<void> {
  const model = `${client.file('large.ts')}#default`;
  const { score } = await client.run(serverCommands.score, {
    model,
    method: 'magnitude',
    sparsity: 0.98,
  });
  const size = score.weights.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
  const [browser, pageServer] = await Promise.all([launch(), servePage('heatmap')]);
  const serverTimes = new Map<string, number[]>();
  const answer = async (message: PageMessage) => {
    if (message.kind === 'action') {
      return message.action === 'ready' ? { model, methods: [], theme: 'dark' } : null;
    }
    const start = performance.now();
    const name: keyof ServerRequests = message.request;
    const result = await client.connection.sendRequest(name, message.params);
    serverTimes.set(name, [...(serverTimes.get(name) ?? []), performance.now() - start]);
    return result;
  };
  try {
    const { page } = await openPage(browser, pageServer, answer);
    await page.waitForSelector('.layer canvas');
    await page.waitForTimeout(3000);
    const box = (await page.locator('#sparsity').boundingBox())!;
    const y = box.y + box.height / 2;
    await page.mouse.move(box.x + box.width * 0.5, y);
    await page.mouse.down();
    serverTimes.clear();
    const pids = [client.process.pid!, ...(await client.workers())];
    const processorBefore = processorTime(pids);
    const times: number[] = [];
    for (let step = 0; step < 40; step++) {
      await page.evaluate(() => performance.clearMeasures());
      await page.mouse.move(box.x + box.width * (0.3 + 0.015 * step), y);
      const time = await page.waitForFunction(() => performance.getEntriesByName('prunelens:repaint')[0]?.duration);
      times.push(Number(await time.jsonValue()));
    }
    await page.mouse.up();
    print(`Slider to repaint, ${(size / 1e6).toFixed(1)} million weights`, times, '100 ms');
    const processor = processorTime(pids) - processorBefore;
    console.log(`  processor time of server and compute process: ${(processor / times.length).toFixed(0)} ms a move`);
    for (const [name, each] of serverTimes) print(`  of it ${name}, server and compute process`, each, 'none');
  } finally {
    await browser.close();
    pageServer.close();
  }
}

const MEASUREMENTS: { readonly [name: string]: () => Promise<void> } = {
  lenses: firstLenses,
  latency: latencyInTraining,
  async edits() {
    const units = ['[300, 100]', '[200, 100]', '[250, 100]', '[220, 90]', '[300, 80]', '[280, 100]'];
    await editToHints(LENET, 'magnitude', 'mnist', units, '1,500 ms');
    await editToHints(LENET, 'snip', 'mnist', units, '1,500 ms');
    const filters = ['[16, 32, 64]', '[16, 32, 60]', '[16, 30, 64]', '[14, 32, 64]', '[16, 28, 64]'];
    await editToHints(RESNET, 'snip', 'noise:32x32x3:10:1024', filters, '5,000 ms');
  },
  slider: sliderToRepaint,
  panels: () => panelPaints(print),
  table: () => runTable(print),
  graphs: () => graphs(print),
  pytorch: () => pytorchEdits(print),
  keras: () => kerasEdits(print),
  lane: () => besideTraining(Number(process.env.MINUTES ?? 5), print),
};

async function main(): Promise<void> {
  const chosen = process.argv.slice(2);
  for (const [name, measure] of Object.entries(MEASUREMENTS)) {
    if (chosen.length === 0 || chosen.includes(name)) await measure();
  }
}

void main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
