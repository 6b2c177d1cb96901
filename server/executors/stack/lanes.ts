/**
 * Several trainings of one architecture on one device at once, each as if it were alone. A training takes a lane, which is an
 * executor; programs that lanes have in common are run once over all of them, when all have come to it. The stack has the same
 * number of places whoever is there, so that the bits of one training do not depend on when others begin and end.
 */
import { programKey } from '../programKey';
import type { DeviceTensor, Executable, Executor } from '../types';
import { createGatherer } from './gather';
import { createGroup, type Group } from './group';
import { createLaneTensor, type LaneTensor } from './tensors';

export interface Lane extends Executor {
  /** Nobody waits for it any more; what it compiled is disposed of before. */
  leave(): void;
}

export interface Stack {
  readonly width: number;
  /** A free place. @throws an Error where there is none. */
  enter(): Lane;
  /** Does one thing at a time of all that are asked for. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  dispose(): Promise<void>;
}

/** Milliseconds that others wait for a lane that does something else; then it has its turn later. */
const PATIENCE = 2000;

interface Turn {
  readonly group: Group;
  readonly inputs: { readonly [name: string]: LaneTensor };
  resolve(outputs: { readonly [name: string]: LaneTensor }): void;
  reject(error: unknown): void;
}

/** Turns of lanes: those that wait for the same program are taken together. */
function createTurns(width: number, patience: number) {
  const present = new Set<number>();
  const waiting = new Map<number, Turn>();
  let isRunning = false;
  let late: NodeJS.Timeout | undefined;

  /** The program that most wait for, and who does. */
  function largest(): readonly [Group, readonly number[]] {
    const lanes = new Map<Group, number[]>();
    for (const [lane, { group }] of waiting) lanes.set(group, [...(lanes.get(group) ?? []), lane]);
    return [...lanes].reduce((a, c) => (c[1].length > a[1].length ? c : a));
  }

  async function take(): Promise<void> {
    isRunning = true;
    clearTimeout(late);
    late = undefined;
    const [group, lanes] = largest();
    const turns = new Map(lanes.map((lane) => [lane, waiting.get(lane)!]));
    for (const lane of lanes) waiting.delete(lane);
    try {
      const outputs = await group.run(Array.from({ length: width }, (_, lane) => turns.get(lane)?.inputs));
      for (const [lane, turn] of turns) turn.resolve(outputs[lane]!);
    } catch (error) {
      for (const turn of turns.values()) turn.reject(error);
    }
    isRunning = false;
    look();
  }

  function look(): void {
    if (isRunning || waiting.size === 0) return;
    if ([...present].every((lane) => waiting.has(lane))) void take();
    else
      late ??= setTimeout(() => {
        late = undefined;
        if (!isRunning && waiting.size > 0) void take();
      }, patience);
  }

  return {
    enter(): number {
      const lane = Array.from({ length: width }, (_, i) => i).find((i) => !present.has(i));
      if (lane === undefined) throw new Error(`all ${width} places are taken`);
      present.add(lane);
      return lane;
    },
    leave(lane: number): void {
      present.delete(lane);
      look();
    },
    wait: (lane: number, group: Group, inputs: Turn['inputs']) =>
      new Promise<{ readonly [name: string]: LaneTensor }>((resolve, reject) => {
        waiting.set(lane, { group, inputs, resolve, reject });
        look();
      }),
  };
}

/** Groups by program, each as long as somebody has it. */
function createGroups(make: (...asked: Parameters<Executor['compile']>) => Promise<Group>) {
  const groups = new Map<string, { readonly made: Promise<Group>; users: number }>();
  return {
    async open(...[program, purpose]: Parameters<Executor['compile']>) {
      const key = programKey(program, purpose);
      const entry = groups.get(key) ?? { made: make(program, purpose), users: 0 };
      groups.set(key, entry);
      entry.users++;
      const close = async () => {
        if (--entry.users > 0) return;
        groups.delete(key);
        await (await entry.made).dispose();
      };
      try {
        return { group: await entry.made, close };
      } catch (error) {
        groups.delete(key);
        throw error;
      }
    },
  };
}

/** Places for `width` trainings on an executor, which stays the caller's. */
export function createStack(executor: Executor, width: number, patience = PATIENCE): Stack {
  const gatherer = createGatherer(executor, width);
  const turns = createTurns(width, patience);
  const groups = createGroups((program, purpose) => createGroup(executor, gatherer, program, width, purpose));
  let last: Promise<unknown> = Promise.resolve();

  const onDevice = (tensor: DeviceTensor) => createLaneTensor({ kind: 'device', tensor }, tensor.shape, tensor.dtype);

  function enter(): Lane {
    const lane = turns.enter();
    const { hold, draw, backend, device, computation, versions } = executor;
    return {
      ...{ backend, device, ...(computation && { computation }), ...(versions && { versions }) },
      async compile(program, purpose): Promise<Executable> {
        const { group, close } = await groups.open(program, purpose);
        return {
          program,
          run: async (inputs) => ({ ...(await turns.wait(lane, group, inputs as { [name: string]: LaneTensor })) }),
          dispose: close,
        };
      },
      // It goes to the device with those of the others.
      upload: (tensor) =>
        createLaneTensor(
          { kind: 'host', tensor: { ...tensor, data: tensor.data.slice() } },
          tensor.shape,
          tensor.dtype,
        ),
      ...(hold && {
        async hold(shape, dtype) {
          // Integers are not put beside each other on the device.
          const table = dtype === 'float32' ? await hold(shape, dtype) : undefined;
          return table && { ...table, take: (...asked) => onDevice(table.take(...asked)) };
        },
      }),
      ...(draw && { draw: (mask) => onDevice(draw(mask)) }),
      leave: () => turns.leave(lane),
      dispose: async () => {},
    };
  }

  return {
    width,
    enter,
    alone(work) {
      const done = last.then(work, work);
      last = done.catch(() => undefined);
      return done;
    },
    dispose: () => gatherer.dispose(),
  };
}
