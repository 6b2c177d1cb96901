/** Folders that answer late, or not at all. */
import { expect, it } from 'vitest';
import { createPatience } from '../../../server/runs/patience';

/** Answers that are given when the test says so. */
function openAnswers() {
  const waiting: ((answer: string) => void)[] = [];
  return { waiting, ask: () => new Promise<string>((resolve) => waiting.push(resolve)) };
}

it('are waited for only so long, and asked once until they answer', async () => {
  let answers = 0;
  const patience = createPatience({
    limit: 20,
    onAnswer() {
      answers++;
    },
  });
  const { waiting, ask } = openAnswers();
  const look = patience.question(ask, 'nothing');
  expect(await look('/far')).toEqual({ value: 'nothing', isLate: true });
  // It is late already, and not waited for again.
  const again = look('/far');
  const waited = new Promise((resolve) => setTimeout(resolve, 0, 'waited'));
  expect(await Promise.race([again, waited])).toEqual({ value: 'nothing', isLate: true });
  expect(waiting).toHaveLength(1);
  waiting[0]('first');
  await expect.poll(() => answers).toBe(1);
  // What it has said holds while the next answer is late.
  expect(await look('/far')).toEqual({ value: 'first', isLate: true });
  expect(waiting).toHaveLength(2);
  waiting[1]('second');
  await expect.poll(() => answers).toBe(2);
  const inTime = look('/far');
  await expect.poll(() => waiting).toHaveLength(3);
  waiting[2]('third');
  expect(await inTime).toEqual({ value: 'third', isLate: false });
  expect(answers).toBe(2);
});

it('keep one question waiting, whatever is asked, and hold up no other folder', async () => {
  const patience = createPatience({ limit: 20 });
  const { waiting, ask } = openAnswers();
  const asked: string[] = [];
  const look = patience.question(ask, '');
  const other = patience.question(async (folder) => {
    asked.push(folder);
    return 'there';
  }, '');
  const [first, second, near] = await Promise.all([look('/far'), other('/far'), other('/near')]);
  expect([first.isLate, second.isLate, near]).toEqual([true, true, { value: 'there', isLate: false }]);
  expect(asked).toEqual(['/near']);
  waiting[0]('');
  await expect.poll(() => asked).toEqual(['/near', '/far']);
});

it('fail in time as they are asked', async () => {
  const failing = createPatience({ limit: 1000 }).question(async () => {
    throw new Error('No such device');
  }, undefined);
  await expect(failing('/far')).rejects.toThrow('No such device');
});
