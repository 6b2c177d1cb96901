/** Tensors of files against the parameters of a model: names and shapes must fit. */
import { readSafetensors } from '../files/safetensors';
import type { Network, Parameter } from '../models/types';
import { UserError } from '../protocol/errors';
import type { HostTensor } from '../protocol/tensor';
import { initialWeights, type Masks, type Weights } from '../pruning';

function wrong(message: string, hint?: string): UserError {
  return new UserError(message, { kind: 'usage', ...(hint !== undefined && { hint }) });
}

/** Each tensor of the file with its parameter, which `isMeant` must accept. */
async function readParameters(
  path: string,
  network: Network,
  isMeant: (parameter: Parameter) => boolean,
  what: string,
): Promise<readonly (readonly [Parameter, HostTensor])[]> {
  const { tensors } = await readSafetensors(path);
  const parameters = new Map(network.parameters.filter(isMeant).map((parameter) => [parameter.name, parameter]));
  return Array.from(tensors, ([name, tensor]) => {
    const parameter = parameters.get(name);
    if (!parameter) {
      const known = [...parameters.keys()].join(', ');
      throw wrong(`${path}: ${network.name} has no ${what} '${name}'.`, `It has: ${known}.`);
    }
    if (tensor.shape.join() !== parameter.shape.join()) {
      const shapes = `[${tensor.shape.join(', ')}], but ${network.name} has [${parameter.shape.join(', ')}]`;
      throw wrong(`${path}: the ${what} '${name}' has shape ${shapes}.`);
    }
    return [parameter, tensor] as const;
  });
}

/**
 * Values of every parameter: those in the safetensors file `path`, the others drawn from the seed.
 *
 * @throws UserError (usage) naming a tensor that is no weight of the model, has another shape or is not finite.
 */
export async function readWeights(network: Network, seed: number, path: string | undefined): Promise<Weights> {
  const weights = initialWeights(network, seed);
  if (path === undefined) return weights;
  for (const [{ name }, { data }] of await readParameters(path, network, () => true, 'weight')) {
    const values = Float32Array.from(data);
    const index = values.findIndex((value) => !Number.isFinite(value));
    if (index >= 0) throw wrong(`${path}: element ${index} of '${name}' is ${values[index]}.`);
    weights.set(name, values);
  }
  return weights;
}

/**
 * Masks from the safetensors file `path`; weights it does not name are not pruned.
 *
 * @throws UserError (usage) naming a tensor that is no trainable weight of the model, has another shape, or values other
 *   than 0 and 1.
 */
export async function readMasks(network: Network, path: string): Promise<Masks> {
  const masks = new Map<string, Uint8Array>();
  for (const [{ name }, { data }] of await readParameters(path, network, ({ trainable }) => trainable, 'mask')) {
    const index = data.findIndex((value) => value !== 0 && value !== 1);
    if (index >= 0) throw wrong(`${path}: element ${index} of '${name}' is ${data[index]}; a mask holds 0 and 1 only.`);
    masks.set(name, Uint8Array.from(data));
  }
  if (masks.size === 0) throw wrong(`${path} holds no masks.`);
  return masks;
}
