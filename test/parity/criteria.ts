/**
 * Criteria beyond the golden files on one executor, against PyTorch's autograd: see test/fixtures/criteria/generate.py.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeviceTensor, Executor } from '../../server/executors/types';
import { readSafetensors } from '../../server/files/safetensors';
import { createNetwork } from '../../server/frontends/keras/network/createNetwork';
import type { Batch } from '../../server/protocol/data';
import { floatTensor } from '../../server/protocol/tensor';
import { defaultScoringOptions, findCriterion, type ScoringOptions, scoreNetwork } from '../../server/pruning';
import { hessianVectorProduct, meanGradient } from '../../server/pruning/gradients';
import { rademacher } from '../../server/pruning/hutchinsonTaylor';
import { perturbationProgram } from '../../server/pruning/ntkSap';
import { type GoldenName, loadGolden } from '../support/golden';
import { relativeError } from '../support/networks';

async function prepare(name: GoldenName) {
  const { description, tensors, parameters } = await loadGolden(name);
  const network = createNetwork(description);
  const expected = (await readSafetensors(join(import.meta.dirname, '../fixtures/criteria', `${name}.safetensors`)))
    .tensors;
  const batches = [0, 1, 2, 3].map((i): Batch => {
    const y = tensors.get(`batch/${i}/y`)!.data as Int32Array;
    return { x: tensors.get(`batch/${i}/x`)!.data as Float32Array, y, size: y.length };
  });
  return {
    network,
    batches,
    weights: new Map(
      network.parameters.map((parameter): [string, Float32Array] => [
        parameter.name,
        (parameters.get(parameter.name)?.data as Float32Array | undefined) ?? parameter.initialize(0),
      ]),
    ),
    prunable: network.parameters.filter((parameter) => parameter.prunable).map(({ name }) => name),
    expected: (key: string) => expected.get(key)!.data as Float32Array,
  };
}

type Prepared = Awaited<ReturnType<typeof prepare>>;

function expectScores(
  golden: Prepared,
  scores: ReadonlyMap<string, Float32Array>,
  kind: string,
  tolerance: number,
): void {
  for (const name of golden.prunable) {
    const error = relativeError(scores.get(name)!, golden.expected(`score/${kind}/${name}`));
    expect(error, `${kind} of ${name}`).toBeLessThan(tolerance);
  }
}

/**
 * Declares the tests for an executor whose scores may differ from the float64 ones by `tolerance` (norm). A slow one is
 * spared ProsPr on images.
 */
