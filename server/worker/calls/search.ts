/** The highest sparsity that keeps a metric: the same runs, in the same folder, as `prunelens search` makes. */
import { recordedBackend } from '../../comparison/folder';
import { SEARCH_OPTIONS } from '../../protocol/catalogue/options';
import { DENSE } from '../../protocol/comparison';
import type { SearchParams } from '../../protocol/worker';
import { keepBackend } from '../../request/executor';
import { planSearch, runSearch, type SearchObserver } from '../../search/search';
import { conclusion, formatSparsity } from '../../search/texts';
import type { SearchFlags } from '../../search/types';
import { askedFlags, executorFor, loadingOf } from '../prepare';
import type { CallContext, CallHandler } from '../session';
import { trainingProgress } from './train';

const DEFAULTS = {
  tolerance: SEARCH_OPTIONS.tolerance.default,
  rounds: SEARCH_OPTIONS.rounds.default,
  maxSparsity: SEARCH_OPTIONS.maxSparsity.default,
  seeds: SEARCH_OPTIONS.seeds.default,
};

function searchFlags(params: SearchParams): SearchFlags {
  const { method, folder, resume } = params;
  return { ...DEFAULTS, ...askedFlags(params, 'search'), method, out: folder, ...(resume !== undefined && { resume }) };
}

/** Reports a search as the progress of its call. */
function reporter(report: CallContext['report']): SearchObserver {
  const nameOf = ({ key, index, count }: Parameters<NonNullable<SearchObserver['started']>>[0]) =>
    `Run ${index + 1} of ${count}: ${key.method === DENSE ? DENSE : `${key.method} at ${formatSparsity(key.sparsity)}`}`;
  return {
    started: (run, fraction) => report({ message: nameOf(run), fraction }),
    progress(run, fraction, event) {
      const { training } = trainingProgress(event, run.folder, run.compared.request.training.epochs);
      report({ message: nameOf(run), fraction, ...(training && { training }) });
    },
  };
}

export const search: CallHandler<'search'> = async (params, context) => {
  const { signal, report, session } = context;
  report({ message: 'Building the model' });
  const plan = await planSearch(params.model, searchFlags(params), signal, loadingOf(params, context));
  plan.compared.dataset.notes?.forEach(session.note);
  const request = keepBackend(plan.compared.request, await recordedBackend(plan.out, 'search'));
  const executor = await executorFor(request, context);
  const result = await runSearch({ plan, executor, signal, observer: reporter(report) });
  const { found } = result;
  return { folder: params.folder, conclusion: conclusion(result), ...(found && { found: found.sparsity }) };
};
