/** How the backend torch is opened, and how its programs are computed. */
import type { Precision } from '../../protocol/catalogue/options';
import { UserError } from '../../protocol/errors';
import type { BackendUse, Computing } from '../types';

export interface TorchOptions extends Computing, Pick<BackendUse, 'note'> {}

/** What is chosen once the device is known. */
export interface Computation {
  readonly precision: Precision;
  readonly deterministic: boolean;
}

/** What PyTorch is told before it computes a program. */
export interface Mode {
  /** No autotuning, and no operation whose bits change from run to run. */
  readonly deterministic: boolean;
  /** Products of float32 with inputs of 10 bits of mantissa, on CUDA. */
  readonly tf32: boolean;
  /** Convolutions and matrix products in bfloat16; parameters and statistics stay float32. */
  readonly half: boolean;
}

/**
 * The computation that the options choose on a device.
 *
 * @throws UserError (usage) where the device has no such precision.
 */
export function computationOn(device: string, { precision, deterministic = false }: TorchOptions): Computation {
  const isCuda = device.startsWith('cuda');
  if (precision === 'tf32' && !isCuda) throw noPrecision('tf32 is a precision of NVIDIA GPUs', device);
  if (precision === 'float64' && device.startsWith('mps')) throw noPrecision('MPS has no float64', device);
  return {
    precision: precision ?? (isCuda ? 'tf32' : 'float32'),
    // On the CPU all operations are.
    deterministic: deterministic || device === 'cpu',
  };
}

function noPrecision(reason: string, device: string): UserError {
  return new UserError(`${reason}, and the device is ${device}.`, {
    kind: 'usage',
    hint: 'Choose another --precision, or another --device.',
  });
}

export function modeOf({ precision, deterministic }: Computation, purpose?: 'training'): Mode {
  const isTraining = purpose === 'training';
  return {
    deterministic: deterministic || !isTraining,
    tf32: isTraining && precision === 'tf32',
    half: isTraining && precision === 'bf16',
  };
}
