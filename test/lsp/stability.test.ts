/** The stability of the score that is shown: a second step behind it, in lenses, hovers and the heatmap. */
import { afterEach, beforeAll, expect, test } from 'vitest';
import { serverCommands, serverRequests } from '../../server/protocol/editor';
import { buildServer, eventually } from './client';
import { LENET, type Lenet, startLenet } from './lenet';

let client: Lenet;
const settings = { stability: true, data: 'noise:28x28x1:10:512' };

beforeAll(buildServer);
afterEach(() => client.stop());

/** That of the lens that sums the score up. */
const tooltip = async () => (await client.lenses(LENET)).map(({ command }) => command?.tooltip).find(Boolean);
const shown = async () => {
  const { scores, shown: method } = await client.request(serverRequests.heatmap, { model: client.model });
  return scores.find((score) => score.method === method)!.stability;
};
/** The progress of the second step. */
const second = () => client.progress.find(({ value }) => value.title?.startsWith('Stability of '));

test('is measured once a score, over the methods that are shown', async () => {
  client = await startLenet({ settings }, {});
  const score = client.run(serverCommands.score, { model: client.model, method: 'snip' });
  await score;
  expect(second()).toBeUndefined();
  await eventually(tooltip);
  expect(await tooltip()).toMatch(
    /^At 98 % sparsity, [\d.]+ % of these weights would be chosen again if .*\. On other batches it is [\d.]+ %\.$/,
  );
  expect(await shown()).toMatchObject({
    sparsity: 0.98,
    weights: { layers: [{ layer: 'fc1' }, { layer: 'fc2' }, { layer: 'logits' }] },
    batches: { maskIou: expect.any(Number), chanceIou: expect.any(Number), rankCorrelation: expect.any(Number) },
  });
  const { contents } = (await client.hover(LENET, client.lineOf("name: 'logits'")))!;
  expect(contents).toMatchObject({ value: expect.stringMatching(/Chosen again at 98 %: [\d.]+ %/) });

  await client.run(serverCommands.score, { model: client.model, method: 'magnitude' });
  const magnitude = await eventually(shown);
  expect(magnitude.batches).toBeNull();
  // Changes of a millionth move next to none of the largest weights.
  expect(magnitude.weights.maskIou).toBeGreaterThan(0.99);
  // What is known of the other is shown with it again, and nothing is measured twice.
  const steps = client.progress.filter(({ value }) => value.title?.startsWith('Stability of ')).length;
  await client.run(serverCommands.prune, { model: client.model, method: 'snip', sparsity: 0.9 });
  expect((await shown())?.sparsity).toBe(0.98);
  expect(client.progress.filter(({ value }) => value.title?.startsWith('Stability of '))).toHaveLength(steps);
});

test('is left when it is cancelled, and the score stays', async () => {
  client = await startLenet(
    { settings },
    { 'prunelens.json': '{ "scoring": { "steps": 40, "innerLearningRate": 0.01 } }' },
  );
  await client.run(serverCommands.score, { model: client.model, method: 'prospr' });
  const { token } = await eventually(second);
  await client.connection.sendNotification('window/workDoneProgress/cancel', { token });
  await eventually(() => client.progress.some((event) => event.token === token && event.value.kind === 'end'));
  // Not begun again when there is nothing else to do.
  await client.run(serverCommands.setSparsity, { model: client.model, sparsity: 0.9 });
  await new Promise((done) => setTimeout(done, 1000));
  expect(client.progress.filter(({ value }) => value.title?.startsWith('Stability of '))).toHaveLength(1);
  expect([await shown(), await tooltip()]).toEqual([undefined, undefined]);
  expect(await client.labels()).toHaveLength(2);
});
