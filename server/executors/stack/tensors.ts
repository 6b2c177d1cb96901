/** Tensors of one network among several: its own, or its part of a stacked one. */
import type { Layout } from '../../graph/stack';
import type { DType, HostTensor, Shape } from '../../protocol/tensor';
import type { DeviceTensor } from '../types';
import { laneOf } from './hostTensors';

/** A stacked tensor on the device, which goes when no network needs its part any more. */
export interface StackTensor {
  readonly tensor: DeviceTensor;
  /** The part of a network, in host memory; the whole is read once for all. */
  read(lane: number): Promise<HostTensor>;
  release(): void;
}

/** @param holders How many networks have a part that will be released. */
export function createStackTensor(tensor: DeviceTensor, layout: Layout, width: number, holders: number): StackTensor {
  let left = holders;
  let whole: Promise<HostTensor> | undefined;
  return {
    tensor,
    async read(lane) {
      whole ??= tensor.read();
      return laneOf(await whole, layout, lane, width);
    },
    release() {
      if (--left === 0) tensor.dispose();
    },
  };
}

/** Where the values of a network's tensor are: here until a program needs them, on the device, or in a stacked tensor. */
export type Source =
  | { readonly kind: 'host'; readonly tensor: HostTensor }
  | { readonly kind: 'device'; readonly tensor: DeviceTensor }
  | { readonly kind: 'stack'; readonly stack: StackTensor; readonly lane: number };

/** A tensor of one network. */
export interface LaneTensor extends DeviceTensor {
  /** Undefined once it is disposed. */
  source: Source | undefined;
}

export function sourceOf({ source }: LaneTensor): Source {
  if (!source) throw new Error('a tensor was used after it was disposed');
  return source;
}

export function createLaneTensor(source: Source, shape: Shape, dtype: DType): LaneTensor {
  const tensor: LaneTensor = {
    source,
    shape,
    dtype,
    async read() {
      const now = sourceOf(tensor);
      if (now.kind === 'host') return { ...now.tensor, data: now.tensor.data.slice() };
      return now.kind === 'device' ? now.tensor.read() : now.stack.read(now.lane);
    },
    dispose() {
      const now = sourceOf(tensor);
      tensor.source = undefined;
      if (now.kind === 'device') now.tensor.dispose();
      if (now.kind === 'stack') now.stack.release();
    },
  };
  return tensor;
}
