/** 2:4 masks as torch's semi-structured tensors, whose products are those of the dense ones under the mask. */
import { patternChoice, selectByPattern } from '../../../server/pruning/pattern';
import { createRandom } from '../../../server/random';
import type { CheckContext, Part } from '../types';

/** Sizes that PyTorch takes, by type: 2:4 in two bytes, 1:2 in four. */
const CASES = [
  { dtype: 'float16', pattern: { kept: 2, of: 4 }, most: 2e-3 },
  { dtype: 'float32', pattern: { kept: 1, of: 2 }, most: 2e-3 },
] as const;

const INPUTS = 256;
const OUTPUTS = 128;

/** A mask of the pattern, a row of inputs for each output. */
function rows(pattern: (typeof CASES)[number]['pattern']): number[] {
  const tensor = { name: 'linear', layer: 'linear', shape: [INPUTS, OUTPUTS] };
  const scores = new Float32Array(INPUTS * OUTPUTS);
  createRandom(1, 'gpu check', 'pattern').fillNormal(scores, 0, 1);
  const mask = selectByPattern(new Map([['linear', scores]]), patternChoice(pattern, [tensor])).get('linear')!;
  return Array.from({ length: mask.length }, (_, i) => mask[(i % INPUTS) * OUTPUTS + Math.floor(i / INPUTS)]);
}

export const semiStructured: Part = {
  name: 'semi-structured',
  title: 'Semi-structured tensors of N:M masks',
  leftOut: ({ kind }: CheckContext) => (kind === 'cuda' ? undefined : `PyTorch has them on CUDA only, not on ${kind}.`),
  async run(context) {
    const plain = await context.startPlain();
    try {
      for (const { dtype, pattern, most } of CASES) {
        const request = { dtype, shape: [OUTPUTS, INPUTS], mask: rows(pattern) };
        const { difference } = await plain.ask<{ difference: number }>({ do: 'semi-structured', ...request });
        context.tell({
          what: `${pattern.kept}:${pattern.of} in ${dtype}`,
          value: `products differ by ${difference.toExponential(1)} of the largest`,
          passed: difference <= most,
        });
      }
    } finally {
      await plain.close();
    }
  },
};
