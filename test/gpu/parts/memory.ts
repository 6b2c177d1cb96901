/** A device that is full: one sentence, and the backend goes on. */
import type { Executor } from '../../../server/executors/types';
import { createBuilder } from '../../../server/graph/builder';
import { createProgram } from '../../../server/graph/program';
import { floatTensor } from '../../../server/protocol/tensor';
import { prepareStep } from '../../../server/training/measureStep';
import type { CheckContext, Part } from '../types';

/** What reading a tensor ends with. */
async function failureOf(read: () => Promise<unknown>): Promise<string> {
  try {
    await read();
    return 'it fits, which cannot be';
  } catch (error) {
    return (error as Error).message;
  }
}

/** One tensor that no device holds: 2^42 values. */
async function oneTooLarge(executor: Executor): Promise<string> {
  const size = 2 ** 21;
  const b = createBuilder();
  const large = b.add(b.broadcast(b.input('x', [size]), [size, size]), b.input('dense/bias', [size]));
  const executable = await executor.compile(createProgram('large', { y: b.reduceMax(b.exp(large), [0]) }));
  const given = executor.upload(floatTensor([size], new Float32Array(size)));
  const { y } = await executable.run({ x: given, 'dense/bias': given });
  const message = await failureOf(() => y.read());
  for (const tensor of [y, given]) tensor.dispose();
  await executable.dispose();
  return message;
}

/** Many tensors of 4 GiB, of which the first ones fit. */
async function oneTooMany(executor: Executor): Promise<string> {
  const size = 2 ** 30;
  const b = createBuilder();
  const x = b.input('x', []);
  const outputs = Array.from({ length: 64 }, (_, i) => b.exp(b.broadcast(b.add(x, b.constant(i)), [size])));
  const sum = outputs.reduce((left, right) => b.maximum(left, right));
  const all = { ...Object.fromEntries(outputs.map((node, i) => [`y${i}`, node])), sum };
  const executable = await executor.compile(createProgram('many', all));
  const given = executor.upload(floatTensor([], Float32Array.of(0)));
  const results = await executable.run({ x: given });
  const message = await failureOf(() => results.sum.read());
  for (const tensor of [given, ...Object.values(results)]) tensor.dispose();
  await executable.dispose();
  return message;
}

/** Steps of the residual network, more than it takes to be captured as a CUDA graph. */
async function steps(executor: Executor, { resnet, sizes }: CheckContext): Promise<string> {
  const prepared = await prepareStep(executor, resnet.network, sizes.batch);
  await prepared.step(5);
  await prepared.dispose();
  return 'five steps are taken';
}

export const memory: Part = {
  name: 'memory',
  title: 'A full device',
  async run(context) {
    const executor = await context.share('float32');
    const isTold = (message: string) => message.startsWith('PyTorch ran out of memory');
    context.tell({ what: 'before', value: await steps(executor, context), passed: true });
    const large = await oneTooLarge(executor);
    context.tell({ what: 'a tensor of 16 TiB', value: large, passed: isTold(large) });
    if (context.kind === 'cuda') {
      const many = await oneTooMany(executor);
      context.tell({ what: '64 tensors of 4 GiB', value: many, passed: isTold(many) });
    }
    context.tell({ what: 'after', value: await steps(executor, context), passed: true });
  },
};
