/** Making a model smaller: the same files as `prunelens shrink` writes. */
import { count, percent } from '../../protocol/numbers';
import { shrinkModel } from '../../shrinking/shrink';
import type { ShrinkFlags, Shrunk, Surroundings } from '../../shrinking/types';
import { askedFlags, executorFor, loadingOf } from '../prepare';
import type { CallContext, CallHandler } from '../session';

function surroundings(context: CallContext): Surroundings {
  const { signal, report, session } = context;
  return {
    signal,
    withExecutor: async (request, use) => use(await executorFor(request, context)),
    onNote: session.note,
    async track(title, work) {
      const message = `Scoring channels by ${title}`;
      report({ message });
      const start = performance.now();
      const result = await work((done, total) => report({ message, fraction: done / total }));
      report({ message: 'Making the smaller model' });
      return { result, seconds: (performance.now() - start) / 1000 };
    },
  };
}

/** `Parameters: 266,610 → 71,300 (73 % less)`. */
function saved(what: string, before: number, after: number): string {
  return `${what}: ${count(before)} → ${count(after)} (${percent(1 - after / before)} less).`;
}

function sentencesOf({ before, after, times, sentences }: Shrunk): readonly string[] {
  return [
    saved('Parameters', before.parameters, after.parameters),
    saved('Multiplications of one example', before.macs, after.macs),
    ...(times
      ? [`A training step of ${times.batchSize} took ${ms(times.denseSeconds)}, and takes ${ms(times.shrunkSeconds)}.`]
      : []),
    ...sentences,
  ];
}

const ms = (seconds: number) => `${Number((1000 * seconds).toPrecision(3))} ms`;

export const shrink: CallHandler<'shrink'> = async (params, context) => {
  const { method, sparsity, folder } = params;
  context.report({ message: 'Building the model' });
  const flags: ShrinkFlags = { ...askedFlags(params, 'shrink'), method, sparsity, out: folder };
  const shrunk = await shrinkModel(params.model, flags, loadingOf(params, context), surroundings(context));
  const { before, after, files } = shrunk;
  return {
    folder,
    files,
    parameters: before.parameters,
    keptParameters: after.parameters,
    macs: before.macs,
    keptMacs: after.macs,
    sentences: sentencesOf(shrunk),
  };
};
