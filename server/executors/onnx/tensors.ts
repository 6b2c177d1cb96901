/** Device tensors over ONNX Runtime's tensors. */
import type { Tensor } from 'onnxruntime-node';
import type { DType, HostTensor, Shape } from '../../protocol/tensor';
import { sizeOf } from '../../protocol/tensor';
import type { DeviceTensor } from '../types';
import type { BufferPool } from './bufferPool';
import type { OnnxRuntime } from './session';

/** A tensor of this executor: in a pooled buffer of the host, or on the GPU. */
export interface OnnxTensor extends DeviceTensor {
  /** The tensor to feed to a run. Rejects with an Error where this one was disposed of. */
  feed(): Promise<Tensor>;
}

/** A host tensor in a buffer of the pool, with undefined contents. */
export function allocate(runtime: OnnxRuntime, pool: BufferPool, dtype: DType, shape: Shape): Tensor {
  const buffer = pool.take(4 * sizeOf(shape));
  return dtype === 'int32'
    ? new runtime.Tensor('int32', new Int32Array(buffer), shape)
    : new runtime.Tensor('float32', new Float32Array(buffer), shape);
}

/** Guards a tensor against use after disposal and a second disposal. */
function owned(tensor: Tensor, release: (tensor: Tensor) => void): { get(): Tensor; dispose(): void } {
  let live: Tensor | undefined = tensor;
  const get = (): Tensor => {
    if (!live) throw new Error('a tensor was used after it was disposed of');
    return live;
  };
  return {
    get,
    dispose: () => {
      const last = get();
      live = undefined;
      release(last);
    },
  };
}

/** A tensor whose values are in host memory; its buffer goes back to the pool. */
export function hostTensor(tensor: Tensor, dtype: DType, shape: Shape, pool: BufferPool): OnnxTensor {
  const owner = owned(tensor, (last) => pool.give(valuesOf(last).buffer as ArrayBuffer));
  return {
    shape,
    dtype,
    feed: async () => owner.get(),
    read: async () => hostCopy(owner.get(), dtype, shape),
    dispose: owner.dispose,
  };
}

/** A tensor on the GPU; `read` copies it to the host. */
export function gpuTensor(
  tensor: Tensor,
  dtype: DType,
  shape: Shape,
  read: (tensor: Tensor) => Promise<HostTensor>,
): OnnxTensor {
  const owner = owned(tensor, (last) => last.dispose());
  return { shape, dtype, feed: async () => owner.get(), read: () => read(owner.get()), dispose: owner.dispose };
}

/**
 * A tensor in host memory that moves to the GPU when it is fed again: a batch is fed once, but weights and masks many
 * times.
 * @param move copies a host tensor to the GPU.
 */
export function movingTensor(host: OnnxTensor, move: (tensor: Tensor) => Promise<OnnxTensor>): OnnxTensor {
  let current = host;
  let fed = false;
  return {
    shape: host.shape,
    dtype: host.dtype,
    feed: async () => {
      const tensor = await current.feed();
      if (!fed || current !== host) {
        fed = true;
        return tensor;
      }
      current = await move(tensor);
      host.dispose();
      return current.feed();
    },
    read: () => current.read(),
    dispose: () => current.dispose(),
  };
}

/** The values of a tensor in host memory, copied. */
export function hostCopy(tensor: Tensor, dtype: DType, shape: Shape): HostTensor {
  return { shape, dtype, data: valuesOf(tensor).slice() };
}

/** The values of a tensor in host memory, not copied. */
export function valuesOf(tensor: Tensor): Float32Array | Int32Array {
  return tensor.data as Float32Array | Int32Array;
}
