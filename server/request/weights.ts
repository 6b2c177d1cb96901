/** Initial weights of a model, and files of its parameters: names and shapes must fit. */
import { readSafetensors } from '../files/safetensors';
import { fromStored, storedAs } from '../models/stored';
import type { Network, OtherTensor, Parameter } from '../models/types';
import { UserError } from '../protocol/errors';
import type { HostTensor } from '../protocol/tensor';
import { drawWeights, type Weights } from '../pruning';

/** What is wrong with a file of weights or masks. */
export function parameterError(message: string, hint?: string): UserError {
  return new UserError(message, { kind: 'usage', ...(hint !== undefined && { hint }) });
}

/** Files that `torch.save` writes. */
const PYTORCH_FILE = /\.(?:pt|pth|bin|ckpt)$/i;

async function readTensors(path: string, network: Network): Promise<ReadonlyMap<string, HostTensor>> {
  if (!PYTORCH_FILE.test(path)) return (await readSafetensors(path)).tensors;
  if (network.readWeightsFile) return network.readWeightsFile(path);
  throw parameterError(`${path} is a file of PyTorch, and ${network.name} is not.`, 'Give a safetensors file.');
}

/** What `DataParallel` and `torch.compile` put before every name. */
const WRAPPERS = ['module.', '_orig_mod.'];

/** The tensors without a wrapper's prefix, where all have it and their names are none of the model's. */
function withoutWrapper(
  tensors: ReadonlyMap<string, HostTensor>,
  isKnown: (name: string) => boolean,
): ReadonlyMap<string, HostTensor> {
  const names = [...tensors.keys()];
  const prefix = WRAPPERS.find((one) => names.every((name) => name.startsWith(one) && !isKnown(name)));
  if (prefix === undefined || names.length === 0) return tensors;
  return withoutWrapper(new Map(Array.from(tensors, ([name, tensor]) => [name.slice(prefix.length), tensor])), isKnown);
}

/**
 * Each tensor of the safetensors file `path`, in the engine's layout, with its parameter, which `isMeant` must accept; `what` names such a tensor.
 *
 * @throws UserError (usage) naming a tensor that is none of them or has another shape.
 */
export async function readParameters(
  path: string,
  network: Network,
  isMeant: (parameter: Parameter) => boolean,
  what: string,
): Promise<readonly (readonly [Parameter, HostTensor['data']])[]> {
  const tensors = await readTensors(path, network);
  const parameters = new Map(
    network.parameters.filter(isMeant).map((parameter) => {
      const stored = storedAs(parameter);
      return [stored.name, { parameter, stored }];
    }),
  );
  const aliases = new Map(
    [...parameters.values()].flatMap((one) => (one.parameter.aliases ?? []).map((alias) => [alias, one] as const)),
  );
  const isOther = (name: string) => network.others?.has(name) ?? false;
  const meant = withoutWrapper(tensors, (name) => parameters.has(name) || aliases.has(name) || isOther(name));
  const counted = [...meant].filter(([name]) => !isOther(name));
  return counted.map(([name, tensor]) => {
    // TensorFlow counts the outputs of what gives a variable.
    const plain = name.replace(/:0$/, '');
    const found = parameters.get(name) ?? parameters.get(plain) ?? aliases.get(plain);
    if (!found) {
      const known = [...parameters.keys()].join(', ');
      throw parameterError(`${path}: ${network.name} has no ${what} '${name}'.`, `It has: ${known}.`);
    }
    const { parameter, stored } = found;
    if (tensor.shape.join() !== stored.shape.join()) {
      const shapes = `[${tensor.shape.join(', ')}], but ${network.name} has [${stored.shape.join(', ')}]`;
      throw parameterError(`${path}: the ${what} '${name}' has shape ${shapes}.`);
    }
    return [parameter, fromStored(tensor.data, stored)] as const;
  });
}

/**
 * Values of every parameter: those in the file `path` (safetensors, or of PyTorch), the others drawn from the seed.
 *
 * @throws UserError (usage) naming a tensor that is no weight of the model, has another shape or is not finite.
 */
export async function readWeights(network: Network, seed: number, path: string | undefined): Promise<Weights> {
  const weights = await drawWeights(network, seed);
  if (path === undefined) return weights;
  for (const [{ name }, data] of await readParameters(path, network, () => true, 'weight')) {
    const values = Float32Array.from(data);
    const index = values.findIndex((value) => !Number.isFinite(value));
    if (index >= 0) throw parameterError(`${path}: element ${index} of '${name}' is ${values[index]}.`);
    weights.set(name, values);
  }
  return weights;
}

/**
 * The tensors of the framework's files that are no parameters of the network: those in the file `path`, the others as they are at
 * initialization.
 *
 * @throws UserError (usage) naming one that has another shape.
 */
export async function readOthers(
  network: Network,
  path: string | undefined,
): Promise<ReadonlyMap<string, OtherTensor>> {
  const { others } = network;
  if (!others || others.size === 0 || path === undefined) return others ?? new Map();
  const names = new Set(network.parameters.flatMap((one) => [storedAs(one).name, ...(one.aliases ?? [])]));
  const tensors = withoutWrapper(await readTensors(path, network), (name) => names.has(name) || others.has(name));
  return new Map(
    Array.from(others, ([name, other]) => {
      const tensor = tensors.get(name);
      if (!tensor) return [name, other];
      if (tensor.shape.join() !== other.tensor.shape.join()) {
        const shapes = `[${tensor.shape.join(', ')}], but ${network.name} has [${other.tensor.shape.join(', ')}]`;
        throw parameterError(`${path}: '${name}' has shape ${shapes}.`);
      }
      return [name, { ...other, tensor }];
    }),
  );
}
