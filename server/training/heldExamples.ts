/** Examples that lie on the device: a batch is taken by their numbers. */

import { drawMove } from '../data/augmentation';
import { isImage } from '../data/augmentBatch';
import type { BatchMoves, DeviceTensor, ExampleTable, Executor } from '../executors/types';
import { inputNames } from '../models/parameters';
import type { Network } from '../models/types';
import { type Dataset, formatsOf, type InputFormat, type Split } from '../protocol/data';
import { sizeOf } from '../protocol/tensor';
import type { TrainingConfig } from './config';

/** Bytes that are sent at once. */
const CHUNK = 2 ** 24;

type NamedTensors = readonly (readonly [name: string, tensor: DeviceTensor])[];

export interface HeldSplit {
  /** The network's inputs for the examples `indices` of the split; its images are moved where that is told. */
  take(indices: Int32Array, moves?: BatchMoves): NamedTensors;
  dispose(): void;
}

export interface HeldExamples {
  /** The network's inputs for the examples `indices` of the training split, moved as the epoch moves them. */
  take(indices: Int32Array, epoch: number): NamedTensors;
  dispose(): void;
}

async function fill(table: ExampleTable, split: Split, { shape, dtype }: InputFormat, part: number): Promise<void> {
  const size = sizeOf(shape);
  const count = Math.max(1, Math.floor(CHUNK / 4 / size));
  for (let first = 0; first < split.size; first += count) {
    const indices = Int32Array.from({ length: Math.min(count, split.size - first) }, (_, i) => first + i);
    const values = dtype === 'int32' ? new Int32Array(indices.length * size) : new Float32Array(indices.length * size);
    split.read(indices, values, part);
    await table.fill(first, values);
  }
}

function movesOf({ augmentation, seed }: TrainingConfig, indices: Int32Array, epoch: number): BatchMoves | undefined {
  const { crop, flip } = augmentation;
  if (crop === 0 && !flip) return undefined;
  const moves = new Int32Array(3 * indices.length);
  for (const [i, index] of indices.entries()) {
    const move = drawMove({ cropPadding: crop, horizontalFlip: flip }, seed, epoch, index);
    moves.set([move.down, move.right, move.flip ? 1 : 0], 3 * i);
  }
  return { padding: crop, moves };
}

/** Uploads a split once. Undefined where the executor keeps no examples or has no place for them, and where another process reads them. */
export async function holdSplit(
  executor: Pick<Executor, 'hold'>,
  network: Network,
  formats: readonly InputFormat[],
  split: Split,
): Promise<HeldSplit | undefined> {
  // What another process reads is new in each epoch.
  if (!executor.hold || split.fetch) return undefined;
  const tables: ExampleTable[] = [];
  const dispose = () => {
    for (const table of tables.splice(0)) table.dispose();
  };
  try {
    for (const { shape, dtype } of formats) {
      const table = await executor.hold([split.size, ...shape], dtype);
      if (!table) {
        dispose();
        return undefined;
      }
      tables.push(table);
    }
    for (const [part, table] of tables.entries()) await fill(table, split, formats[part], part);
  } catch (error) {
    dispose();
    throw error;
  }
  const names = inputNames(network);
  return {
    take: (indices, moves) =>
      network.inputs.map(({ shape }, i) => {
        const batch = tables[i].take(indices, [indices.length, ...shape], isImage(formats[i]) ? moves : undefined);
        return [names[i], batch] as const;
      }),
    dispose,
  };
}

/** The training split, held, with its augmentation. Undefined also where labels are moved with their images: then each step uploads its batch. */
export async function holdExamples(
  executor: Pick<Executor, 'hold'>,
  network: Network,
  dataset: Dataset,
  config: TrainingConfig,
): Promise<HeldExamples | undefined> {
  const { augmentation } = config;
  const movesLabels = network.labels.shape.length > 1 && (augmentation.crop > 0 || augmentation.flip);
  if (movesLabels) return undefined;
  const held = await holdSplit(executor, network, formatsOf(dataset), dataset.train);
  return (
    held && { take: (indices, epoch) => held.take(indices, movesOf(config, indices, epoch)), dispose: held.dispose }
  );
}
