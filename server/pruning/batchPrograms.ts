/** Running programs over batches, whole or in parts. */
import type { Executor } from '../executors/types';
import type { Builder } from '../graph/builder';
import { createProgram } from '../graph/program';
import type { Node, Program } from '../graph/types';
import type { Network } from '../models/types';
import type { Batch } from '../protocol/data';
import { floatTensor, sizeOf } from '../protocol/tensor';
import { optionValue, SHARED_OPTIONS } from './options';
import { partsOf, sharesOf } from './parts';
import { createProgramCache } from './programCache';
import { breathe, type DeviceTensors, disposeAll, runWith, uploadBatch } from './tensors';
import type { ScoringContext } from './types';

/** A batch on the device, and a program for it. */
export interface LoadedBatch {
  /** Runs the program with those of the given tensors that it asks for; the outputs belong to the caller. */
  run(...fixed: readonly DeviceTensors[]): Promise<DeviceTensors>;
  dispose(): void;
}

/** A program for batches of any size. */
export interface BatchProgram {
  load(batch: Batch): LoadedBatch;
  /** Disposes what was compiled. */
  dispose(): Promise<void>;
}

/** What a program runs on, and what it is given with each batch of a size besides examples and labels. */
export interface BatchPlace {
  readonly network: Network;
  readonly executor: Executor;
  readonly extras?: (size: number) => DeviceTensors;
}

function upload({ executor, network, extras }: BatchPlace, batch: Batch): DeviceTensors {
  return { ...uploadBatch(executor, network, batch), ...extras?.(batch.size) };
}

/** A program that takes each batch as a whole. */
export function wholeBatchProgram(place: BatchPlace, build: (size: number) => Program): BatchProgram {
  const programs = createProgramCache(place.executor, build);
  return {
    load(batch) {
      const data = upload(place, batch);
      return {
        run: async (...fixed) => runWith(await programs.get(batch.size), ...fixed, data),
        dispose: () => disposeAll(data),
      };
    },
    dispose: programs.dispose,
  };
}

/** A graph whose outputs add up over the parts of a batch. */
export interface SummedGraph {
  readonly title: string;
  readonly b: Builder;
  readonly outputs: { readonly [name: string]: Node };
}

/** The graph as a program. */
export function summedProgram({ title, outputs }: SummedGraph): Program {
  return createProgram(title, outputs);
}

const SHARE = 'part/share';
const sumInput = (output: string): string => `part/sum/${output}`;

/** sum + share * output, for each output. */
function partProgram({ title, b, outputs }: SummedGraph): Program {
  const share = b.input(SHARE, []);
  const added = Object.entries(outputs).map(([name, node]) => [
    name,
    b.add(b.input(sumInput(name), node.shape), b.multiply(node, share)),
  ]);
  return createProgram(`${title} of a part`, Object.fromEntries(added));
}

/** Renames outputs to the inputs that the next part takes them by. */
const asSums = (outputs: DeviceTensors): DeviceTensors =>
  Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [sumInput(name), tensor]));

/**
 * A program that takes batches of more than `microBatch` examples in parts of so many, and adds their outputs up on the
 * device: memory is that of a part. Equal to the whole batch up to rounding, unless examples of a batch depend on each other
 * as batch normalization makes them.
 *
 * @param over What outputs are: means over the examples, as the loss is and all its derivatives are, or sums over them.
 */
export function summedBatchProgram(
  place: BatchPlace & Pick<ScoringContext, 'options' | 'signal'>,
  build: (size: number) => SummedGraph,
  over: 'mean' | 'sum' = 'mean',
): BatchProgram {
  const { executor, network, options, signal } = place;
  const microBatch = optionValue(options, SHARED_OPTIONS.microBatch);
  const whole = wholeBatchProgram(place, (size) => summedProgram(build(size)));
  let zeros: DeviceTensors | undefined;
  const programs = createProgramCache(executor, (size) => {
    const graph = build(size);
    zeros ??= Object.fromEntries(
      Object.entries(graph.outputs).map(([name, { shape }]) => [
        sumInput(name),
        executor.upload(floatTensor(shape, new Float32Array(sizeOf(shape)))),
      ]),
    );
    return partProgram(graph);
  });

  function loadParts(batch: Batch, size: number): LoadedBatch {
    const parts = partsOf(batch, size);
    const shares = over === 'mean' ? sharesOf(network, parts) : parts.map(() => 1);
    const data = parts.map((part) => upload(place, part));
    return {
      async run(...fixed) {
        let sums: DeviceTensors | undefined;
        try {
          for (const [i, part] of parts.entries()) {
            await breathe(signal);
            const executable = await programs.get(part.size);
            const share = executor.upload(floatTensor([], Float64Array.of(shares[i])));
            const before = sums;
            try {
              sums = await runWith(executable, ...fixed, data[i], before ? asSums(before) : zeros!, { [SHARE]: share });
            } finally {
              share.dispose();
            }
            if (before) disposeAll(before);
          }
          return sums!;
        } catch (error) {
          if (sums) disposeAll(sums);
          throw error;
        }
      },
      dispose: () => data.forEach(disposeAll),
    };
  }

  return {
    load: (batch) =>
      microBatch !== undefined && batch.size > microBatch ? loadParts(batch, microBatch) : whole.load(batch),
    async dispose() {
      if (zeros) disposeAll(zeros);
      await whole.dispose();
      await programs.dispose();
    },
  };
}

/** Goes through the batches; `visit` runs the program on each, as often as it needs. */
export async function forEachBatch(
  { signal }: Pick<ScoringContext, 'signal'>,
  program: BatchProgram,
  batches: readonly Batch[],
  visit: (batch: LoadedBatch) => Promise<void>,
): Promise<void> {
  for (const batch of batches) {
    await breathe(signal);
    const loaded = program.load(batch);
    try {
      await visit(loaded);
    } finally {
      loaded.dispose();
    }
  }
}
