/** The TensorFlow executor against the float64 reference, operation by operation, in value and in both derivatives. */
import { describe, expect, it } from 'vitest';
import { createTensorflowExecutor, probeTensorflow } from '../../server/executors/tfjs';
import { loadBinding } from '../../server/executors/tfjs/binding';
import { describeParity } from './executorSuite';
import { networkProgram, uniformInputs } from './wholePrograms';

const availability = await probeTensorflow();
const title = availability.available
  ? `TensorFlow on ${availability.device}`
  : `left out because ${availability.reason}`;

describe.runIf(availability.available)(title, () => {
  describeParity(createTensorflowExecutor);

  it('leaves no tensor behind', async () => {
    const executor = await createTensorflowExecutor();
    const program = networkProgram();
    const inputs = uniformInputs(program);
    const loaded = loadBinding();
    const count = () => ('binding' in loaded ? loaded.binding.getNumOfTensors() : 0);
    const before = count();
    const executable = await executor.compile(program);
    const held = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, executor.upload(value)]));
    const compiled = count();
    for (let i = 0; i < 2; i++) {
      const outputs = Object.values(await executable.run(held));
      expect(count()).toBe(compiled + outputs.length);
      for (const tensor of outputs) tensor.dispose();
    }
    for (const tensor of Object.values(held)) tensor.dispose();
    await executable.dispose();
    expect(count()).toBe(before);
    executor.dispose();
  });
});