export function describeCriteria(
  title: string,
  open: () => Promise<Executor>,
  tolerance: number,
  isSlow = false,
): void {
  describe(`criteria on ${title}`, () => {
    let executor: Executor;
    beforeAll(async () => {
      executor = await open();
    });
    afterAll(() => executor.dispose());

    function score(golden: Prepared, method: string, batches: readonly Batch[], options: Partial<ScoringOptions> = {}) {
      const { network, weights, prunable } = golden;
      const criterion = findCriterion(method);
      return scoreNetwork({ criterion, network, weights, prunable, executor, options, seed: 1, givenBatches: batches });
    }

    describe.each(['mlp', 'resnet_bn'] as const)('%s', (name) => {
      const optimizers = isSlow && name === 'resnet_bn' ? [] : (['sgd', 'nesterov', 'adam'] as const);
      it.each(optimizers)('ProsPr through three steps of %s', async (innerOptimizer) => {
        const golden = await prepare(name);
        const { scores, diagnostics } = await score(golden, 'prospr', golden.batches, {
          innerOptimizer,
          innerLearningRate: innerOptimizer === 'adam' ? 0.01 : 0.1,
          innerWeightDecay: 0.01,
          innerEpsilon: 1e-3,
        });
        expectScores(golden, scores, `prospr_${innerOptimizer}`, tolerance);
        const norms = golden.expected(`norms/prospr_${innerOptimizer}`);
        expect(relativeError(diagnostics!.adjointNorms!, norms)).toBeLessThan(tolerance);
      });

      it('Fisher-Taylor over four batches', async () => {
        const golden = await prepare(name);
        expectScores(golden, (await score(golden, 'fisher-taylor', golden.batches)).scores, 'fisher_taylor', tolerance);
      });

      it('PX with one round', async () => {
        const golden = await prepare(name);
        const { scores } = await score(golden, 'px', golden.batches.slice(0, 1), { iterations: 1 });
        expectScores(golden, scores, 'px', tolerance);
      });

      it('NTK-SAP for one draw', async () => {
        const { network, prunable, weights, expected } = await prepare(name);
        const program = perturbationProgram(network, prunable, 8);
        const inputs: { [input: string]: DeviceTensor } = {};
        for (const { attributes, shape } of program.inputs) {
          const data = weights.get(attributes.name) ?? expected(`ntk_sap/${attributes.name}`);
          inputs[attributes.name] = executor.upload(floatTensor(shape, data));
        }
        const executable = await executor.compile(program);
        const gradients = await executable.run(inputs);
        for (const weight of prunable) {
          const actual = (await gradients[weight].read()).data;
          expect(relativeError(actual, expected(`ntk_sap/gradient/${weight}`))).toBeLessThan(10 * tolerance);
        }
      });
    });

    describe('statistics', () => {
      it('SNIP after a warm-up normalizes by the averages of the warm-up batches', async () => {
        const golden = await prepare('resnet_bn');
        const batches = golden.batches.slice(1, 3);
        expectScores(
          golden,
          (await score(golden, 'snip', batches, { warmUpBatches: 2 })).scores,
          'snip_warm',
          tolerance,
        );
      });

      it('a warm-up makes no difference to ProsPr, whose steps train with batch statistics', async () => {
        const golden = await prepare('resnet_bn');
        const options = { steps: 1, innerLearningRate: 0.1 };
        const cold = await score(golden, 'prospr', golden.batches, options);
        const warm = await score(golden, 'prospr', golden.batches, { ...options, warmUpBatches: 2 });
        expect(warm.scores).toEqual(cold.scores);
      });

      it('a warm-up makes no difference without batch normalization', async () => {
        const golden = await prepare('mlp');
        const batches = golden.batches.slice(0, 1);
        const warm = await score(golden, 'snip', batches, { warmUpBatches: 1 });
        expect(warm.scores).toEqual((await score(golden, 'snip', batches)).scores);
      });
    });

    describe('Hutchinson-Taylor', () => {
      it('comes closer to the exact diagonal of the Hessian with more probes', async () => {
        const golden = await prepare('mlp');
        const batches = golden.batches.slice(0, 1);
        const all = (valuesOf: (name: string) => Float32Array) =>
          golden.prunable.flatMap((name) => [...valuesOf(name)]);
        const exact = all((name) => golden.expected(`score/hessian_taylor/${name}`));
        const distance = async (draws: number) => {
          const { scores } = await score(golden, 'hutchinson-taylor', batches, { draws });
          return relativeError(
            all((name) => scores.get(name)!),
            exact,
          );
        };
        const [few, many] = [await distance(4), await distance(256)];
        // The error of a mean falls with the root of the number of draws: here to an eighth.
        expect(many).toBeLessThan(few / 4);
        expect(many).toBeLessThan(0.15);
      });

      it('is the second-order Taylor expansion at its own probes', async () => {
        const golden = await prepare('mlp');
        const batches = golden.batches.slice(0, 1);
        const { network, weights, prunable } = golden;
        const options = { ...defaultScoringOptions, innerLearningRate: 0.1, draws: 3 };
        const context = { network, weights, prunable, executor, options, seed: 1, batches: async () => batches };
        const diagonal = new Map(prunable.map((name) => [name, new Float64Array(weights.get(name)!.length)]));
        for (let draw = 0; draw < 3; draw++) {
          const signs = rademacher(context, draw);
          const products = await hessianVectorProduct(context, signs, batches, () => {}, 200);
          for (const name of prunable) {
            const sum = diagonal.get(name)!;
            products.get(name)!.forEach((value, i) => {
              sum[i] += (value * signs.get(name)![i]) / 3;
            });
          }
        }
        const gradients = await meanGradient(context, weights, batches, () => {}, 200);
        const { scores } = await score(golden, 'hutchinson-taylor', batches, { draws: 3 });
        for (const name of prunable) {
          const expected = Array.from(weights.get(name)!, (w, i) =>
            Math.abs(w * gradients.get(name)![i] + (w * w * diagonal.get(name)![i]) / 2),
          );
          expect(relativeError(scores.get(name)!, expected)).toBeLessThan(tolerance);
        }
      });
    });
  });
}
