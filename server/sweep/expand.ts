/** From a sweep's file to its runs. */
import { basename, extname, resolve } from 'node:path';
import { labelModels } from '../comparison/plan';
import { parseDataName } from '../data/csv/choice';
import { formatPath } from '../format';
import { joinModelSpecifier } from '../frontends';
import { checkRuns } from '../protocol/catalogue/limits';
import { DENSE, type RunKey } from '../protocol/comparison';
import { usageError } from '../protocol/errors';
import { splitModelName } from '../protocol/modelNames';
import type { SweepAxis, SweepSettings, SweepValue } from '../protocol/sweep';
import { isConvergenceMethod, methodTitle } from '../request/comparedMethods';
import type { TrainingRequestFlags } from '../request/types';
import { concernsMethod, flagName, isTrainingOption, takesList, valuesFor } from './options';
import type { PublishedChoice } from './published';
import type { SweepFile, SweepModel, SweepModelOptions } from './types';

/** The 18 sparsities of the paper's figure 2 and tables 4 to 6: each round removes 20 % of what is left. */
export const PROSPR_SPARSITIES: readonly number[] = [
  0.2, 0.36, 0.488, 0.59, 0.672, 0.738, 0.79, 0.832, 0.866, 0.893, 0.914, 0.931, 0.945, 0.956, 0.965, 0.972, 0.977,
  0.982,
];

/** One model on one data set with one way of training. */
export interface SweepNetwork {
  /** The runs' `model`: short, unique, fit for a folder. */
  readonly label: string;
  /** Label of the model alone, and with its data set where it has several. */
  readonly model: string;
  readonly place: string;
  readonly specifier: string;
  readonly publishedAs?: string;
  /** Values of the axes that are about training. */
  readonly settings: SweepSettings;
  readonly flags: TrainingRequestFlags;
}

/** A method with values of the axes that concern it. */
export interface SweepVariant {
  /** The runs' `method`. */
  readonly name: string;
  readonly method: string;
  readonly title: string;
  readonly settings: SweepSettings;
}

export interface SweepRun {
  readonly key: RunKey;
  readonly network: SweepNetwork;
  readonly variant: SweepVariant;
  /** Those of the network with those of the variant. */
  readonly flags: TrainingRequestFlags;
  /** Runs that share one of these must not run at the same time, since they make the same files. */
  readonly exclusive: readonly string[];
}

export interface SweepPlan {
  readonly title: string;
  readonly networks: readonly SweepNetwork[];
  readonly variants: readonly SweepVariant[];
  readonly axes: readonly SweepAxis[];
  readonly runs: readonly SweepRun[];
  readonly published: PublishedChoice;
  readonly sparsities: readonly number[];
  /** Folder of the results, and of the runs where they have none of their own. */
  readonly out: string;
  /** Folder of the runs, which sweeps can share. */
  readonly runsFolder?: string;
  /** The sweep's file, absolute. */
  readonly file?: string;
}

type Axes = readonly (readonly [option: string, values: readonly SweepValue[]])[];

/** All combinations of the axes' values; one empty one where there are no axes. */
export function combinations(axes: Axes): SweepSettings[] {
  return axes.reduce<SweepSettings[]>(
    (made, [option, values]) => made.flatMap((settings) => values.map((value) => ({ ...settings, [option]: value }))),
    [{}],
  );
}

const listOf = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);

/** `+steps=3+inner-lr=0.1`, fit for a folder's name. */
function suffix(settings: SweepSettings): string {
  const parts = Object.entries(settings).map(([option, value]) => `+${option}=${value}`);
  return parts.join('').replace(/[^\w.+=-]/g, '_');
}

/** The settings as people read them: `steps 3, inner-lr 0.1`. */
export function describeSettings(settings: SweepSettings): string {
  return Object.entries(settings)
    .map(([option, value]) => `${option} ${value}`)
    .join(', ');
}

/** Whether the name of a data set is a path, which begins at the sweep's folder. */
export function isDataPath(name: string): boolean {
  if (name.startsWith('noise')) return false;
  return /[\\/]/.test(name) || /^\.+$/.test(name) || /\.(npz|safetensors|[ct]sv)$/.test(parseDataName(name).path);
}

