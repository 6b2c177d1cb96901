/** What is said of a model that its code does not say: how it is constructed, and what it takes. As in `models` of prunelens.json. */
import { usageError } from './errors';

/** One input of a model: sizes of one example, in the order of the model's own framework. */
export interface ModelInput {
  /** Name of the argument of `forward`; needed where there are several. */
  readonly name?: string;
  readonly shape: readonly number[];
  /** PyTorch's; `float32` by default. */
  readonly dtype?: string;
  /** Whole numbers are from 0 up to this, exclusive. */
  readonly below?: number;
}

/** What code that is run to load a model may do although it is refused by default. */
export const ALLOWANCES = ['processes', 'network', 'writes'] as const;
export type Allowance = (typeof ALLOWANCES)[number];

export interface ModelSetup {
  /** Python expression that makes the model. */
  readonly construct?: string;
  readonly inputs?: readonly ModelInput[];
  /** Name or index of the output that counts; the first tensor by default. */
  readonly output?: string | number;
  /** Whether all of the files is run, not only what the model needs. */
  readonly whole?: boolean;
  readonly allow?: readonly Allowance[];
}

const INPUT = /^(?:(?<name>[^\d\W]\w*)=)?(?<shape>\d+(?:,\d+)*)?(?::(?<dtype>[a-z]+\d*)(?:<(?<below>\d+))?)?$/;

/**
 * An input as `--input` takes it: `3,32,32`, `16:int64<100`, `mask=16:bool`.
 * @throws UserError (usage)
 */
export function parseModelInput(text: string): ModelInput {
  const { name, shape, dtype, below } = INPUT.exec(text.trim())?.groups ?? {};
  const extents = shape?.split(',').map(Number) ?? [];
  if ((shape === undefined && dtype === undefined) || extents.includes(0) || below === '0') {
    throw usageError(
      `"${text}" is not an input of a model.`,
      'Give the sizes of one example, as --input 3,32,32, --input 16:int64<100 or --input NAME=3,32,32.',
    );
  }
  return {
    ...(name !== undefined && { name }),
    shape: extents,
    ...(dtype !== undefined && { dtype }),
    ...(below !== undefined && { below: Number(below) }),
  };
}
