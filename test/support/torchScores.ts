/** Scores of PyTorch models against PyTorch's autograd in float64, for each executor that computes them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Executor } from '../../server/executors/types';
import type { ExportedModel } from '../../server/frontends/torch/exported';
import { createTorchNetwork } from '../../server/frontends/torch/network/createNetwork';
import { fromStored, storedAs } from '../../server/models/stored';
import type { Network } from '../../server/models/types';
import type { Batch } from '../../server/protocol/data';
import { findCriterion, type ScoringOptions, scoreNetwork } from '../../server/pruning';
import { type ExportJob, exportWithReferences, type References, torchFixture } from './exportTorch';
import { relativeError } from './networks';
import { whyNoPython } from './python';

const missing = whyNoPython();
const families = torchFixture('families.py');

/** `withoutScores`: what is no kernel though it has several axes; `synflow` where activations are not the identity above zero. */
export const JOBS: readonly ExportJob[] = [
  { file: torchFixture('resnet20.py'), expression: 'ResNet(1, 4)', inputs: [[[3, 8, 8]]], withoutScores: [] },
  { file: families, expression: 'Mobile()', inputs: [[[3, 10, 10]]], withoutScores: ['synflow'] },
  {
    file: families,
    expression: 'ViT(depth=1)',
    inputs: [[[3, 8, 8]]],
    withoutScores: ['synflow', 'token', 'positions'],
  },
  {
    file: families,
    expression: 'TokenEncoder()',
    inputs: [[[6], 'int64', 11]],
    withoutScores: ['synflow', 'embed.weight'],
  },
  { file: families, expression: 'UNet()', inputs: [[[3, 9, 8]]], withoutScores: ['synflow'] },
];

const METHODS: readonly (readonly [name: string, method: string, options: Partial<ScoringOptions>])[] = [
  ['magnitude', 'magnitude', {}],
  ['snip', 'snip', {}],
  ['grasp', 'grasp', {}],
  ['prospr', 'prospr', { innerLearningRate: 0.1 }],
  ['first-order', 'prospr', { variant: 'first-order', innerLearningRate: 0.1 }],
  ['synflow', 'synflow', { iterations: 1, sparsity: 0.5 }],
];

function batchesOf(network: Network, references: References): readonly Batch[] {
  return [0, 1, 2, 3].map((k) => {
    const { shape, data } = references.get(`batch ${k} x`)!;
    const { shape: inside, dtype, stored } = network.inputs[0];
    const order = [0, ...(stored?.order ?? inside.map((_, axis) => axis)).map((axis) => axis + 1)];
    const values = fromStored(data, { name: 'x', view: [shape[0], ...inside], order, shape });
    const y = Int32Array.from(references.get(`batch ${k} y`)!.data);
    return { x: dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values), y, size: shape[0] };
  });
}

/**
 * Tests of an executor.
 * @param limit How far scores may be from PyTorch's, relative to the largest of a layer.
 * @param jobs Fewer where the executor is slow.
 */
export function describeTorchScores(
  title: string,
  createExecutor: () => Executor | Promise<Executor>,
  limit: number,
  jobs: readonly ExportJob[] = JOBS,
): void {
  const why = missing === undefined ? '' : ` (left out because ${missing})`;
  describe.skipIf(missing !== undefined)(`scores by autograd: ${title}${why}`, () => {
    let exported: readonly { readonly model: ExportedModel; readonly references: References }[];
    let executor: Executor;
    beforeAll(async () => {
      exported = exportWithReferences(jobs);
      executor = await createExecutor();
    }, 600_000);
    afterAll(() => executor?.dispose());

    it.each(jobs.map(({ expression }, i) => [expression, i] as const))('are those of %s', async (_expression, i) => {
      const { model, references } = exported[i];
      const network = createTorchNetwork(model, { file: '/net.py' });
      const prunable = network.parameters.filter((one) => one.prunable);
      const weights = new Map(network.parameters.map(({ name, initialize }) => [name, initialize(0)]));
      const givenBatches = batchesOf(network, references);
      const scored = [...references.keys()].filter((key) => key.startsWith('score snip ')).map((key) => key.slice(11));
      expect(prunable.map(({ name }) => name)).toEqual(scored);
      for (const [name, method, options] of METHODS) {
        if (!references.has(`score ${name} ${scored[0]}`)) continue;
        const { scores } = await scoreNetwork({
          criterion: findCriterion(method),
          network,
          weights,
          prunable: scored,
          executor,
          options,
          seed: 1,
          givenBatches,
        });
        for (const parameter of prunable) {
          const expected = fromStored(references.get(`score ${name} ${parameter.name}`)!.data, storedAs(parameter));
          const error = relativeError(scores.get(parameter.name)!, Float32Array.from(expected));
          expect.soft(error, `${name} of ${parameter.name}`).toBeLessThan(limit);
        }
      }
    });
  });
}
