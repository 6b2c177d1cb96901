/** ONNX Runtime on the same card, by CUDA and by WebGPU, with the same steps: what they take beside the backend torch. */
import { createOnnxExecutor, type OnnxProvider, probeOnnx } from '../../../server/executors/onnx';
import type { Executor } from '../../../server/executors/types';
import { prepareStep } from '../../../server/training/measureStep';
import { formatTime, secondsOf } from '../pairs';
import type { CheckContext, Part } from '../types';

const WARM_UP = 5;

async function secondsOfStep(executor: Executor, { resnet20, sizes }: CheckContext): Promise<number> {
  const { step, dispose } = await prepareStep(executor, resnet20.network, resnet20.batch);
  await step(WARM_UP);
  const seconds = await secondsOf(() => step(sizes.timedSteps));
  await dispose();
  return seconds / sizes.timedSteps;
}

export const otherBackends: Part = {
  name: 'other-backends',
  title: 'ONNX Runtime on the same steps',
  async run(context) {
    const { kind, resnet20, share, tell } = context;
    const torch = await secondsOfStep(await share('float32'), context);
    const providers: readonly OnnxProvider[] = kind === 'cpu' ? ['cpu'] : ['cuda', 'webgpu'];
    for (const provider of providers) {
      const found = await probeOnnx(provider);
      const what = `step of ${resnet20.title} in float32, batch ${resnet20.batch}, ${provider}`;
      if (!found.available || found.software) {
        tell({ what, value: found.available ? `only imitated: ${found.device}` : found.reason });
        continue;
      }
      const executor = await createOnnxExecutor({ provider });
      try {
        const seconds = await secondsOfStep(executor, context);
        tell({ what, value: `${formatTime(seconds)}, torch ${formatTime(torch)}` });
      } catch (error) {
        tell({ what, value: `it fails: ${(error as Error).message}` });
      } finally {
        await executor.dispose();
      }
    }
  },
};
