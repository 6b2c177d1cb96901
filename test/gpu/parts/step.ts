/** The training step of the residual network beside plain PyTorch's, in turns. */

import type { Executor } from '../../../server/executors/types';
import { createBuilder } from '../../../server/graph/builder';
import { createProgram } from '../../../server/graph/program';
import type { Precision } from '../../../server/protocol/catalogue/options';
import { floatTensor, sizeOf } from '../../../server/protocol/tensor';
import { prepareStep } from '../../../server/training/measureStep';
import type { PlainPytorch } from '../plain';
import type { CheckContext, Part } from '../types';

/** Steps before the clock starts: kernels are chosen and graphs captured. */
const WARM_UP = 5;

const milliseconds = (seconds: number) => `${(1000 * seconds).toFixed(2)} ms`;

async function secondsOf(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return (performance.now() - start) / 1000;
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

async function compareIn(
  precision: Precision,
  { resnet, sizes, share, tell }: CheckContext,
  plain: PlainPytorch,
): Promise<void> {
  const { batch, timedSteps, rounds } = sizes;
  const { size, width, blocks, network } = resnet;
  const executor = await share(precision);
  try {
    const prunable = network.parameters.filter((parameter) => parameter.prunable);
    const masks = new Map(prunable.map(({ name, shape }) => [name, new Uint8Array(sizeOf(shape)).fill(1)]));
    const { step, dispose } = await prepareStep(executor, network, batch, masks);
    await step(WARM_UP);
    await plain.ask({ do: 'prepare steps', precision, batch, size, width, blocks });
    const pairs: (readonly [ours: number, theirs: number])[] = [];
    for (let round = 0; round < rounds; round++) {
      const ours = (await secondsOf(() => step(timedSteps))) / timedSteps;
      const { seconds } = await plain.ask<{ seconds: number }>({ do: 'time steps', count: timedSteps });
      pairs.push([ours, seconds]);
    }
    const ratios = pairs.map(([ours, theirs]) => ours / theirs).toSorted((a, b) => a - b);
    const [ours, theirs] = [0, 1].map((i) => medianOf(pairs.map((pair) => pair[i])));
    const spread = `${ratios[0].toFixed(2)} to ${ratios.at(-1)!.toFixed(2)}`;
    tell({
      what: `step in ${precision}, batch ${batch}`,
      value: `${milliseconds(ours)}, plain PyTorch channels-last ${milliseconds(theirs)}, ratio ${medianOf(ratios).toFixed(2)} (${spread}); ${Math.round(batch / ours)} images/s`,
    });
    await dispose();
  } finally {
    await plain.ask({ do: 'forget' });
  }
}

/** What it costs to have a program of one call run, sent ahead, and with waiting for its result. */
async function pipeCost(executor: Executor, { sizes, tell }: CheckContext): Promise<void> {
  const { calls } = sizes;
  const b = createBuilder();
  const executable = await executor.compile(
    createProgram('pipe', { y: b.add(b.input('x', [1]), b.constant(1)) }),
    'training',
  );
  const x = executor.upload(floatTensor([1], Float32Array.of(0)));
  const run = async () => (await executable.run({ x })).y;
  const ahead = await secondsOf(async () => {
    for (let i = 1; i < calls; i++) (await run()).dispose();
    const last = await run();
    await last.read();
    last.dispose();
  });
  const waiting = await secondsOf(async () => {
    for (let i = 0; i < calls / 10; i++) {
      const y = await run();
      await y.read();
      y.dispose();
    }
  });
  const [sent, read] = [ahead / calls, (10 * waiting) / calls].map((one) => (1e6 * one).toFixed(0));
  tell({ what: 'a program of one call', value: `${sent} us sent ahead, ${read} us with reading its result` });
  x.dispose();
  await executable.dispose();
}

export const step: Part = {
  name: 'step',
  title: 'Training step beside plain PyTorch',
  async run(context) {
    const precisions: readonly Precision[] = context.kind === 'cuda' ? ['tf32', 'bf16', 'float32'] : ['float32'];
    const plain = await context.startPlain();
    try {
      for (const precision of precisions) await compareIn(precision, context, plain);
    } finally {
      await plain.close();
    }
    await pipeCost(await context.share('float32'), context);
  },
};
