/** How fast an executor does the short work by which backends are compared. */
import type { Program } from '../../graph/types';
import { floatTensor, type HostTensor, intTensor, sizeOf } from '../../protocol/tensor';
import { createRandom } from '../../random';
import { selfTest } from '../selfTest';
import type { Backend, BackendUse, DeviceTensor, Executable, Executor, WorkKind } from '../types';
import { BATCH, createStep, updated } from './stepProgram';

/** Images a second. */
export type Speeds = { readonly [Kind in WorkKind]: number };

/** What is found of a backend. */
export interface Measured {
  readonly speeds: Speeds;
  /** Until it was open: what work has to be worth. */
  readonly openSeconds: number;
}

/** Steps that do not count: programs are compiled, memory is asked for, kernels are chosen. */
const WARM_UP = 2;
const MOST_STEPS = 10;
/** Seconds after which no further step is begun. */
const LONGEST = 0.5;

function inputsOf({ inputs }: Program): { readonly [name: string]: HostTensor } {
  return Object.fromEntries(
    inputs.map(({ attributes: { name }, shape, dtype }) => {
      const random = createRandom(1, 'measured step', name);
      if (dtype === 'int32')
        return [
          name,
          intTensor(
            shape,
            Int32Array.from({ length: sizeOf(shape) }, (_, i) => i % 10),
          ),
        ];
      const values = new Float32Array(sizeOf(shape));
      random.fillNormal(values, name.startsWith('gamma') ? 1 : 0, 0.1);
      return [name, floatTensor(shape, values)];
    }),
  );
}

/** Takes a step, and waits for it. What it updates stays on the device. */
async function takeStep(executable: Executable, held: Map<string, DeviceTensor>): Promise<void> {
  const outputs = await executable.run(Object.fromEntries(held));
  for (const name of [...held.keys()]) {
    const after = outputs[updated(name)];
    if (!after) continue;
    held.get(name)!.dispose();
    held.set(name, after);
  }
  // Reading the loss back waits for the device.
  await outputs.loss.read();
  const kept = new Set(held.values());
  for (const tensor of Object.values(outputs)) if (!kept.has(tensor)) tensor.dispose();
}

async function measureKind(executor: Executor, kind: WorkKind): Promise<number> {
  const program = createStep(kind);
  const executable = await executor.compile(program, ...(kind === 'training' ? (['training'] as const) : []));
  const inputs = Object.entries(inputsOf(program));
  const held = new Map(inputs.map(([name, tensor]) => [name, executor.upload(tensor)]));
  const seconds: number[] = [];
  try {
    for (let i = 0; i < WARM_UP; i++) await takeStep(executable, held);
    const begin = performance.now();
    do {
      const start = performance.now();
      await takeStep(executable, held);
      seconds.push((performance.now() - start) / 1000);
    } while (seconds.length < MOST_STEPS && performance.now() - begin < LONGEST * 1000);
  } finally {
    for (const tensor of held.values()) tensor.dispose();
    await executable.dispose();
  }
  // The fastest is the one that other work on the machine has disturbed least.
  return BATCH / Math.min(...seconds);
}

async function measureSpeeds(executor: Executor): Promise<Speeds> {
  return { training: await measureKind(executor, 'training'), scoring: await measureKind(executor, 'scoring') };
}

/** Opens a backend, tests it and measures it; a sentence's clause where it does not work. */
export async function measureBackend(
  { open }: Backend,
  use: BackendUse,
): Promise<Measured | { readonly problem: string }> {
  let executor: Executor | undefined;
  try {
    const start = performance.now();
    executor = await open(use);
    const openSeconds = (performance.now() - start) / 1000;
    const problem = await selfTest(executor);
    return problem === undefined ? { speeds: await measureSpeeds(executor), openSeconds } : { problem };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { problem: message.replace(/\.$/, '') };
  } finally {
    await executor?.dispose();
  }
}