/** A data set as the engine takes it: a name, or the path from the sweep's folder as one from the working folder. */
function dataPath(data: string, folder: string): string {
  return isDataPath(data) ? formatPath(resolve(folder, data)) : data;
}

function specifierPath(model: string, folder: string): string {
  const { file, exportName } = splitModelName(model);
  return joinModelSpecifier(formatPath(resolve(folder, file)), exportName);
}

function flagsOf(settings: { readonly [option: string]: unknown }): Partial<TrainingRequestFlags> {
  return Object.fromEntries(Object.entries(settings).map(([option, value]) => [flagName(option), value]));
}

interface ModelOnData {
  readonly model: string;
  readonly label: string;
  readonly specifier: string;
  readonly options: TrainingRequestFlags;
  readonly data?: string;
  readonly publishedAs?: string;
}

/** What is said of a model, as flags. */
function modelFlags(given: SweepModelOptions, folder: string): TrainingRequestFlags {
  const { weights, input, output, include, exclude } = given;
  return {
    ...(weights !== undefined && { weights: formatPath(resolve(folder, weights)) }),
    ...(input !== undefined && { input }),
    ...(output !== undefined && { output: String(output) }),
    ...(include !== undefined && { include }),
    ...(exclude !== undefined && { exclude }),
  };
}

/** Each model with each of its data sets. */
function modelsOnData({ models, data }: SweepFile, folder: string): ModelOnData[] {
  const entries = models.map((entry): SweepModel => (typeof entry === 'string' ? { model: entry } : entry));
  const specifiers = entries.map(({ model }) => specifierPath(model, folder));
  const labels = labelModels(specifiers);
  return entries.flatMap(({ data: own = data, 'published-as': publishedAs, ...entry }, index) => {
    const names = own === undefined ? [undefined] : listOf(own);
    return names.map((name) => {
      const label = labels[index];
      const distinct =
        names.length > 1 ? `${label}+${basename(name!, extname(name!)).replace(/[^\w.-]/g, '_')}` : label;
      return {
        model: label,
        label: distinct,
        specifier: specifiers[index],
        options: modelFlags(entry, folder),
        ...(name !== undefined && { data: dataPath(name, folder) }),
        ...(publishedAs !== undefined && { publishedAs }),
      };
    });
  });
}

export interface SweepOptions {
  /** Folder of the sweep's file: its paths start there. */
  readonly folder: string;
  /** Name of the sweep where its file gives none. */
  readonly name: string;
  readonly out: string;
  /** Folder of the runs, where it is not that in `out`. */
  readonly runsFolder?: string;
  /** Names the Python of the user, as `--python`. */
  readonly python?: string;
  /** Names an output of all models, as `--output`, whatever the file says. */
  readonly output?: string;
  /** The sweep's file, absolute: its folder keeps it. */
  readonly file?: string;
}

/** The axes that a method heeds, with those of their values that it knows. */
function axesOf(method: string, axes: Axes): Axes {
  return axes
    .filter(([option]) => concernsMethod(option, method))
    .map(([option, values]) => [option, valuesFor(option, method, values)] as const)
    .filter(([, values]) => values.length > 0);
}

function variantsOf(methods: readonly string[], axes: Axes): SweepVariant[] {
  return methods.flatMap((method) =>
    combinations(axesOf(method, axes)).map((settings) => {
      const described = describeSettings(settings);
      const title = described === '' ? methodTitle(method) : `${methodTitle(method)}, ${described}`;
      return { name: `${method}${suffix(settings)}`, method, title, settings };
    }),
  );
}

/** @throws a usage error where two of the names are the same, so that runs would share a folder. */
function checkDistinct(names: readonly string[], what: string): void {
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw usageError(`Two ${what} of the sweep would both be named ${repeated}.`);
}

const denseVariant: SweepVariant = { name: DENSE, method: DENSE, title: methodTitle(DENSE), settings: {} };

/** What computes, and what is measured of scores, as flags. */
function sharedFlags({
  backend,
  device,
  devices,
  python,
  precision,
  deterministic,
  stability,
  'stability-change': stabilityChange,
}: SweepFile): TrainingRequestFlags {
  return {
    ...(stability !== undefined && { stability }),
    ...(stabilityChange !== undefined && { stabilityChange }),
    ...(backend !== undefined && { backend }),
    ...(device !== undefined && { device }),
    ...(devices !== undefined && { devices }),
    ...(python !== undefined && { python }),
    ...(precision !== undefined && { precision }),
    ...(deterministic !== undefined && { deterministic }),
  };
}

