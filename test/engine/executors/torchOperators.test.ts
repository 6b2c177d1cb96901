/** How many operators programs come down to in PyTorch: on a GPU each is a kernel to start, which is what small steps cost. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { programMessage } from '../../../server/executors/torch/programMessage';
import type { Program } from '../../../server/graph/types';
import { stepRule } from '../../../server/pruning/innerOptimizers';
import { adjointProgram, outerProgram, stepProgram } from '../../../server/pruning/metaPrograms';
import { defaultScoringOptions } from '../../../server/pruning/score';
import { createOptimizer } from '../../../server/training/optimizers';
import { createStepProgram } from '../../../server/training/step';
import { RESNET_20, residualNetwork } from '../../gpu/resnet';
import { TEST_PYTHON, whyNoPython } from '../../support/python';

const reason = whyNoPython();
const network = residualNetwork(RESNET_20);
const BATCH = 2;

interface Counted {
  readonly total: number;
  readonly operators: { readonly [name: string]: number };
}

function countOperators(programs: readonly Program[]): readonly Counted[] {
  const requests = programs.map((program) => {
    const mode = { deterministic: true, tf32: false, half: false };
    const { message, values, inputs } = programMessage(program, mode);
    const named = new Map(program.inputs.map((node) => [node.attributes.name, node]));
    return JSON.stringify({
      program: message,
      literals: Buffer.concat(values).toString('base64'),
      inputs: inputs.map((name) => ({ shape: named.get(name)!.shape, dtype: named.get(name)!.dtype })),
    });
  });
  const script = join(import.meta.dirname, '..', '..', 'support', 'count_operators.py');
  const { status, stdout, stderr } = spawnSync(TEST_PYTHON, ['-B', script], {
    input: `${requests.join('\n')}\n`,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(stderr);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Counted);
}

describe.skipIf(reason !== undefined)(reason === undefined ? 'ResNet-20' : `left out because ${reason}`, () => {
  it("has so many operators in a training step and in ProsPr's programs, and no more", () => {
    const options = { ...defaultScoringOptions, innerLearningRate: 0.1 };
    const rule = stepRule('momentum', options);
    const sgd = createOptimizer({ kind: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: false, weightDecay: 5e-4 });
    const masked = new Set(network.parameters.filter(({ prunable }) => prunable).map(({ name }) => name));
    const [training, inner, outer, adjoint] = countOperators([
      createStepProgram(network, sgd, masked, BATCH).program,
      stepProgram(network, BATCH, rule, options),
      outerProgram(network, BATCH, options),
      adjointProgram(network, BATCH, rule, { ...options, clipAdjoint: 1 }),
    ]);
    const totals = [training, inner, outer, adjoint].map(({ total }) => total);
    const limits = [220, 180, 210, 1820];
    for (const [i, total] of totals.entries()) expect(total, `${totals}`).toBeLessThanOrEqual(limits[i]);
    // The norm of all adjoints is one, not one for each weight.
    expect(adjoint.operators).toMatchObject({ cat: 1, abs: 1 });
  });
});
