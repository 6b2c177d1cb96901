/** The form before work on a model: what it asks for, what is said of it elsewhere, and what is told while it is filled in. */
import { basename, join } from 'node:path';
import { type FormKind, flagName, settingIn } from '../../protocol/catalogue/derive';
import type { OptionDefinition } from '../../protocol/catalogue/types';
import type { OptionData } from '../../protocol/catalogue/values';
import type { FormRequest } from '../../protocol/editor';
import { aboutData, usageError } from '../../protocol/errors';
import type { FormCheck, FormState, SaidValue, TrainingCosts } from '../../protocol/form';
import type { ModelName } from '../../protocol/results';
import type { FormParams } from '../../protocol/worker';
import { findSettingsFile, SETTINGS_FILE, settingsFor } from '../../settings/find';
import type { Context } from '../context';
import { settingLines } from '../settingsFile/options';
import { commonParams } from './scoring';
import { failureOf, resultsOf, summaryOf } from './selectors';
import { fileOfModel, type ModelState } from './state';

/** Settings of the editor that count before those of the file. */
const OF_EDITOR = ['backend', 'seed'] as const;

/** Of a smaller model, where nobody says otherwise. */
export const SHRUNK = { method: 'snip', sparsity: 0.5 };

type Said = FormState['said'];

/** Values of prunelens.json. @throws UserError with the places of mistakes in it. */
async function saidInFile(file: string, options: readonly OptionDefinition[]): Promise<Said> {
  const settings = await settingsFor(file);
  const { file: settingsFile, data } = settings;
  if (settingsFile === undefined) return {};
  const found = options.flatMap(({ name, setting }) => {
    const value = setting === undefined ? undefined : settingIn(settings, setting);
    return value === undefined ? [] : [{ flag: flagName(name), setting: setting!, value: value as OptionData }];
  });
  const lines = await settingLines(settingsFile, file, [...found.map(({ setting }) => setting), 'data']);
  const from = (value: OptionData, setting: string): SaidValue => {
    const line = lines.get(setting);
    return { value, origin: SETTINGS_FILE, file: settingsFile, ...(line !== undefined && { line }) };
  };
  return {
    ...Object.fromEntries(found.map(({ flag, setting, value }) => [flag, from(value, setting)])),
    ...(data && { data: from(data.name, 'data') }),
  };
}

async function saidInEditor(context: Context, file: string): Promise<Said> {
  const settings = await context.settings(file);
  const said = OF_EDITOR.flatMap((name) => {
    const value = settings[name];
    return value === undefined ? [] : [[name, { value, origin: `the setting prunelens.${name}` }] as const];
  });
  return Object.fromEntries(said);
}

/** What counts before the form. A sweep's file counts before prunelens.json, except that of the data, and heeds no setting of the editor. */
async function saidFor(
  context: Context,
  file: string,
  kind: FormKind,
  options: readonly OptionDefinition[],
): Promise<Said> {
  const inFile = await saidInFile(file, kind === 'sweep' ? [] : options);
  return kind === 'sweep' ? inFile : { ...inFile, ...(await saidInEditor(context, file)) };
}

/** Method and sparsity to begin with. */
async function aimOf(context: Context, state: ModelState, kind: FormKind) {
  if (kind === 'shrink') return SHRUNK;
  const { defaultMethod } = await context.settings(state.file);
  return { method: resultsOf(state)?.shown ?? defaultMethod, sparsity: state.sparsity };
}

/** `lenet-300-100`, or `models-small` of an export; `a-net` where there are several of that name. */
export function predictorName(label: string): string {
  const [file, exportName] = label.split('#');
  return [...file.replace(/\.\w+$/, '').split('/'), ...(exportName === undefined ? [] : [exportName])].join('-');
}

/** A form as it is opened, of a model that is built. */
export async function formState(context: Context, state: ModelState, kind: FormKind): Promise<FormState> {
  const { model, file } = state;
  const { folders, data: chooser } = context;
  const choices = await folders.engine(file).call('formChoices', { kind });
  const name = context.nameOf(model);
  const { data } = await chooser.knownFor(state, 'training');
  return {
    ...choices,
    model,
    name,
    said: await saidFor(context, file, kind, choices.options),
    ...(data !== undefined && { data }),
    settingsFile: findSettingsFile(file) ?? join(folders.of(file), SETTINGS_FILE),
    ...(await aimOf(context, state, kind)),
    predictor: predictorName(name),
    folder: `${basename(file).replace(/\.\w+$/, '')}-small`,
    sweepFile: `${predictorName(name).replace(/[^\w.-]/g, '_')}.sweep.yaml`,
  };
}

export async function formParams(context: Context, { model, kind, values }: FormRequest): Promise<FormParams> {
  const { store, documents, data: chooser } = context;
  const state = store.dispatch(model, { kind: 'opened' });
  const { data } = await chooser.knownFor(state, 'training');
  const fingerprint = summaryOf(state)?.fingerprint;
  return {
    ...(await commonParams(context, state)),
    unsaved: documents.unsaved(),
    kind,
    values,
    ...(data !== undefined && { data }),
    ...(fingerprint !== undefined && !failureOf(state) && { fingerprint }),
  };
}

/** What is wrong with a form; that no data is known is one of it. */
export async function checkForm(context: Context, request: FormRequest, signal: AbortSignal): Promise<FormCheck> {
  const params = await formParams(context, request);
  return context.folders.engine(fileOfModel(request.model)).call('checkForm', params, { signal });
}

export async function trainingCosts(
  context: Context,
  request: FormRequest,
  signal: AbortSignal,
): Promise<TrainingCosts> {
  const { model } = request;
  if (!(await hasData(context, model))) throw aboutData(usageError('No data is chosen yet.'));
  const params = await formParams(context, request);
  return context.folders.engine(fileOfModel(model)).call('trainingCosts', params, { signal });
}

async function hasData({ store, data: chooser }: Context, model: ModelName): Promise<boolean> {
  return (await chooser.knownFor(store.dispatch(model, { kind: 'opened' }), 'training')).known;
}
