/** Which model, data and machine, and which runs. */
import { AUTO } from '../backends';
import { DATASET_NAMES } from '../datasets';
import type { OptionGroup } from '../types';

/** Which model, with which weights and data, and what computes. */
export const MODEL_OPTIONS = {
  data: {
    name: 'data',
    type: 'text',
    scope: 'run',
    placeholder: 'name|path',
    text: `data set: ${DATASET_NAMES.join(', ')}, noise, a folder, a file, train.py#EXPRESSION (PyTorch), or torchvision:NAME`,
  },
  dataWorkers: {
    name: 'data-workers',
    type: 'integer',
    minimum: 1,
    counts: 'processes',
    default: 1,
    scope: 'run',
    setting: 'dataWorkers',
    placeholder: 'n',
    text: 'data of Python: processes that read ahead, each with the data set of its own',
  },
  inputColumns: {
    name: 'input-columns',
    type: 'names',
    scope: 'run',
    setting: 'columns.inputs',
    placeholder: 'names',
    text: 'CSV data: columns that are inputs, in their order; all but the labels where it is not given',
  },
  labelColumns: {
    name: 'label-columns',
    type: 'names',
    scope: 'run',
    setting: 'columns.labels',
    placeholder: 'names',
    text: 'CSV data: columns that are labels; the last one where it is not given',
  },
  columnScaling: {
    name: 'column-scaling',
    type: 'choice',
    choices: ['standard', 'none'],
    default: 'standard',
    scope: 'run',
    setting: 'columns.scaling',
    placeholder: 'how',
    text: 'CSV data: inputs with mean 0 and deviation 1 a column over the training examples, or as they are in the file',
  },
  weights: {
    name: 'weights',
    type: 'text',
    scope: 'run',
    placeholder: 'file',
    text: 'initial weights by name (safetensors, of PyTorch .pt and .pth too); absent ones are initialized',
  },
  input: {
    name: 'input',
    type: 'texts',
    scope: 'run',
    placeholder: '[name=]sizes[:dtype]',
    text: 'PyTorch: sizes of one example, e.g. 3,32,32 or 16:int64<100; one for each input',
  },
  output: {
    name: 'output',
    type: 'text',
    scope: 'run',
    setting: 'output',
    placeholder: 'name|index',
    text: 'which output of a model with several: its name, or its number from 0; the first by default',
  },
  include: {
    name: 'include',
    type: 'texts',
    scope: 'run',
    setting: 'prunable.include',
    placeholder: 'pattern',
    text: 'prune only layers whose name matches (* and ? as wildcards), embeddings too',
  },
  exclude: {
    name: 'exclude',
    type: 'texts',
    scope: 'run',
    setting: 'prunable.exclude',
    placeholder: 'pattern',
    text: 'leave layers alone whose name matches (* and ? as wildcards)',
  },
  batchSize: {
    name: 'batch-size',
    type: 'integer',
    minimum: 1,
    counts: 'batchSize',
    default: 128,
    scope: 'training',
    setting: 'batchSize',
    placeholder: 'n',
    text: 'examples in a batch',
  },
  backend: {
    name: 'backend',
    type: 'choice',
    // `modelOptions` adds the backends of the catalogue.
    choices: [AUTO] as readonly string[],
    default: AUTO,
    scope: 'run',
    setting: 'backend',
    text: 'what computes; auto takes the fastest that works',
  },
  device: {
    name: 'device',
    type: 'text',
    scope: 'run',
    setting: 'device',
    placeholder: 'name',
    text: 'backend torch: cpu, cuda, cuda:1, mps, xpu; an accelerator where there is one',
    onlyWith: { flag: 'backend', value: 'torch' },
  },
  precision: {
    name: 'precision',
    type: 'choice',
    choices: ['float64', 'float32', 'tf32', 'bf16'],
    scope: 'run',
    setting: 'precision',
    text: 'backend torch: what training computes in; tf32 on CUDA, else float32; scores stay float32 or float64',
    onlyWith: { flag: 'backend', value: 'torch' },
  },
  python: {
    name: 'python',
    type: 'text',
    scope: 'run',
    setting: 'python',
    placeholder: 'path',
    text: "your Python with PyTorch: an interpreter, an environment's folder or a command",
  },
  seed: {
    name: 'seed',
    type: 'integer',
    default: 0,
    scope: 'run',
    setting: 'seed',
    placeholder: 'n',
    text: 'decides everything that is left to chance',
  },
  json: { name: 'json', type: 'boolean', scope: 'run', text: 'print the result as one JSON document' },
} as const satisfies OptionGroup;

/** Precisions that `--precision` takes. */
export type Precision = (typeof MODEL_OPTIONS.precision.choices)[number];

/** Which runs are listed. */
export const RUNS_OPTIONS = {
  runs: {
    name: 'runs',
    type: 'texts',
    scope: 'run',
    setting: 'runs',
    placeholder: 'folder',
    text: "further folders whose runs are listed, such as a mounted cluster's",
  },
} as const satisfies OptionGroup;
