/** Masks that change while a network is trained, on the executor. */
import type { DeviceTensor, Executable, Executor } from '../../executors/types';
import type { Network } from '../../models/types';
import { usageError } from '../../protocol/errors';
import type { Shape } from '../../protocol/tensor';
import { floatTensor, type HostTensor } from '../../protocol/tensor';
import { countKept } from '../../pruning/selection';
import type { Masks, Weights } from '../../pruning/types';
import type { ChangedPlaces, MaskUpdate } from '../../runs/updates';
import type { Optimizer } from '../optimizers';
import { type DeviceState, maskKey, parameterKey, slotKey } from '../state';
import { createGrowthProgram, gradientKey, type Sharing } from '../step';
import { DYNAMIC_RULES, type DynamicConfig, planUpdates, type UpdatePlan } from './plan';
import { placesOnlyIn, updatedMasks } from './rules';

/** What an update needs of the training. */
export interface UpdateSetup {
  readonly config: DynamicConfig;
  readonly network: Network;
  readonly optimizer: Optimizer;
  readonly executor: Pick<Executor, 'compile' | 'upload'>;
  readonly batchSize: number;
  /** How devices share the batches, where they do. */
  readonly sharing?: Sharing;
  readonly seed: number;
  /** Steps an epoch has, and the training in all. */
  readonly steps: number;
  readonly allSteps: number;
  /** Those that training begins with. */
  readonly masks: Masks;
  /** Hears of each update after it is made. */
  onUpdate(update: MaskUpdate): Promise<void>;
}

/** Changes masks in place of some of the steps. */
export interface MaskUpdates {
  /** As they are now. */
  readonly masks: Masks;
  /** Stands in place of the step program at updates. */
  readonly program: Executable;
  isUpdate(step: number): boolean;
  /**
   * Changes masks, weights and the optimizer's slots on the executor: what goes is 0 from now on, with its slots, and so is what comes.
   * @param passed what the program gave that is no part of the state: gradients.
   */
  apply(
    step: number,
    state: Map<string, DeviceTensor>,
    masks: Map<string, DeviceTensor>,
    passed: DeviceState,
  ): Promise<void>;
  dispose(): Promise<void>;
}

const float32 = ({ data }: HostTensor): Float32Array => (data instanceof Float32Array ? data : Float32Array.from(data));

async function readNamed(
  names: Iterable<string>,
  tensors: DeviceState,
  key: (name: string) => string,
): Promise<Weights> {
  const read = new Map<string, Float32Array>();
  for (const name of names) read.set(name, float32(await tensors.get(key(name))!.read()));
  return read;
}

/**
 * The masks of a training that changes them.
 *
 * @throws UserError (usage) where no update falls into the training, or there are no masks.
 */
export async function createMaskUpdates(setup: UpdateSetup): Promise<MaskUpdates> {
  const { config, network, executor, batchSize, sharing, allSteps } = setup;
  const plan = planUpdates(config, allSteps);
  const names = [...setup.masks.keys()];
  if (names.length === 0) throw usageError(`${config.method} changes masks, and the training has none.`);
  const isGrown = DYNAMIC_RULES[config.method].grows === 'gradient';
  const grown = isGrown ? names : [];
  const program = await executor.compile(createGrowthProgram(network, grown, batchSize, sharing), 'training');
  const shapes = new Map(network.parameters.map(({ name, shape }) => [name, shape]));
  let current = setup.masks;
  return {
    get masks() {
      return current;
    },
    program,
    isUpdate: (step) => plan.numberAt(step) !== undefined,
    async apply(step, state, masks, passed) {
      const weights = await readNamed(names, state, parameterKey);
      const gradients = isGrown ? await readNamed(names, passed, gradientKey) : undefined;
      const input = { masks: current, weights, ...(gradients && { gradients }), step, seed: setup.seed };
      const updated = updatedMasks(config, plan, input);
      const places = new Map<string, ChangedPlaces>();
      for (const [name, mask] of updated) {
        const before = current.get(name)!;
        const changed = { dropped: placesOnlyIn(before, mask), grown: placesOnlyIn(mask, before) };
        if (changed.dropped.length + changed.grown.length === 0) continue;
        places.set(name, changed);
        await replaceTensors(setup, { name, shape: shapes.get(name)!, mask }, state, masks);
      }
      current = updated;
      await setup.onUpdate(describe(setup, plan, step, updated, places));
    },
    dispose: () => program.dispose(),
  };
}

/** Puts a new mask, and weights and slots under it, in the place of the old ones. */
async function replaceTensors(
  { optimizer, executor }: UpdateSetup,
  { name, shape, mask }: { readonly name: string; readonly shape: Shape; readonly mask: Uint8Array },
  state: Map<string, DeviceTensor>,
  masks: Map<string, DeviceTensor>,
): Promise<void> {
  for (const key of [parameterKey(name), ...optimizer.slots.map((slot) => slotKey(slot, name))]) {
    const tensor = state.get(key)!;
    const { data } = await tensor.read();
    const kept = data.map((value, i) => (mask[i] === 1 ? value : 0)) as Float32Array;
    state.set(key, executor.upload(floatTensor(shape, kept)));
    tensor.dispose();
  }
  const former = masks.get(maskKey(name))!;
  masks.set(maskKey(name), executor.upload(floatTensor(shape, Float32Array.from(mask))));
  former.dispose();
}

function describe(
  { steps }: UpdateSetup,
  plan: UpdatePlan,
  step: number,
  masks: Masks,
  places: ReadonlyMap<string, ChangedPlaces>,
): MaskUpdate {
  const layers = Object.fromEntries(Array.from(masks, ([name, mask]) => [name, countKept(mask)]));
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
  return {
    epoch: Math.floor(step / steps) + 1,
    step,
    update: plan.numberAt(step)!,
    kept: sum(Object.values(layers)),
    dropped: sum(Array.from(places.values(), ({ dropped }) => dropped.length)),
    grown: sum(Array.from(places.values(), ({ grown }) => grown.length)),
    layers,
    places,
  };
}
