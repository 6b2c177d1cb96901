/** Many trainings on one card: side by side in one program, and one after the other. */
import { createStack } from '../../../server/executors/stack/lanes';
import type { Executor } from '../../../server/executors/types';
import { type PreparedStep, prepareStep } from '../../../server/training/measureStep';
import { formatTime, secondsOf } from '../pairs';
import type { CheckContext, Part } from '../types';

const WARM_UP = 5;

/** Seconds in which each of the executors takes so many steps, all at once. */
async function secondsOfSteps(executors: readonly Executor[], { resnet20 }: CheckContext, count: number) {
  const { network, batch } = resnet20;
  const steps: PreparedStep[] = await Promise.all(executors.map((one) => prepareStep(one, network, batch)));
  const take = (times: number) => Promise.all(steps.map(({ step }) => step(times)));
  await take(WARM_UP);
  const seconds = await secondsOf(() => take(count));
  for (const { dispose } of steps) await dispose();
  return seconds;
}

export const sideBySide: Part = {
  name: 'side-by-side',
  title: 'Many trainings at once',
  async run(context) {
    const { resnet20, sizes, kind, share, tell } = context;
    const { trainings, trainingSteps } = sizes;
    for (const precision of kind === 'cuda' ? (['tf32', 'bf16'] as const) : (['float32'] as const)) {
      const executor = await share(precision);
      const alone = trainings * (await secondsOfSteps([executor], context, trainingSteps));
      for (const width of new Set([Math.min(4, trainings), trainings])) {
        const stack = createStack(executor, width);
        const lanes = Array.from({ length: width }, () => stack.enter());
        const seconds = (trainings / width) * (await secondsOfSteps(lanes, context, trainingSteps));
        for (const lane of lanes) lane.leave();
        await stack.dispose();
        tell({
          what: `${trainings} trainings of ${resnet20.title}, ${trainingSteps} steps each, in ${precision}`,
          value: `${width} side by side ${formatTime(seconds)}, one after the other ${formatTime(alone)}, ${(alone / seconds).toFixed(2)} times as fast`,
        });
      }
    }
  },
};
