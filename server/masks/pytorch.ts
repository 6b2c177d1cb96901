/** Masks as PyTorch names its weights and lays them out. */
import { FRONT_ENDS, type FrontEnd, frontEndOf } from '../frontends';
import { toStored } from '../models/stored';
import type { Network, Parameter } from '../models/types';
import { UserError } from '../protocol/errors';
import type { Shape } from '../protocol/tensor';

export interface NamedMask {
  readonly name: string;
  readonly shape: Shape;
  readonly mask: Uint8Array;
}

/** @throws UserError where PyTorch cannot hold the parameter, or its layouts are not known for such models. */
export function toPytorch(
  network: Network,
  parameter: Parameter,
  mask: Uint8Array,
  frontEnds: readonly FrontEnd[] = FRONT_ENDS,
): NamedMask {
  const { pytorch, name } = frontEndOf(network, frontEnds);
  if (!pytorch) {
    throw new UserError(`How PyTorch holds the weights of ${network.name}, which comes from ${name}, is not known.`, {
      hint: 'Export the masks as safetensors or npz.',
    });
  }
  const stored = pytorch(network, parameter);
  return { name: stored.name, shape: stored.shape, mask: toStored(mask, stored) };
}