const sizeOfAxes = (axes: Axes): number => axes.reduce((count, [, values]) => count * values.length, 1);

/** Counts the runs before they are made. @throws a usage error where they are too many. */
function checkCount({ models, data, methods, seeds = 1 }: SweepFile, axes: Axes, sparsities: number): void {
  const dataOf = (entry: string | SweepModel) => (typeof entry === 'string' ? data : (entry.data ?? data));
  const onData = models.reduce((count, entry) => count + listOf(dataOf(entry) ?? '').length, 0);
  const networks = onData * sizeOfAxes(axes.filter(([option]) => isTrainingOption(option)));
  const variants = methods.reduce((count, method) => count + sizeOfAxes(axesOf(method, axes)), 0);
  checkRuns('The sweep', (typeof seeds === 'number' ? seeds : seeds.length) * networks * variants * sparsities);
}

/**
 * All runs of the sweep, one seed after the other, so that an early look shows every method. An option with several values
 * multiplies only the runs it makes a difference to: those about training multiply the networks, the others the methods that
 * heed them.
 *
 * @throws a usage error where a model is named twice, two data sets have one name, or there would be too many runs.
 */
export function expandSweep(
  file: SweepFile,
  { folder, name, out, runsFolder, python, output, file: path }: SweepOptions,
): SweepPlan {
  const settings = Object.entries(file.settings ?? {});
  const isAxis = ([option, value]: (typeof settings)[number]) => Array.isArray(value) && !takesList(option);
  const axes = settings.filter(isAxis) as unknown as Axes;
  const fixed = Object.fromEntries(settings.filter((setting) => !isAxis(setting)));
  const chosen = listOf(file.sparsities).flatMap((entry) => (entry === 'prospr' ? PROSPR_SPARSITIES : [entry]));
  const sparsities = [...new Set(chosen as readonly number[])].sort((a, b) => a - b);
  checkCount(file, axes, sparsities.length);
  const { seeds: given = 1, dense = true } = file;
  const seeds = typeof given === 'number' ? Array.from({ length: given }, (_, seed) => seed) : given;
  const common = {
    ...flagsOf(fixed),
    ...sharedFlags(file),
    ...(python !== undefined && { python }),
    ...modelFlags(file, folder),
  };
  const asked = output !== undefined && { output };
  const trainings = combinations(axes.filter(([option]) => isTrainingOption(option)));
  const networks = modelsOnData(file, folder).flatMap(({ label, data, options, ...model }) =>
    trainings.map((training): SweepNetwork => {
      const own = { ...options, ...asked, ...(data !== undefined && { data }) };
      const flags = { ...common, ...flagsOf(training), ...own };
      return { ...model, place: label, label: `${label}${suffix(training)}`, settings: training, flags };
    }),
  );
  checkDistinct(
    networks.map(({ label }) => label),
    'networks',
  );
  const variants = variantsOf(file.methods, axes);
  checkDistinct(
    variants.map((variant) => variant.name),
    'methods',
  );
  const runs = seeds.flatMap((seed) =>
    networks.flatMap((network) =>
      [...(dense ? [denseVariant] : []), ...variants].flatMap((variant) =>
        (variant.method === DENSE ? [0] : sparsities).map((sparsity): SweepRun => {
          const key = { model: network.label, method: variant.name, sparsity, seed };
          const trainsDense = variant.method === DENSE || isConvergenceMethod(variant.method);
          return {
            key,
            network,
            variant,
            flags: { ...network.flags, ...flagsOf(variant.settings) },
            exclusive: trainsDense ? [`${network.label} ${seed}`] : [],
          };
        }),
      ),
    ),
  );
  return {
    title: file.title ?? name,
    networks,
    variants: dense ? [denseVariant, ...variants] : variants,
    axes: axes.map(([option, values]) => ({ option, values })),
    runs,
    published: file.published ?? false,
    sparsities,
    out,
    ...(runsFolder !== undefined && { runsFolder }),
    ...(path !== undefined && { file: path }),
  };
}
