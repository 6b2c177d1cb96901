/** SNIP, GraSP and SynFlow beside the formulas of their authors in eager PyTorch. */
import type { Executor } from '../../../server/executors/types';
import { sizeOf } from '../../../server/protocol/tensor';
import { findCriterion, initialWeights, scoreNetwork } from '../../../server/pruning';
import { createRandom } from '../../../server/random';
import { describePairs, type Pair, secondsOf } from '../pairs';
import type { CheckContext, Part, Subject } from '../types';

const NAMES = ['snip', 'grasp', 'synflow'] as const;

function score(executor: Executor, { network, batch }: Subject, name: (typeof NAMES)[number], rounds: number) {
  const random = createRandom(1, 'gpu check', 'criteria');
  const x = new Float32Array(batch * sizeOf(network.inputs[0].shape));
  random.fillNormal(x, 0, 1);
  const given = { x, y: Int32Array.from({ length: batch }, () => random.integer(10)), size: batch };
  return scoreNetwork({
    criterion: findCriterion(name),
    network,
    weights: initialWeights(network, 1),
    prunable: network.parameters.filter(({ prunable }) => prunable).map((parameter) => parameter.name),
    executor,
    options: { sparsity: 0.95, ...(name === 'synflow' && { iterations: rounds }) },
    seed: 1,
    givenBatches: [given],
  });
}

export const criteria: Part = {
  name: 'criteria',
  title: 'Criteria beside the formulas of their authors',
  async run(context: CheckContext) {
    const { resnet18, sizes, share, tell } = context;
    const { batch, size, asked, title } = resnet18;
    const executor = await share('float32');
    const plain = await context.startPlain();
    try {
      await plain.ask({ do: 'prepare criteria', batch, size, rounds: sizes.synflowRounds, ...asked });
      for (const name of NAMES) {
        const pairs: Pair[] = [];
        const rounds = Math.ceil(sizes.rounds / 2);
        // The first round compiles programs and chooses kernels.
        for (let round = 0; round <= rounds; round++) {
          const ours = await secondsOf(() => score(executor, resnet18, name, sizes.synflowRounds));
          const { seconds } = await plain.ask<{ seconds: number }>({ do: 'time criterion', name });
          if (round > 0) pairs.push([ours, seconds]);
        }
        const times = name === 'synflow' ? `, ${sizes.synflowRounds} rounds` : `, batch ${batch}`;
        tell({
          what: `${name} of ${title}${times}, compiling included`,
          value: describePairs(pairs, 'eager PyTorch'),
        });
      }
    } finally {
      await plain.close();
    }
  },
};
