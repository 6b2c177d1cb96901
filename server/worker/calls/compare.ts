/** Methods, sparsities and seeds against each other: the same runs, in the same folder, as `prunelens compare` makes. */

import { type ComparisonObserver, type ObservedRun, planComparison, runComparison } from '../../comparison/compare';
import type { CompareFlags } from '../../comparison/flags';
import { recordedBackend } from '../../comparison/folder';
import { UserError } from '../../protocol/errors';
import { comparisonRow } from '../../protocol/results';
import type { CompareParams } from '../../protocol/worker';
import { keepBackend } from '../../request/executor';
import { askedFlags, executorFor, loadingOf } from '../prepare';
import type { CallContext, CallHandler } from '../session';
import { trainingProgress } from './train';

function compareFlags(params: CompareParams): CompareFlags {
  const { methods, sparsities, seeds, folder, epochs, resume } = params;
  return {
    ...askedFlags(params, 'compare'),
    methods,
    sparsities,
    seeds,
    dense: true,
    out: folder,
    ...(epochs !== undefined && { epochs }),
    ...(resume !== undefined && { resume }),
  };
}

/** Reports a comparison as the progress of its call. */
function reporter(report: CallContext['report']): ComparisonObserver {
  const nameOf = ({ key, index, count }: ObservedRun) =>
    `Run ${index + 1} of ${count}: ${key.method}${key.sparsity > 0 ? ` at ${key.sparsity}` : ''}`;
  return {
    started: (run, fraction) => report({ message: nameOf(run), fraction }),
    progress(run, fraction, event) {
      const { epochs } = run.compared.request.training;
      const { training } = trainingProgress(event, run.folder, epochs);
      report({ message: nameOf(run), fraction, ...(training && { training }) });
    },
  };
}

export const compare: CallHandler<'compare'> = async (params, context) => {
  const { signal, report } = context;
  report({ message: 'Building the model' });
  const plan = await planComparison([params.model], compareFlags(params), signal, loadingOf(params, context));
  const request = keepBackend(plan.models[0].request, await recordedBackend(plan.out));
  const executor = await executorFor(request, context);
  const { runs, failures, methods } = await runComparison({
    plan,
    executor,
    signal,
    observer: reporter(report),
  });
  if (failures.length > 0 && runs.length === 0) throw new UserError(`All runs failed: ${failures[0].error}`);
  return { folder: params.folder, methods, rows: runs.map(comparisonRow) };
};
