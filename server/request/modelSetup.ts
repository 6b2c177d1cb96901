/** How a model is loaded: what flags, settings, batches and data say of it. */

import { readSafetensors } from '../files/safetensors';
import type { LoadOptions, ModelSpecifier } from '../frontends';
import { MODEL_OPTIONS } from '../protocol/catalogue/options';
import { type ModelInput, type ModelSetup, parseModelInput } from '../protocol/modelSetup';
import type { HostTensor, Shape } from '../protocol/tensor';
import { settingsFor } from '../settings/find';
import { ruleThatCalls } from '../settings/modelRules';
import type { ModelRule, Settings } from '../settings/types';
import { openNamedData } from './namedData';
import { batchSizes, resolveBackend, wantedOutput } from './resolve';
import type { LoadingChoice, ModelRequest, RequestFlags } from './types';

/** How a model is loaded, apart from trust and texts. */
export type LoadOptionsOfModel = Pick<LoadOptions, 'interpreter' | 'seed' | 'example' | 'output' | 'batchSize'> & {
  readonly setup: ModelSetup;
};

/** Flags that say how a model is loaded. */
export type LoadingFlags = Pick<
  RequestFlags,
  | 'python'
  | 'editorPython'
  | 'input'
  | 'output'
  | 'seed'
  | 'data'
  | 'dataWorkers'
  | 'batches'
  | 'batchSize'
  | 'pruningBatchSize'
>;

/** The rule for an expression: one that says so, one that says how the name is called, or one for the file. */
function ruleFor(rules: readonly ModelRule[], exportName: string | undefined): ModelRule | undefined {
  return (
    rules.find(({ construct }) => construct !== undefined && construct === exportName) ??
    (exportName === undefined ? rules[0] : ruleThatCalls(rules, exportName)) ??
    rules.find(({ construct }) => construct === undefined)
  );
}

/** Whether the settings say how a definition that needs arguments is called. */
export async function isSetUp({ file, exportName }: ModelSpecifier): Promise<boolean> {
  return ruleThatCalls((await settingsFor(file)).models, exportName) !== undefined;
}

function inputOf(shape: Shape, isInteger: boolean): ModelInput {
  return { shape, ...(isInteger && { dtype: 'int64' }) };
}

/**
 * The inputs that a file of batches holds, whose axes are the model's own. What the file cannot say of them, such as truth values,
 * is as the settings say.
 */
async function inputsOfBatches(
  path: string,
  said: readonly ModelInput[] = [],
): Promise<{ readonly inputs?: readonly ModelInput[]; readonly size?: number }> {
  const { tensors } = await readSafetensors(path);
  const inputIn = ({ shape, dtype }: HostTensor, known: ModelInput | undefined): ModelInput => {
    const found = inputOf(shape.slice(1), dtype === 'int32');
    const isSame = known !== undefined && /^(int|uint|bool)/.test(known.dtype ?? '') === (dtype === 'int32');
    return isSame ? { ...known, shape: found.shape } : found;
  };
  const first = tensors.get('0/x');
  if (first) return { inputs: [inputIn(first, said.length === 1 ? said[0] : undefined)], size: first.shape[0] };
  const named = Array.from(tensors).flatMap(([key, tensor]) => {
    const name = /^0\/x\/(.+)$/.exec(key)?.[1];
    if (name === undefined) return [];
    return [
      {
        ...inputIn(
          tensor,
          said.find((one) => one.name === name),
        ),
        name,
      },
    ];
  });
  if (named.length === 0) return {};
  return { inputs: named, size: tensors.get(`0/x/${named[0].name}`)!.shape[0] };
}

/** The input that a data set is for: images have their channels first. */
async function inputOfData(
  { data, dataWorkers }: LoadingFlags,
  settings: Settings,
  interpreter: LoadOptionsOfModel['interpreter'],
): Promise<ModelInput | undefined> {
  const name = data ?? settings.data?.name;
  // Noise alone has the shape of the model.
  if (name === undefined || name === 'noise') return undefined;
  const { baseFolder } = settings.data ?? {};
  const workers = dataWorkers ?? settings.dataWorkers;
  const choice = {
    name,
    ...(data === undefined && baseFolder !== undefined && { baseFolder }),
    ...(workers !== undefined && { workers }),
  };
  const dataset = await openNamedData(choice, interpreter ? { interpreter } : {});
  const { shape } = dataset;
  const isImage = shape.length === 3;
  // Bytes of images are whole numbers, too.
  const holdsIds = shape.length === 1 && (dataset.holdsIds ?? false);
  return inputOf(isImage ? [shape[2], shape[0], shape[1]] : shape, holdsIds);
}

/** How the model of a request is loaded again, from the request alone. */
export function loadingOfRequest({ loading, seed, data, scoring }: ModelRequest): LoadOptionsOfModel {
  const settings = data && {
    data: { name: data.name, baseFolder: data.baseFolder ?? process.cwd() },
    ...(data.workers !== undefined && { dataWorkers: data.workers }),
  };
  const { batchSize } = scoring;
  const example = () => inputOfData({}, settings ?? {}, loading?.interpreter);
  return { setup: {}, ...loading, seed, batchSize, example };
}

/** What of it a request keeps; undefined where nothing is said. */
export function loadingChoice({ setup, interpreter, output }: LoadOptionsOfModel): LoadingChoice | undefined {
  if (Object.keys(setup).length === 0 && !interpreter && output === undefined) return undefined;
  return { setup, ...(interpreter && { interpreter }), ...(output !== undefined && { output }) };
}

/**
 * How a model is loaded. A flag wins over batches, these over the settings.
 *
 * @throws UserError (usage) for an input that is none, or a file of batches that cannot be read.
 */
export async function modelLoading(
  { exportName }: ModelSpecifier,
  flags: LoadingFlags,
  settings: Settings,
): Promise<LoadOptionsOfModel> {
  const { file: _, python, ...rule } = ruleFor(settings.models ?? [], exportName) ?? { file: '' };
  const given = flags.batches === undefined ? {} : await inputsOfBatches(flags.batches, rule.inputs);
  const inputs = flags.input?.map(parseModelInput) ?? given.inputs;
  const setup: ModelSetup = {
    ...rule,
    ...(inputs && { inputs }),
  };
  const output = flags.output ?? rule.output ?? wantedOutput({}, settings);
  const { interpreter } = resolveBackend(flags, python === undefined ? settings : { ...settings, python });
  return {
    setup,
    ...(output !== undefined && { output: String(output) }),
    ...(interpreter && { interpreter }),
    seed: flags.seed ?? settings.seed ?? MODEL_OPTIONS.seed.default,
    batchSize: given.size ?? batchSizes(flags, settings).scoring,
    example: () => inputOfData(flags, settings, interpreter),
  };
}
