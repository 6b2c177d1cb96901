/** The form of an editor: what it offers, what is wrong with it, and what the work that it asks for would take. */
import { DENSE } from '../../protocol/comparison';
import { UserError } from '../../protocol/errors';
import { type FormMistake, type FormValues, partValues } from '../../protocol/form';
import type { FormParams } from '../../protocol/worker';
import { formChoices as choicesOf, mistakeOf, optionMistakes, resolvedValues } from '../../request/asked';
import { checkMethod } from '../../request/comparedMethods';
import { requireData } from '../../request/data';
import { type LoadedModel, loadForRequests } from '../../request/model';
import { withObjective } from '../../request/objective';
import { resolveTraining } from '../../request/resolve';
import type { TrainingRequest, TrainingRequestFlags } from '../../request/types';
import { measuredExamples, measureStep, stepBytes } from '../../training/trainingCosts';
import { executorFor, flagsOf, loadingOf } from '../prepare';
import type { CallContext, CallHandler } from '../session';

const isSparsity = (value: unknown) => typeof value === 'number' && value >= 0 && value < 1;
const isFilled = (value: unknown) => typeof value === 'string' && value.trim() !== '';

const SPARSITY = 'It must be from 0 up to, but not including, 100 %.';

/** What is wrong with the fields that are no options of the catalogue. */
function fieldMistakes(kind: FormParams['kind'], { fields }: ReturnType<typeof partValues>): readonly FormMistake[] {
  const { methods } = choicesOf(kind);
  const { method, sparsity } = fields;
  const mistakes: FormMistake[] = [];
  const demand = (flag: string, isFine: boolean, message: string) => {
    if (!isFine) mistakes.push({ flag, message });
  };
  const isMethod = (name: unknown) => methods.some((one) => one.name === name);
  switch (kind) {
    case 'compare': {
      const { methods: chosen = [], sparsities = [] } = fields as { methods?: unknown[]; sparsities?: unknown[] };
      demand('methods', chosen.length > 0, 'Choose one method at least.');
      for (const one of chosen) tryMethod(String(one), mistakes);
      demand('sparsities', sparsities.length > 0 && sparsities.every(isSparsity), SPARSITY);
      break;
    }
    case 'learn':
      demand(
        'name',
        /^\w[\w.-]*$/.test(String(fields.name ?? '')),
        'Use letters, digits, dots, dashes and underscores.',
      );
      break;
    case 'search':
      demand('method', isMethod(method), 'Choose a method.');
      break;
    default:
      demand('method', isMethod(method), 'Choose a method.');
      demand('sparsity', method === DENSE || isSparsity(sparsity), SPARSITY);
      if (kind === 'shrink') demand('folder', isFilled(fields.folder), 'Name a folder.');
  }
  return mistakes;
}

function tryMethod(name: string, mistakes: FormMistake[]): void {
  try {
    checkMethod(name);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    mistakes.push({ flag: 'methods', message: error.message });
  }
}

/** The values without those that are wrong, so that the others can be resolved. */
function withoutWrong(options: FormValues, mistakes: readonly FormMistake[]): TrainingRequestFlags {
  const wrong = new Set(mistakes.map(({ flag }) => flag));
  return Object.fromEntries(Object.entries(options).filter(([flag]) => !wrong.has(flag))) as TrainingRequestFlags;
}

async function load(params: FormParams, flags: TrainingRequestFlags, context: CallContext): Promise<LoadedModel> {
  const loading = { ...loadingOf(params, context), onNote: context.session.note };
  const loaded = await loadForRequests(params.model, flags, context.signal, loading);
  context.session.descriptions.keep(params.model, loaded.network);
  return loaded;
}

/** Flags of a form: learning has one epoch in each iteration, whatever settings say of training. */
function formFlags({ kind, values, ...params }: FormParams, good: TrainingRequestFlags): TrainingRequestFlags {
  const epochs = choicesOf(kind).options.find(({ name }) => name === 'epochs');
  const isOwn = kind === 'learn' && epochs !== undefined && 'default' in epochs;
  return { ...flagsOf(params), ...(isOwn && { epochs: epochs.default as number }), ...good };
}

export const formChoices: CallHandler<'formChoices'> = ({ kind }) => choicesOf(kind);

export const checkForm: CallHandler<'checkForm'> = async (params, context) => {
  const { kind, values } = params;
  const parted = partValues(values);
  const { options } = choicesOf(kind);
  const mistakes = [...optionMistakes(parted.options, kind), ...fieldMistakes(kind, parted)];
  try {
    const flags = formFlags(params, withoutWrong(parted.options, mistakes));
    const request = resolveTraining({ ...(await load(params, flags, context)), flags });
    return { mistakes, values: resolvedValues(request, options) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { mistakes: [...mistakes, mistakeOf(error, options)], values: {} };
  }
};

/** What the measured step of a request depends on. */
function stepKey({ backend, computing, batchSize }: TrainingRequest, fingerprint: string): string {
  return JSON.stringify([fingerprint, backend, computing, batchSize]);
}

export const trainingCosts: CallHandler<'trainingCosts'> = async (params, context) => {
  const { kind, values } = params;
  const { fields, options } = partValues(values);
  const [wrong] = optionMistakes(options, kind);
  if (wrong) throw new UserError(wrong.message, { kind: 'usage' });
  const flags = formFlags(params, options as TrainingRequestFlags);
  const loaded = await load(params, flags, context);
  const request = resolveTraining({ ...loaded, flags });
  const network = await withObjective(loaded.network, request);
  const { dataset } = await requireData(request, network);
  const executor = await executorFor(request, context);
  const { batchSize } = request;
  const { examples, seconds } = await context.session.measuredSteps.get(stepKey(request, network.fingerprint), () =>
    measureStep(executor, network, measuredExamples(network, batchSize, executor), context.signal),
  );
  return {
    backend: executor.backend,
    device: executor.device,
    batchSize,
    measuredExamples: examples,
    stepSeconds: (seconds * batchSize) / examples,
    stepBytes: stepBytes(network, request.training, fields.method !== DENSE && kind !== 'learn'),
    trainExamples: dataset.train.size,
    testExamples: dataset.test.size,
  };
};
