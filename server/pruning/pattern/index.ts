/**
 * N:M masks: of every M weights next to each other along a kernel's inputs, N stay. Inputs are the axis before the last of kernels
 * [inputs, outputs] and [height, width, inputs, outputs], and the axes that a kernel names; PyTorch has them in rows of its linear weights.
 */
import { outputAxisOf, type Parameter } from '../../models/types';
import { usageError } from '../../protocol/errors';
import type { Shape } from '../../protocol/tensor';
import type { GroupLayout, Masks, Pattern, PatternChoice, Scores } from '../types';

/** @throws UserError (usage) where the text is no pattern N:M with 1 ≤ N < M. */
export function parsePattern(text: string): Pattern {
  const match = /^(\d+):(\d+)$/.exec(text.trim());
  const [kept, of] = match ? [Number(match[1]), Number(match[2])] : [0, 0];
  if (kept >= 1 && kept < of) return { kept, of };
  throw usageError(
    `The pattern "${text}" is not N:M with 1 ≤ N < M.`,
    'Two of every four weights stay with --pattern 2:4, one with 1:4.',
  );
}

/** Fraction that a pattern removes. */
export function patternSparsity({ kept, of }: Pattern): number {
  return 1 - kept / of;
}

/** The pattern as it is written. */
export function patternText({ kept, of }: Pattern): string {
  return `${kept}:${of}`;
}

/** Where the inputs of a kernel lie; undefined where it has no axis of them: depthwise kernels, and vectors. */
export function groupLayout(parameter: Pick<Parameter, 'shape' | 'outputAxis' | 'inputAxes'>): GroupLayout | undefined {
  const { shape, inputAxes } = parameter;
  const last = shape.length - 1;
  if (last < 1) return undefined;
  if (inputAxes) {
    return {
      inputs: inputAxes.reduce((product, axis) => product * shape[axis], 1),
      stride: sizeAfter(shape, Math.max(...inputAxes)),
    };
  }
  const axis = outputAxisOf(parameter) === last ? last - 1 : last;
  return { inputs: shape[axis], stride: sizeAfter(shape, axis) };
}

const sizeAfter = (shape: Shape, axis: number) => shape.slice(axis + 1).reduce((size, extent) => size * extent, 1);

/**
 * The layouts of tensors.
 *
 * @throws UserError (usage) naming those whose inputs the pattern does not divide.
 */
export function patternChoice(
  pattern: Pattern,
  tensors: readonly Pick<Parameter, 'name' | 'layer' | 'shape' | 'outputAxis' | 'inputAxes'>[],
): PatternChoice {
  const layouts = tensors.map((tensor) => ({ tensor, layout: groupLayout(tensor) }));
  const unfit = layouts.filter(({ layout }) => !layout || layout.inputs % pattern.of !== 0);
  if (unfit.length > 0) {
    const reasons = unfit.map(({ tensor, layout }) =>
      layout ? `${tensor.name} has ${layout.inputs} of them` : `${tensor.name} has none`,
    );
    const layers = [...new Set(unfit.map(({ tensor }) => tensor.layer))];
    throw usageError(
      `The pattern ${patternText(pattern)} takes inputs in groups of ${pattern.of}, but ${reasons.join(', ')}.`,
      `Leave such layers out: ${layers.map((layer) => `--exclude ${layer}`).join(' ')}.`,
    );
  }
  return { pattern, layouts: new Map(layouts.map(({ tensor, layout }) => [tensor.name, layout!])) };
}

/** Calls `visit` with the first place of each group. */
function eachGroup(length: number, { inputs, stride }: GroupLayout, of: number, visit: (first: number) => void): void {
  const block = inputs * stride;
  for (let start = 0; start < length; start += block) {
    for (let group = 0; group < inputs; group += of) {
      for (let offset = 0; offset < stride; offset++) visit(start + group * stride + offset);
    }
  }
}

/** Masks that keep the highest scores of each group, the first among equals. */
export function selectByPattern(scores: Scores, { pattern, layouts }: PatternChoice): Masks {
  const { kept, of } = pattern;
  return new Map(
    Array.from(scores, ([name, values]) => {
      const layout = layouts.get(name)!;
      const mask = new Uint8Array(values.length);
      const order = Array.from({ length: of }, (_, i) => i);
      eachGroup(values.length, layout, of, (first) => {
        const at = (i: number) => first + i * layout.stride;
        const ranked = order.toSorted((a, b) => values[at(b)] - values[at(a)] || a - b);
        for (const i of ranked.slice(0, kept)) mask[at(i)] = 1;
      });
      return [name, mask] as const;
    }),
  );
}

/** How many groups of a tensor have more weights than a pattern lets stay. */
export function patternFaults(mask: ArrayLike<number>, layout: GroupLayout, { kept, of }: Pattern): number {
  let faults = 0;
  eachGroup(mask.length, layout, of, (first) => {
    let count = 0;
    for (let i = 0; i < of; i++) if (mask[first + i * layout.stride] !== 0) count++;
    if (count > kept) faults++;
  });
  return faults;
}
