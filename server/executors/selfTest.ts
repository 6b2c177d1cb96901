/**
 * Whether a backend computes what it should: a small convolutional network's loss, gradient and Hessian-vector product
 * compared with the reference. Drivers and providers do fail silently; this is cheap against a wrong mask.
 */
import { gradient, jvp } from '../graph/autodiff';
import { createBuilder } from '../graph/builder';
import { mean, softmaxCrossEntropy } from '../graph/compose';
import { createProgram } from '../graph/program';
import type { Program } from '../graph/types';
import { floatTensor, type HostTensor, intTensor, sizeOf } from '../protocol/tensor';
import { createRandom } from '../random';
import { createReferenceExecutor } from './reference';
import type { Executor } from './types';

/** Relative error (norm over norm) allowed in any result: float32 gives 1e-6, half-precision matrix units 1e-3. */
const tolerance = 5e-3;

function testProgram(): Program {
  const b = createBuilder();
  const kernel = b.input('kernel', [3, 3, 2, 4]);
  const gamma = b.input('gamma', [4]);
  const dense = b.input('dense', [4, 3]);
  const weights = [kernel, gamma, dense];
  const convolved = b.conv2d(b.input('x', [4, 8, 8, 2]), kernel, {
    strides: [1, 1],
    padding: [1, 1, 1, 1],
    dilations: [1, 1],
    groups: 1,
  });
  const normalized = b.relu(b.batchNorm(convolved, gamma, b.constant(0.1, [4]), 1e-3));
  const pooled = b.maxPool(normalized, { size: [2, 2], strides: [2, 2], padding: [0, 0, 0, 0] });
  const logits = b.matmul(mean(b, pooled, [1, 2]), dense);
  const loss = softmaxCrossEntropy(b, logits, b.oneHot(b.input('y', [4], 'int32'), 3));
  const gradients = gradient(b, loss, weights);
  const tangents = weights.map((weight, i) => b.input(`tangent${i}`, weight.shape));
  const products = jvp(b, gradients, weights, tangents);
  return createProgram('self-test', {
    loss,
    ...Object.fromEntries(gradients.map((node, i) => [`gradient${i}`, node])),
    ...Object.fromEntries(products.map((node, i) => [`product${i}`, node])),
  });
}

function testInputs(program: Program): { [name: string]: HostTensor } {
  return Object.fromEntries(
    program.inputs.map(({ attributes: { name }, shape, dtype }) => {
      const values = new Float32Array(sizeOf(shape));
      createRandom(1, 'self-test', name).fillNormal(values, 0, 1);
      return [name, dtype === 'int32' ? intTensor(shape, Int32Array.of(0, 1, 2, 1)) : floatTensor(shape, values)];
    }),
  );
}

async function runOn(executor: Executor, program: Program, inputs: { readonly [name: string]: HostTensor }) {
  const uploaded = Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, executor.upload(tensor)]));
  const executable = await executor.compile(program);
  const outputs = await executable.run(uploaded);
  const values: { [name: string]: HostTensor } = {};
  for (const [name, tensor] of Object.entries(outputs)) {
    values[name] = await tensor.read();
    tensor.dispose();
  }
  for (const tensor of Object.values(uploaded)) tensor.dispose();
  await executable.dispose();
  return values;
}

/** |actual - expected| / |expected| in the Euclidean norm; NaN where anything is NaN. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (actual[i] - expected[i]) ** 2;
    norm += expected[i] ** 2;
  }
  return Math.sqrt(difference) / (Math.sqrt(norm) || 1);
}

/** Undefined where the executor computes rightly, else a sentence saying what is wrong. */
export async function selfTest(executor: Executor): Promise<string | undefined> {
  const program = testProgram();
  const inputs = testInputs(program);
  try {
    const expected = await runOn(createReferenceExecutor(), program, inputs);
    const actual = await runOn(executor, program, inputs);
    for (const [name, { data }] of Object.entries(expected)) {
      const error = relativeError(actual[name].data, data);
      // A comparison that NaN fails.
      if (!(error <= tolerance))
        return `its self-test gives a wrong ${name.replace(/\d+$/, '')} (error ${error.toPrecision(2)})`;
    }
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return `its self-test fails: ${message.replace(/\.$/, '')}`;
  }
}
