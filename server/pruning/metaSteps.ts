/** The steps of ProsPr's recursion on an executor, each over a batch as a whole or in parts. */
import type { Program } from '../graph/types';
import type { Batch } from '../protocol/data';
import { type BatchProgram, summedBatchProgram, wholeBatchProgram } from './batchPrograms';
import type { StepRule } from './innerOptimizers';
import {
  adjointOfProducts,
  gradientGraph,
  outerOfGradients,
  productGraph,
  pullProgram,
  stepOfGradients,
} from './metaParts';
import { adjointProgram, outerProgram, stepProgram } from './metaPrograms';
import { optionValue, SHARED_OPTIONS } from './options';
import { createProgramCache } from './programCache';
import { type DeviceTensors, disposeAll, runWith } from './tensors';
import type { ScoringContext } from './types';

/** A step over a batch, with those of the given tensors that it asks for; the outputs belong to the caller. */
type Step = (batch: Batch, ...groups: readonly DeviceTensors[]) => Promise<DeviceTensors>;

export interface MetaSteps {
  /** Parameters and state after an inner step. */
  readonly forward: Step;
  /** The adjoints before a step from those after it. */
  readonly adjoint: Step;
  /** The outer loss's gradient, as the adjoints that the way back begins with. */
  readonly outer: Step;
  /** The same without clipping. */
  readonly unclipped: Step;
  /** Disposes what was compiled. */
  dispose(): Promise<void>;
}

/** Runs a program on a batch that is needed for it alone. */
async function runOnce(program: BatchProgram, batch: Batch, groups: readonly DeviceTensors[]): Promise<DeviceTensors> {
  const loaded = program.load(batch);
  try {
    return await loaded.run(...groups);
  } finally {
    loaded.dispose();
  }
}

/** A gradient is not clipped, and its weight decay is not told of here. */
const withoutClip = { innerWeightDecay: 0 };

/** Each step is one program. */
function wholeSteps(context: ScoringContext, rule: StepRule): MetaSteps {
  const { network, options } = context;
  const step = (build: (size: number) => Program) => wholeBatchProgram(context, build);
  const forward = step((size) => stepProgram(network, size, rule, options));
  const adjoint = step((size) => adjointProgram(network, size, rule, options));
  const outer = step((size) => outerProgram(network, size, options));
  // Where nothing is clipped, the outer loss's program serves for the gradient at the start, too.
  const unclipped =
    options.clipAdjoint === undefined ? outer : step((size) => outerProgram(network, size, withoutClip));
  return {
    forward: (batch, ...groups) => runOnce(forward, batch, groups),
    adjoint: (batch, ...groups) => runOnce(adjoint, batch, groups),
    outer: (batch, ...groups) => runOnce(outer, batch, groups),
    unclipped: (batch, ...groups) => runOnce(unclipped, batch, groups),
    async dispose() {
      for (const program of new Set([forward, adjoint, outer, unclipped])) await program.dispose();
    },
  };
}

/** Each step is the sum of a derivative over the parts of the batch, and a program for what is made of it. */
function partSteps(context: ScoringContext, rule: StepRule): MetaSteps {
  const { network, options, executor } = context;
  const gradients = summedBatchProgram(context, (size) => gradientGraph(network, size));
  const products = summedBatchProgram(context, (size) => productGraph(network, size));
  // They see no batch: there is one of each, whatever its size.
  const closing = (build: () => Program) => createProgramCache(executor, build);
  const step = closing(() => stepOfGradients(network, rule, options));
  const start = closing(() => outerOfGradients(network, options));
  const plain = closing(() => outerOfGradients(network, withoutClip));
  const pull = closing(() => pullProgram(network, rule, options));
  const finish = closing(() => adjointOfProducts(network, rule, options));

  const close = async (program: typeof step, ...groups: readonly DeviceTensors[]) =>
    runWith(await program.get(0), ...groups);
  /** Runs `use` on tensors that are needed for it alone. */
  const using = async (tensors: DeviceTensors, use: (tensors: DeviceTensors) => Promise<DeviceTensors>) => {
    try {
      return await use(tensors);
    } finally {
      disposeAll(tensors);
    }
  };
  const fromGradients =
    (program: typeof step): Step =>
    async (batch, ...groups) =>
      using(await runOnce(gradients, batch, groups), (sums) => close(program, ...groups, sums));

  return {
    forward: fromGradients(step),
    outer: fromGradients(start),
    unclipped: fromGradients(plain),
    async adjoint(batch, ...groups) {
      // Without a state in its derivative, a step goes back without looking at the gradient.
      const pulled = rule.keepsState ? await fromGradients(pull)(batch, ...groups) : await close(pull, ...groups);
      return using(pulled, async () =>
        using(await runOnce(products, batch, [...groups, pulled]), (sums) => close(finish, pulled, sums)),
      );
    },
    async dispose() {
      for (const program of [gradients, products, step, start, plain, pull, finish]) await program.dispose();
    },
  };
}

/** The steps of the recursion: in parts where a batch has more examples than `microBatch` says, else whole. */
export function createMetaSteps(context: ScoringContext, rule: StepRule): MetaSteps {
  const microBatch = optionValue(context.options, SHARED_OPTIONS.microBatch);
  const whole = wholeSteps(context, rule);
  if (microBatch === undefined) return whole;
  const parts = partSteps(context, rule);
  const choose =
    (name: Exclude<keyof MetaSteps, 'dispose'>): Step =>
    (batch, ...groups) =>
      (batch.size > microBatch ? parts : whole)[name](batch, ...groups);
  return {
    forward: choose('forward'),
    adjoint: choose('adjoint'),
    outer: choose('outer'),
    unclipped: choose('unclipped'),
    async dispose() {
      await whole.dispose();
      await parts.dispose();
    },
  };
}
