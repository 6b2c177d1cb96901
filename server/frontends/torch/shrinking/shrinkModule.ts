/** `shrink.py`: a module of Python that makes a model smaller as the user's class has it. It needs torch alone. */
import { readFile } from 'node:fs/promises';
import type { Parameter } from '../../../models/types';
import type { ModelInput } from '../../../protocol/modelSetup';
import { pythonFile } from '../../../python/start';

/** Names of the files of a smaller model. */
export const SHRUNK_FILES: readonly string[] = [
  'shrink.py',
  'model.safetensors',
  'masks.safetensors',
  'model.masks.safetensors',
  'model.onnx',
  'result.json',
];

/** What stays of a tensor of the `state_dict`. */
export interface TensorCut {
  readonly shape: readonly number[];
  /** For each axis that loses indices those that stay, as bits: index i is bit i mod 4 of the hexadecimal digit i div 4. */
  readonly axes: { readonly [axis: string]: string };
}

/** By axis of the engine's tensor the indices that stay; absent where all do. */
export type Kept = readonly (Int32Array | undefined)[];

function bitsOf(indices: Int32Array, extent: number): string {
  const digits = new Array<number>(Math.ceil(extent / 4)).fill(0);
  for (const index of indices) digits[index >> 2] |= 1 << (index & 3);
  return digits.map((digit) => digit.toString(16)).join('');
}

/** The cuts of all tensors that lose something, under all their names and along PyTorch's axes. */
export function tensorCuts(
  parameters: readonly Parameter[],
  kept: ReadonlyMap<string, Kept>,
): ReadonlyMap<string, TensorCut> {
  return new Map(
    parameters.flatMap(({ name, aliases = [], stored }) => {
      const own = kept.get(name);
      if (!stored || !own?.some((indices) => indices !== undefined)) return [];
      const lost = stored.order.flatMap((place, axis) => {
        const indices = own[place];
        return indices ? [[String(axis), bitsOf(indices, stored.shape[axis])] as const] : [];
      });
      const cut = { shape: stored.shape, axes: Object.fromEntries(lost) };
      return [name, ...aliases].map((one) => [one, cut] as const);
    }),
  );
}

/** By the path of a module what it says of its width and its heads: values of its attributes. */
export type ModuleNumbers = { readonly [path: string]: { readonly [attribute: string]: number } };

export interface ShrinkFacts {
  /** The expression that makes the model. */
  readonly made: string;
  readonly cuts: ReadonlyMap<string, TensorCut>;
  readonly numbers: ModuleNumbers;
  readonly inputs: readonly ModelInput[];
  readonly output: string | undefined;
}

/** A text within a docstring. */
function comment(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('"""', '').replaceAll('\\', '\\\\');
}

function headerOf(facts: ShrinkFacts): string {
  const made = comment(facts.made);
  return `"""Makes ${made} smaller, as PruneLens has chosen its channels. Needs torch alone.

    from shrink import shrink

    model = shrink(MODEL)
    model.load_state_dict(safetensors.torch.load_file("model.safetensors"))

where MODEL is a fresh instance, such as ${made}${made.endsWith(')') ? '' : '()'}. Its layers become smaller in place, and it is proved that the model
computes what it computed with zeros in place of what is removed.
"""`;
}

/** JSON that a raw string in three quotes can hold. */
function literal(value: unknown): string {
  return JSON.stringify(value).replaceAll('"""', '\\u0022\\u0022\\u0022');
}

/** The text of the module. */
export async function shrinkModule(facts: ShrinkFacts): Promise<string> {
  const code = await readFile(pythonFile('frontends/torch/python/shrinking/shrink_module.py'), 'utf8');
  const cuts = [...facts.cuts].map(([name, cut]) => `  ${literal(name)}: ${literal(cut)}`).join(',\n');
  const parts: readonly (readonly [string, string])[] = [
    ['"""__HEADER__"""', headerOf(facts)],
    ['__CUTS__', `{\n${cuts}\n}`],
    ['__NUMBERS__', literal(facts.numbers)],
    ['__INPUTS__', literal(facts.inputs)],
    ['__OUTPUT__', facts.output === undefined ? 'None' : JSON.stringify(facts.output)],
  ];
  // As functions, so that no `$` of a name means anything.
  return parts.reduce((text, [mark, value]) => text.replace(mark, () => value), code);
}
