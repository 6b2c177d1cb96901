/** From the tensors of single networks to a stacked one on the device. */
import { type Builder, createBuilder } from '../../graph/builder';
import { createProgram } from '../../graph/program';
import { type Layout, laneNode, layoutOf, stackedShape, stackNodes } from '../../graph/stack';
import type { Node } from '../../graph/types';
import type { DType, Shape } from '../../protocol/tensor';
import type { DeviceTensor, Executable, Executor } from '../types';
import { stackTensors } from './hostTensors';
import { type LaneTensor, type StackTensor, sourceOf } from './tensors';

/** What a stacked program takes, and what it leaves to be disposed of. */
export interface Gathered {
  readonly tensor: DeviceTensor;
  /** Made for it; else it belongs to others. */
  readonly isOwn: boolean;
}

export interface Gatherer {
  /**
   * The tensors of the networks that are there, each at its place. In the places of others are values of somebody: they are
   * computed with, and nobody looks at the results.
   */
  gather(tensors: readonly (LaneTensor | undefined)[], shape: Shape, dtype: DType): Promise<Gathered>;
  dispose(): Promise<void>;
}

const OWN = 'own';
const WHOLE = 'whole';
const OUTPUT = 'result';

/** The stacked tensor that holds most of the tensors in their places. */
function commonStack(tensors: readonly (LaneTensor | undefined)[]): StackTensor | undefined {
  const counts = new Map<StackTensor, number>();
  for (const [lane, tensor] of tensors.entries()) {
    const source = tensor && sourceOf(tensor);
    if (source?.kind === 'stack' && source.lane === lane) counts.set(source.stack, (counts.get(source.stack) ?? 0) + 1);
  }
  return [...counts].reduce<readonly [StackTensor | undefined, number]>(
    (a, c) => (c[1] > a[1] ? c : a),
    [undefined, 0],
  )[0];
}

export function createGatherer(executor: Executor, width: number): Gatherer {
  const compiled = new Map<string, Promise<Executable>>();
  const program = (key: string, build: (b: Builder) => Node): Promise<Executable> => {
    const known = compiled.get(key) ?? executor.compile(createProgram(key, { [OUTPUT]: build(createBuilder()) }));
    compiled.set(key, known);
    return known;
  };
  /** Compiles anew next time: where a process of the executor has ended, what it had compiled is lost. */
  async function forgetAll(): Promise<void> {
    const lost = [...compiled.values()];
    compiled.clear();
    for (const executable of await Promise.allSettled(lost)) {
      if (executable.status === 'fulfilled') await executable.value.dispose();
    }
  }
  const run = async (executable: Executable, inputs: { readonly [name: string]: DeviceTensor }) => {
    try {
      return (await executable.run(inputs))[OUTPUT];
    } catch (error) {
      await forgetAll();
      throw error;
    }
  };

  /** One network's part, cut out of a stacked tensor. */
  async function cut({ tensor }: StackTensor, lane: number, shape: Shape, layout: Layout): Promise<DeviceTensor> {
    const executable = await program(`part ${lane} of [${shape}] ${layout}`, (b) =>
      laneNode(b, b.input(WHOLE, stackedShape(shape, layout, width)), layout, lane, shape),
    );
    return run(executable, { [WHOLE]: tensor });
  }

  /** A stacked tensor with another part for one network. */
  async function replaced(whole: DeviceTensor, own: DeviceTensor, lane: number, layout: Layout): Promise<DeviceTensor> {
    const { shape } = own;
    const executable = await program(`[${shape}] ${layout} with another part ${lane}`, (b) => {
      const stacked = b.input(WHOLE, stackedShape(shape, layout, width));
      const parts = Array.from({ length: width }, (_, i) =>
        i === lane ? b.input(OWN, shape) : laneNode(b, stacked, layout, i, shape),
      );
      return stackNodes(b, parts, layout);
    });
    return run(executable, { [WHOLE]: whole, [OWN]: own });
  }

  /** Calls `use` with a network's tensor by itself on the device. */
  async function withOwn<T>(tensor: LaneTensor, layout: Layout, use: (own: DeviceTensor) => Promise<T>): Promise<T> {
    const source = sourceOf(tensor);
    if (source.kind === 'device') return use(source.tensor);
    const own =
      source.kind === 'host'
        ? executor.upload(source.tensor)
        : await cut(source.stack, source.lane, tensor.shape, layout);
    try {
      return await use(own);
    } finally {
      own.dispose();
    }
  }

  async function stackOwn(tensors: readonly (LaneTensor | undefined)[], shape: Shape, layout: Layout) {
    const there = tensors.find((tensor) => tensor !== undefined)!;
    const executable = await program(`${width} of [${shape}] ${layout}`, (b) =>
      stackNodes(
        b,
        tensors.map((_, lane) => b.input(`${OWN}${lane}`, shape)),
        layout,
      ),
    );
    const collect = async (lane: number, inputs: { readonly [name: string]: DeviceTensor }): Promise<DeviceTensor> =>
      lane === width
        ? run(executable, inputs)
        : withOwn(tensors[lane] ?? there, layout, (own) => collect(lane + 1, { ...inputs, [`${OWN}${lane}`]: own }));
    return collect(0, {});
  }

  async function changeParts(base: StackTensor, tensors: readonly (LaneTensor | undefined)[], layout: Layout) {
    let whole = base.tensor;
    for (const [lane, tensor] of tensors.entries()) {
      const source = tensor && sourceOf(tensor);
      if (!source || (source.kind === 'stack' && source.stack === base && source.lane === lane)) continue;
      const before = whole;
      whole = await withOwn(tensor, layout, (own) => replaced(before, own, lane, layout));
      if (before !== base.tensor) before.dispose();
    }
    return { tensor: whole, isOwn: whole !== base.tensor };
  }

  return {
    async gather(tensors, shape, dtype) {
      const layout = layoutOf({ shape, dtype });
      const there = tensors.filter((tensor) => tensor !== undefined);
      const hosts = there.map(sourceOf).flatMap((source) => (source.kind === 'host' ? [source.tensor] : []));
      if (hosts.length === there.length) {
        const all = tensors.map((tensor) => {
          const source = tensor && sourceOf(tensor);
          return source?.kind === 'host' ? source.tensor : hosts[0];
        });
        return { tensor: executor.upload(stackTensors(all, layout)), isOwn: true };
      }
      const base = commonStack(tensors);
      if (base) return changeParts(base, tensors, layout);
      return { tensor: await stackOwn(tensors, shape, layout), isOwn: true };
    },
    dispose: forgetAll,
  };
}
