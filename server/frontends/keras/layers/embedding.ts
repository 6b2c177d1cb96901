/** Embedding: rows of a table [vocabulary, features] by token ids. */
import { formatExtents } from '../../../models/failure';
import { oneInput } from './definition';

export const embedding = oneInput((context) => {
  const { config, inputs, fail } = context;
  const vocabulary = config.integer('inputDim', 1);
  const features = config.integer('outputDim', 1);
  const steps = config.value('inputLength');
  if (steps !== undefined && formatExtents([steps].flat() as number[]) !== formatExtents(inputs[0])) {
    fail(
      `the option inputLength is ${JSON.stringify(steps)}, but its input has the shape ${formatExtents(inputs[0])}.`,
    );
  }
  const masksZero = config.boolean('maskZero', false);
  context.parameter({
    name: 'embeddings',
    role: 'embedding',
    shape: [vocabulary, features],
    option: 'embeddings',
    initializer: 'uniform',
  });
  return {
    apply({ b, parameter, mask }, [ids]) {
      const rows = b.gatherRows(parameter('embeddings'), ids);
      if (masksZero) {
        const isPadding = b.equal(ids, b.literal(Int32Array.of(0), []));
        mask.set(rows, b.subtract(b.constant(1), isPadding));
      }
      return rows;
    },
  };
});
