import { expect, it } from 'vitest';
import { createPlaces } from '../../../server/lsp/model/places';

const signal = new AbortController().signal;

it('does two things at a time, the urgent ones first, and goes on after a failure', async () => {
  const places = createPlaces(2);
  const order: string[] = [];
  let together = 0;
  let most = 0;
  const work = (name: string) => async () => {
    order.push(name);
    most = Math.max(most, ++together);
    await new Promise((resolve) => setTimeout(resolve, 5));
    together--;
    if (name === 'b') throw new Error('failed');
  };
  const names = ['a', 'b', 'c', 'd', 'E', 'F'];
  const all = names.map((name) => places.run(work(name), { isUrgent: name === name.toUpperCase(), signal }));
  const settled = await Promise.allSettled(all);
  expect(order).toEqual(['a', 'b', 'E', 'F', 'c', 'd']);
  expect(most).toBe(2);
  expect(settled.map(({ status }) => status === 'fulfilled')).toEqual([true, false, true, true, true, true]);
});

it('leaves out what is no longer wanted', async () => {
  const places = createPlaces(1);
  const controller = new AbortController();
  const done: string[] = [];
  const first = places.run(async () => void done.push('first'), { isUrgent: false, signal });
  const second = places.run(async () => void done.push('second'), { isUrgent: false, signal: controller.signal });
  controller.abort();
  await Promise.all([first, second]);
  expect(done).toEqual(['first']);
});
