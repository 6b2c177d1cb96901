/** How many trainings at once are found to be the fastest, on an executor whose calls take a known time. */
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ComparedNetwork } from '../../../server/comparison/model';
import {
  checkSideBySide,
  chooseSideBySide,
  describeSideBySide,
  isStackable,
} from '../../../server/comparison/sideBySide';
import { createReferenceExecutor } from '../../../server/executors/reference';
import type { Executor } from '../../../server/executors/types';
import { UserError } from '../../../server/protocol/errors';
import { sizeOf } from '../../../server/protocol/tensor';
import { cloudDataset, plainNetwork, trainingTask } from '../../support/training';

const BATCH = 16;

/** Each call takes so many milliseconds, whatever it computes; tensors of more than `most` values do not fit. */
function slow(milliseconds: number, most = Number.POSITIVE_INFINITY): Executor {
  const inner = createReferenceExecutor();
  return {
    ...inner,
    backend: 'torch',
    async compile(program, purpose) {
      if (program.nodes.some(({ shape }) => sizeOf(shape) > most)) throw new UserError('the device is full');
      const executable = await inner.compile(program, purpose);
      return {
        ...executable,
        async run(inputs) {
          await setTimeout(milliseconds);
          return executable.run(inputs);
        },
      };
    },
  };
}

function compared(epochs: number): ComparedNetwork {
  const { config } = trainingTask({ epochs, batchSize: BATCH });
  const model = { network: plainNetwork() };
  return {
    model,
    dataset: cloudDataset({ train: 10 * BATCH }),
    request: { training: config },
  } as unknown as ComparedNetwork;
}

describe('trainings side by side', () => {
  it('are as many as are measured to be faster', async () => {
    const chosen = await chooseSideBySide(slow(4), compared(100), 5);
    expect(chosen.width).toBe(4);
    expect(chosen.speedup).toBeGreaterThan(1.2);
    expect(describeSideBySide(chosen)).toBe(`, 4 side by side (${chosen.speedup} times as fast as one by one)`);
  });

  it('are one where the device is kept busy by one, has too little memory, or there is little to do', async () => {
    expect(await chooseSideBySide(slow(120), compared(100), 5)).toEqual({ width: 1 });
    expect(await chooseSideBySide(slow(4, 300), compared(100), 5)).toMatchObject({ width: 1 });
    expect(await chooseSideBySide(slow(4), compared(1), 5)).toEqual({ width: 1 });
    expect(await chooseSideBySide(slow(4), compared(1000), 3)).toEqual({ width: 1 });
    expect(await chooseSideBySide(createReferenceExecutor(), compared(100), 5)).toEqual({ width: 1 });
    expect(describeSideBySide({ width: 1 })).toBe('');
  });

  it('are one on a stream, which can be read for one of them at a time', async () => {
    const known = compared(100);
    const { dataset } = known;
    const stream = { ...known, dataset: { ...dataset, train: { ...dataset.train, isOrdered: true as const } } };
    expect(await chooseSideBySide(slow(4), stream, 5)).toEqual({ width: 1 });
  });

  it('are refused where there are other backends or several devices', () => {
    expect(() => checkSideBySide(createReferenceExecutor())).toThrow(
      'for the backend torch, and the backend is reference',
    );
    expect(() => checkSideBySide(slow(0), true)).toThrow('--side-by-side is for one device');
  });

  it('are masked networks of one form', () => {
    expect(['snip', 'random-erk', 'snip+shuffle'].every(isStackable)).toBe(true);
    expect(['dense', 'lottery-ticket', 'rigl', 'structured-snip'].some(isStackable)).toBe(false);
  });
});
