/** What quick picks offer, as plain items: each carries the value it stands for. */
import { DATASETS } from '../server/protocol/catalogue/datasets';
import type { DatasetDefinition } from '../server/protocol/catalogue/types';
import type { JobStatus, ModelEntry } from '../server/protocol/editor';
import type { RunSummary } from '../server/protocol/results';
import type { DataCheck, MaskFormat } from '../server/protocol/worker';
import { jobProgress, percent, runDescription } from './format';
import { METHODS, methodTitle } from './methods';

export interface Choice<T> {
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  readonly picked?: boolean;
  /** That of a quick pick's item; absent for one that can be chosen. */
  readonly kind?: number;
  readonly value: T;
}

const KINDS: { readonly [kind in ModelEntry['kind']]: string } = {
  model: 'model',
  builder: 'builds a model',
  'needs-arguments': 'needs arguments',
  'keras-json': 'Keras model',
  possible: 'treated as a model',
};

/** One choice a model, those of the file `active` (a URI) first. */
export function modelChoices(models: readonly ModelEntry[], active?: string): readonly Choice<ModelEntry>[] {
  const isActive = ({ uri }: ModelEntry) => (uri === active ? 0 : 1);
  return models
    .toSorted((a, b) => isActive(a) - isActive(b))
    .map((model) => ({
      label: model.label,
      description: KINDS[model.kind],
      ...(model.scored.length > 0 && { detail: `Scored with ${model.scored.map(methodTitle).join(', ')}` }),
      value: model,
    }));
}

/** The model that is meant without a word: the only one of the open file (a URI), or the only one there is. */
export function modelMeant(models: readonly ModelEntry[], active?: string): ModelEntry | undefined {
  const open = models.filter(({ uri }) => uri === active);
  const meant = open.length > 0 ? open : models;
  return meant.length === 1 ? meant[0] : undefined;
}

/** One choice a method: the default first, `scored` marked. */
export function methodChoices(preferred: string, scored: readonly string[] = []): readonly Choice<string>[] {
  const rank = (name: string) => (name === preferred ? 0 : 1);
  return METHODS.toSorted((a, b) => rank(a.name) - rank(b.name)).map(({ name, title, description }) => ({
    label: title,
    detail: description,
    ...(scored.includes(name) && { description: 'scored already' }),
    value: name,
  }));
}

export type DataChoice = { readonly data: string } | 'folder' | 'file';

/** A file of the workspace: where it is, and how it is shown. */
export interface WorkspaceFile {
  readonly path: string;
  readonly label: string;
}

/** Of a quick pick: no item, but a line with a heading. */
const SEPARATOR = -1;

/** What is said of a file of the workspace that may be data. */
function fileDetail(path: string): string {
  return path.endsWith('.npz')
    ? 'Arrays.'
    : 'CSV: the last column is the label, unless "columns" in prunelens.json says otherwise.';
}

/**
 * Data sets for a model of that input shape, those that fit first and the others below, with the reason; `files` are those of the
 * workspace that may be data. Noise is never anything but an explicit choice.
 *
 * @param checks Which of them fit; what is not among them is offered as it is.
 */
export function dataChoices(
  inputShape: readonly number[],
  files: readonly WorkspaceFile[] = [],
  checks: readonly DataCheck[] = [],
): readonly Choice<DataChoice>[] {
  const shape = inputShape.join(' × ');
  const { mnist, fashionMnist, cifar10, cifar100, cells, noise } = DATASETS;
  const named: readonly DatasetDefinition[] = [mnist, fashionMnist, cifar10, cifar100, cells];
  const sets: readonly Choice<{ readonly data: string }>[] = [
    ...named.map(({ name, title, description, origin }) => ({
      label: title,
      ...(description !== undefined && { description }),
      detail: origin,
      value: { data: name },
    })),
    ...files.map(({ path, label }) => ({ label, detail: fileDetail(path), value: { data: path } })),
  ];
  const checkOf = ({ value: { data } }: (typeof sets)[number]) => checks.find((one) => one.data === data);
  const fitting = sets
    .filter((one) => checkOf(one)?.problem === undefined)
    .map((one) => {
      const notes = checkOf(one)?.notes;
      return notes ? { ...one, detail: notes.join(' ') } : one;
    });
  const others = sets.flatMap((one) => {
    const problem = checkOf(one)?.problem;
    return problem === undefined ? [] : [{ ...one, label: `$(circle-slash) ${one.label}`, detail: problem }];
  });
  const heading = { label: 'Does not fit this model', kind: SEPARATOR, value: 'file' as const };
  return [
    ...fitting,
    { label: 'A folder…', detail: 'IDX files, CIFAR binary files, or a folder of images a class.', value: 'folder' },
    { label: 'A file…', detail: 'A .csv file with a header, or arrays in a .safetensors or .npz file.', value: 'file' },
    { label: noise.title, description: shape, detail: noise.origin, value: { data: noise.name } },
    ...(others.length > 0 ? [heading] : []),
    ...others,
  ];
}

/** Whether the choice is kept. */
export function rememberChoices(data: string): readonly Choice<boolean>[] {
  return [
    { label: 'Write it into prunelens.json', detail: `The command line and others then use ${data} too.`, value: true },
    { label: 'Use it now only', detail: 'You will be asked again the next time PruneLens starts.', value: false },
  ];
}

export interface MaskFile {
  readonly format: MaskFormat;
  readonly extension: string;
  /** Of the save dialog. */
  readonly filter: string;
}

export function formatChoices(): readonly Choice<MaskFile>[] {
  return [
    {
      label: 'safetensors',
      detail: "Masks under the model's own weight names and in its own layout.",
      value: { format: 'safetensors', extension: 'safetensors', filter: 'safetensors' },
    },
    {
      label: 'safetensors for PyTorch',
      detail: 'Layout and names of PyTorch: out × in × height × width, conv1.weight.',
      value: { format: 'safetensors-pytorch', extension: 'safetensors', filter: 'safetensors' },
    },
    { label: 'npz', detail: 'For NumPy.', value: { format: 'npz', extension: 'npz', filter: 'NumPy archive' } },
    {
      label: 'PyTorch',
      detail: 'Python code that keeps a model pruned in any training script, and the masks beside it.',
      value: { format: 'pytorch-snippet', extension: 'masks.py', filter: 'Python' },
    },
  ];
}

/** One choice a run. */
export function runChoices(runs: readonly RunSummary[]): readonly Choice<RunSummary>[] {
  return runs.map((run) => ({ label: run.label, description: runDescription(run), value: run }));
}

/** One choice a job that can be cancelled. */
export function jobChoices(jobs: readonly JobStatus[]): readonly Choice<JobStatus>[] {
  return jobs
    .filter(({ state }) => state !== 'cancelling')
    .map((job) => ({ label: job.title, description: jobProgress(job), value: job }));
}

/** `lenet-300-100-prospr-98.safetensors` */
export function maskFileName(label: string, method: string | undefined, sparsity: number, extension: string): string {
  const model = label.replace(/[#/\\]/g, '-').replace(/\.(ts|js|tsx|jsx|mts|cts|json|py)(?=-|$)/, '');
  const percentage = percent(sparsity).replace(' %', '');
  return `${[model, method, percentage].filter((part) => part !== undefined).join('-')}.${extension}`;
}
