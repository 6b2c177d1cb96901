/** The training step of the residual network beside plain PyTorch's, in turns. */

import type { Executor } from '../../../server/executors/types';
import { createBuilder } from '../../../server/graph/builder';
import { createProgram } from '../../../server/graph/program';
import type { Precision } from '../../../server/protocol/catalogue/options';
import { floatTensor, sizeOf } from '../../../server/protocol/tensor';
import { prepareStep } from '../../../server/training/measureStep';
import { describePairs, medianOf, type Pair, secondsOf } from '../pairs';
import type { PlainPytorch } from '../plain';
import type { CheckContext, Part, Subject } from '../types';

/** Steps before the clock starts: kernels are chosen and graphs captured. */
const WARM_UP = 5;

/** How plain PyTorch takes its steps; see `plain.py`. */
type Loop = 'eager' | 'graph' | 'compiled';

const LOOP_TITLES: { readonly [loop in Loop]: string } = {
  eager: 'plain PyTorch channels-last',
  graph: "plain PyTorch's step captured by hand",
  compiled: 'torch.compile',
};

async function compareIn(
  precision: Precision,
  subject: Subject,
  loop: Loop,
  { sizes, share, tell }: CheckContext,
  plain: PlainPytorch,
): Promise<void> {
  const { timedSteps, rounds } = sizes;
  const { size, network, batch, asked, title } = subject;
  const executor = await share(precision);
  try {
    const prunable = network.parameters.filter((parameter) => parameter.prunable);
    const masks = new Map(prunable.map(({ name, shape }) => [name, new Uint8Array(sizeOf(shape)).fill(1)]));
    const { step, dispose } = await prepareStep(executor, network, batch, masks);
    await step(WARM_UP);
    await plain.ask({ do: 'prepare steps', precision, loop, batch, size, ...asked });
    const pairs: Pair[] = [];
    for (let round = 0; round < rounds; round++) {
      const ours = (await secondsOf(() => step(timedSteps))) / timedSteps;
      const { seconds } = await plain.ask<{ seconds: number }>({ do: 'time steps', count: timedSteps });
      pairs.push([ours, seconds]);
    }
    const rate = Math.round(batch / medianOf(pairs.map(([ours]) => ours)));
    tell({
      what: `step of ${title} in ${precision}, batch ${batch}`,
      value: `${describePairs(pairs, LOOP_TITLES[loop])}; ${rate} images/s`,
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
    const { kind, resnet20, resnet18 } = context;
    const isCuda = kind === 'cuda';
    const plain = await context.startPlain();
    try {
      const compare = (precision: Precision, subject: Subject, loop: Loop) =>
        compareIn(precision, subject, loop, context, plain);
      for (const subject of [resnet20, resnet18]) {
        await compare(isCuda ? 'bf16' : 'float32', subject, 'eager');
        if (isCuda) await compare('bf16', subject, 'graph');
      }
      if (isCuda) for (const precision of ['tf32', 'float32'] as const) await compare(precision, resnet20, 'eager');
    } finally {
      await plain.close();
    }
    await pipeCost(await context.share('float32'), context);
  },
};

export const largeStep: Part = {
  name: 'large-step',
  title: 'Training step on photographs beside plain PyTorch',
  async run(context) {
    const { kind, resnet50 } = context;
    const isCuda = kind === 'cuda';
    const fewer = {
      ...context,
      sizes: { ...context.sizes, timedSteps: Math.ceil(context.sizes.timedSteps / 5), rounds: 3 },
    };
    const plain = await context.startPlain();
    try {
      const loops: readonly Loop[] = isCuda ? ['eager', 'compiled'] : ['eager'];
      for (const loop of loops) await compareIn(isCuda ? 'bf16' : 'float32', resnet50, loop, fewer, plain);
    } finally {
      await plain.close();
    }
  },
};
