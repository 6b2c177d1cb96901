/** Trainings side by side in one program: each ends as it does alone, whatever the others do. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createReferenceExecutor } from '../../../server/executors/reference';
import { createStack, type Stack } from '../../../server/executors/stack/lanes';
import type { Executor } from '../../../server/executors/types';
import type { FinishedEpoch } from '../../../server/runs/types';
import type { TrainingOptions } from '../../../server/training/config';
import { train } from '../../../server/training/train';
import type { TrainingResult, TrainingTask } from '../../../server/training/types';
import {
  countingExecutor,
  denseNetwork,
  imageNetwork,
  initialWeights,
  randomMasks,
  trainingTask,
} from '../../support/training';

const folder = mkdtempSync(join(tmpdir(), 'prunelens-stack-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const withoutTime = (epochs: readonly FinishedEpoch[]) => epochs.map(({ seconds: _, ...metrics }) => metrics);

/** A training with masks, weights, a seed and a learning rate of its own. */
function task(network: TrainingTask['network'], seed: number, options: TrainingOptions = {}, rest = {}): TrainingTask {
  return trainingTask(
    { epochs: 2, seed, optimizer: { learningRate: 0.02 * (seed + 1) }, ...options },
    {
      network,
      weights: initialWeights(network, seed),
      masks: randomMasks(network, 0.6, seed),
      compact: false,
      ...rest,
    },
  );
}

async function trainIn(stack: Stack, given: TrainingTask): Promise<TrainingResult> {
  const lane = stack.enter();
  try {
    return await train({ ...given, executor: lane });
  } finally {
    lane.leave();
  }
}

function expectSame(actual: TrainingResult, expected: TrainingResult): void {
  expect(actual.epochs.length).toBe(expected.epochs.length);
  for (const [i, epoch] of withoutTime(expected.epochs).entries()) {
    for (const [name, value] of Object.entries(epoch)) {
      const found = (actual.epochs[i] as unknown as { readonly [name: string]: number })[name];
      expect(Math.abs(found - value), name).toBeLessThan(1e-10);
    }
  }
  for (const [name, values] of expected.weights) {
    expect(Math.max(...actual.weights.get(name)!.map((value, i) => Math.abs(value - values[i])))).toBeLessThan(1e-6);
  }
}

describe('trainings side by side', () => {
  it.each([
    ['dense layers with normalization and dropout', denseNetwork(), {}],
    ['images that are moved', imageNetwork(), { augmentation: { crop: 1, flip: true } }],
  ] as const)('are those of each one alone: %s', async (_title, network, options) => {
    const tasks = [0, 1, 2, 3].map((seed) => task(network, seed, { ...options, epochs: seed === 2 ? 1 : 2 }));
    const executor = countingExecutor(createReferenceExecutor());
    const stack = createStack(executor, 4);
    const together = await Promise.all(tasks.map((one) => trainIn(stack, one)));
    await stack.dispose();
    expect(executor.alive()).toBe(0);
    for (const [i, one] of tasks.entries()) expectSame(together[i], await train(one));
  });

  it('end alone where they diverge', async () => {
    const network = denseNetwork();
    const stack = createStack(createReferenceExecutor(), 3);
    const diverging = task(network, 1, { optimizer: { learningRate: 1e200 } });
    const [first, second, third] = await Promise.allSettled(
      [task(network, 0), diverging, task(network, 2)].map((one) => trainIn(stack, one)),
    );
    expect(second).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('diverged') } });
    for (const [outcome, seed] of [
      [first, 0],
      [third, 2],
    ] as const) {
      if (outcome.status === 'rejected') throw outcome.reason;
      expectSame(outcome.value, await train(task(network, seed)));
    }
  });

  it('have the same bits whoever else is there', async () => {
    const network = denseNetwork();
    const stack = createStack(createReferenceExecutor(), 2);
    const [together] = await Promise.all([trainIn(stack, task(network, 3)), trainIn(stack, task(network, 4))]);
    const alone = await trainIn(stack, task(network, 3));
    expect(alone.weights).toEqual(together.weights);
    expect(withoutTime(alone.epochs)).toEqual(withoutTime(together.epochs));
  });

  it('do not wait for one that does something else', async () => {
    const network = denseNetwork();
    const stack = createStack(createReferenceExecutor(), 2, 1);
    const busy = stack.enter();
    expectSame(await trainIn(stack, task(network, 0, { epochs: 1 })), await train(task(network, 0, { epochs: 1 })));
    busy.leave();
    expect(() => [0, 1, 2].map(() => stack.enter())).toThrow('all 2 places are taken');
  });

  it('go on after they were stopped, to the bit', async () => {
    const network = denseNetwork();
    const seeds = [0, 1, 2];
    const place = (name: string, seed: number) => join(folder, `${name}-${seed}`);
    const all = (executor: Executor, name: string, more: (seed: number) => Partial<TrainingTask>) => {
      const stack = createStack(executor, seeds.length);
      return Promise.all(
        seeds.map((seed) =>
          trainIn(stack, task(network, seed, { epochs: 3 }, { runDir: place(name, seed), ...more(seed) })),
        ),
      );
    };
    const whole = await all(createReferenceExecutor(), 'whole', () => ({}));
    // The first to finish an epoch stops all: the others are at different places then.
    const stop = new AbortController();
    await all(createReferenceExecutor(), 'stopped', (seed) => ({
      signal: stop.signal,
      onProgress: (event) => {
        if (event.kind === 'epoch' && seed === 1) stop.abort();
      },
    }));
    const resumed = await all(createReferenceExecutor(), 'stopped', () => ({ resume: true }));
    for (const [i, one] of whole.entries()) {
      expect(resumed[i].weights).toEqual(one.weights);
      expect(withoutTime(resumed[i].epochs)).toEqual(withoutTime(one.epochs));
    }
  });
});
