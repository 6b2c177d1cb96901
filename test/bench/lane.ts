/** Estimates, scores and the slider while ResNet-20 is trained, and what the training loses by them. */
import { readFile } from 'node:fs/promises';
import { serverCommands, serverNotifications } from '../../server/protocol/editor';
import type { TrainingNews } from '../../server/protocol/worker';
import { eventually, makeWorkspace, startClient, type TestClient } from '../lsp/client';

const TRAINED = 'resnet-20.ts';
const EDITED = 'lenet-300-100.ts';
const BATCH = 128;
const EXAMPLES = 12_800;
const SETTINGS = {
  data: [
    { models: TRAINED, data: `noise:32x32x3:10:${EXAMPLES}` },
    { models: EDITED, data: 'mnist' },
  ],
  batchSize: BATCH,
};
/** Milliseconds between two edits. */
const EDIT_INTERVAL = 10_000;
/** Milliseconds after which an edit is taken for finished. */
const PAUSE = 600;

/** Steps that the training has taken so far. */
function stepsOf(client: TestClient): number {
  const news = client.notifications.findLast(({ method }) => method === serverNotifications.training.method);
  const { epoch = 0, step, steps = EXAMPLES / BATCH } = (news?.params ?? {}) as Partial<TrainingNews>;
  return step === undefined ? epoch * steps : (epoch - 1) * steps + step;
}

/** Images a second that are trained while something else goes on. */
async function speedDuring(client: TestClient, work: () => Promise<void>): Promise<number> {
  const [start, before] = [performance.now(), stepsOf(client)];
  await work();
  return (BATCH * (stepsOf(client) - before)) / ((performance.now() - start) / 1000);
}

const wait = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, Math.max(0, milliseconds)));

/** Edits and waits for the hints of what was edited. Gives the milliseconds from the end of the pause. */
async function editOnce(client: TestClient, from: string, to: string): Promise<number> {
  const labels = async () => (await client.hints(EDITED)).map(({ label }) => String(label)).join();
  const before = await labels();
  const start = performance.now();
  client.edit(EDITED, from, to);
  await eventually(async () => {
    const now = await labels();
    return now !== before && !now.includes('stale');
  }, 60_000);
  return performance.now() - start - PAUSE;
}

/**
 * @param minutes Of each of the two halves: training alone, then beside an edit every 10 s, with a move of the slider after each and
 *   a score of ResNet-20 by SNIP after every third.
 */
export async function besideTraining(
  minutes: number,
  print: (what: string, times: readonly number[], goal: string) => void,
): Promise<void> {
  const files = { 'prunelens.json': JSON.stringify(SETTINGS) };
  const client = await startClient(await makeWorkspace([TRAINED, EDITED], files), {
    settings: { backend: 'cpu', rescore: { method: 'magnitude', delay: PAUSE } },
  });
  try {
    const [trained, edited] = [TRAINED, EDITED].map((name) => `${client.file(name)}#default`);
    client.open(EDITED, await readFile(client.file(EDITED), 'utf8'));
    await client.run(serverCommands.score, { model: edited, method: 'magnitude' });
    client.run(serverCommands.train, { model: trained, dense: true, epochs: 10_000 }).catch(() => {});
    await eventually(() => stepsOf(client) > 2, 300_000);
    const alone = await speedDuring(client, () => wait(minutes * 60_000));
    const [estimates, sliders, scores]: number[][] = [[], [], []];
    const beside = await speedDuring(client, async () => {
      const end = performance.now() + minutes * 60_000;
      for (let at = 0; performance.now() < end; at++) {
        const next = performance.now() + EDIT_INTERVAL;
        const widths = ['[300, 100]', '[280, 100]'];
        estimates.push(await editOnce(client, widths[at % 2], widths[(at + 1) % 2]));
        const start = performance.now();
        await client.run(serverCommands.setSparsity, { model: edited, sparsity: at % 2 === 0 ? 0.9 : 0.98 });
        sliders.push(performance.now() - start);
        if (at % 3 === 2) {
          const scoring = performance.now();
          await client.run(serverCommands.score, { model: trained, method: 'snip' });
          scores.push(performance.now() - scoring);
        }
        await wait(next - performance.now());
      }
    });
    print('Estimate beside a training, from the end of the pause', estimates, 'p99 2,000 ms');
    print('Move of the slider beside a training', sliders, 'none');
    print('SNIP on ResNet-20 beside a training', scores, 'p99 5,000 ms');
    console.log(
      `Training of ResNet-20: ${alone.toFixed(1)} images/s alone, ${beside.toFixed(1)} beside it: ${(beside / alone).toFixed(2)} (goal 0.9)`,
    );
  } finally {
    await client.stop();
  }
}
