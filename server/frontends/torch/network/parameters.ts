/** The parameters of a network: what each is to the operators that read it, and how its values lie inside and in files. */
import { fromStored } from '../../../models/stored';
import type { Parameter, ParameterRole, StoredTensor } from '../../../models/types';
import { type ExportedModel, type ExportedTensor, isFloating } from '../exported';
import { kernelAxes } from '../lowering/layout';
import { identity } from '../lowering/tensor';
import type { Read, Reading } from './readings';

/** A parameter, and how its axes lie in the engine's tensor. */
export interface TorchParameter extends Parameter {
  /** Axis i of PyTorch's tensor is axis `axes[i]` of the engine's. */
  readonly axes: readonly number[];
}

/** From the most telling to the least: what a tensor is where it is read in several ways. */
const ROLES: readonly (readonly [Reading, ParameterRole])[] = [
  ['embedding', 'embedding'],
  ['convolution', 'kernel'],
  ['transposed convolution', 'kernel'],
  ['linear', 'kernel'],
  ['transposed matrix', 'kernel'],
  ['matrix', 'kernel'],
  ['moving-mean', 'moving-mean'],
  ['moving-variance', 'moving-variance'],
  ['gamma', 'gamma'],
  ['beta', 'beta'],
  ['slope', 'slope'],
  ['bias', 'bias'],
  ['multiplied', 'gamma'],
];

const STATISTICS: readonly Reading[] = ['moving-mean', 'moving-variance'];

/** Weights of kernels have the dimensions of a kernel: scales and norms that go into one are no kernels. */
function isKernelSized({ shape }: ExportedTensor): boolean {
  return shape.length >= 2;
}

function roleOf(tensor: ExportedTensor, readings: ReadonlySet<Reading>): ParameterRole {
  const found = ROLES.find(
    ([reading, role]) => readings.has(reading) && (role !== 'kernel' || isKernelSized(tensor)),
  )?.[1];
  if (tensor.kind !== 'parameter') return found === 'moving-mean' || found === 'moving-variance' ? found : 'fixed';
  if (found && !STATISTICS.includes(found as Reading)) return found;
  return tensor.shape.length > 1 ? 'embedding' : 'bias';
}

/** How the axes of a tensor lie inside: as the operator that reads it wants them. */
function axesOf({ shape }: ExportedTensor, role: ParameterRole, readings: ReadonlySet<Reading>): readonly number[] {
  const rank = shape.length;
  if (role !== 'kernel') return identity(rank);
  if (readings.has('convolution') || readings.has('transposed convolution')) return kernelAxes(rank);
  return (readings.has('linear') || readings.has('transposed matrix')) && rank === 2 ? [1, 0] : identity(rank);
}

/** The path of the module that a parameter belongs to; that which is parametrized has the parameters of its parametrizations. */
export function ownerOf(name: string): string {
  const path = name.slice(0, Math.max(name.lastIndexOf('.'), 0));
  return path.replace(/(^|\.)parametrizations\..*$/, '');
}

/** Whether a tensor of the model is a parameter of the network; any other has the values that it was exported with. */
export function isParameter({ kind, dtype }: ExportedTensor): boolean {
  return kind !== 'constant' && isFloating(dtype);
}

/** Kernels of nn.LSTM, nn.GRU and nn.RNN: of the first layer forwards, and of all others. */
const RECURRENT = /(^|\.)weight_(ih|hh)_l\d+(_reverse)?$/;

/** Why the kernels of a recurrent module with several layers or directions keep their channels. */
const ONE_WIDTH = 'all layers and directions of its module have one width';

/** Paths of the recurrent modules with several layers or directions. */
function severalLayers({ tensors }: ExportedModel): ReadonlySet<string> {
  const names = tensors.map(({ name }) => name).filter((name) => RECURRENT.test(name) && !/_l0$/.test(name));
  return new Set(names.map(ownerOf));
}

export interface ParameterFacts {
  /** How each tensor is read, in either graph. */
  readonly reads: readonly Read[];
  /** Indices of the tensors that the output depends on: in any mode, and in evaluation. */
  readonly used: ReadonlySet<number>;
  readonly usedInEvaluation: ReadonlySet<number>;
  /** Name of the layer of a module. */
  layerOf(path: string): string;
}

/** A copy of the values as they lie inside. */
function ownValues(values: Float32Array, stored: StoredTensor): Float32Array {
  const laid = fromStored(values, stored);
  return laid === values ? values.slice() : laid;
}

/** The parameters that are used, by their indices among the tensors. */
export function createParameters(
  model: ExportedModel,
  { reads, used, usedInEvaluation, layerOf }: ParameterFacts,
): ReadonlyMap<number, TorchParameter> {
  const parameters = new Map<number, TorchParameter>();
  const recurrent = severalLayers(model);
  model.tensors.forEach((tensor, index) => {
    if (!isParameter(tensor) || !used.has(index)) return;
    const readings = new Set(reads.filter((read) => read.tensor === index).map(({ reading }) => reading));
    const role = roleOf(tensor, readings);
    const axes = axesOf(tensor, role, readings);
    const shape = identity(axes.length).map((place) => tensor.shape[axes.indexOf(place)]);
    const stored: StoredTensor = { name: tensor.name, view: shape, order: axes, shape: tensor.shape };
    const trainable = tensor.trainable;
    parameters.set(index, {
      name: tensor.name,
      ...(tensor.aliases.length > 0 && { aliases: tensor.aliases }),
      layer: layerOf(ownerOf(tensor.name)),
      role,
      shape,
      axes,
      ...(readings.has('transposed convolution') && role === 'kernel' && { outputAxis: shape.length - 2 }),
      ...(RECURRENT.test(tensor.name) && recurrent.has(ownerOf(tensor.name)) && { uncut: ONE_WIDTH }),
      stored,
      trainable,
      prunable: trainable && role === 'kernel' && usedInEvaluation.has(index),
      initialize: () => ownValues(tensor.values as Float32Array, stored),
    });
  });
  return parameters;
}
