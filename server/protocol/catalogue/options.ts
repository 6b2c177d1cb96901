/**
 * Options that need no engine: of models, of training, and of how methods choose and train. Criteria declare their own
 * beside their scores (`pruning/`, `autos/criterion.ts`). Defaults are here, and nowhere else; what has none takes its
 * default from other values (that of `lr` depends on the optimizer).
 */
import { AUTO } from './backends';
import { DATASET_NAMES } from './datasets';
import { searchMetrics } from './metrics';
import type { OptionGroup } from './types';
import { UNBOUNDED } from './values';

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
    maximum: 256,
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

/** Precisions that `--precision` takes. */
export type Precision = (typeof MODEL_OPTIONS.precision.choices)[number];

/** How networks are trained. */
export const TRAINING_OPTIONS = {
  epochs: {
    name: 'epochs',
    type: 'integer',
    minimum: 1,
    default: 10,
    scope: 'training',
    setting: 'epochs',
    placeholder: 'n',
    text: 'how often training sees all examples',
  },
  optimizer: {
    name: 'optimizer',
    type: 'choice',
    choices: ['sgd', 'adam', 'adamw'],
    default: 'sgd',
    scope: 'training',
    setting: 'optimizer.kind',
    text: 'how steps are taken',
  },
  lr: {
    name: 'lr',
    type: 'number',
    exclusiveMinimum: 0,
    scope: 'training',
    setting: 'optimizer.learningRate',
    placeholder: 'rate',
    text: 'learning rate',
  },
  momentum: {
    name: 'momentum',
    type: 'number',
    minimum: 0,
    exclusiveMaximum: 1,
    scope: 'training',
    setting: 'optimizer.momentum',
    placeholder: 'mu',
    text: 'momentum of sgd',
    onlyWith: { flag: 'optimizer', value: 'sgd' },
  },
  nesterov: {
    name: 'nesterov',
    type: 'boolean',
    scope: 'training',
    setting: 'optimizer.nesterov',
    text: "Nesterov's momentum of sgd",
    onlyWith: { flag: 'optimizer', value: 'sgd' },
    negation: 'classical momentum, whatever the settings say',
  },
  weightDecay: {
    name: 'weight-decay',
    type: 'number',
    minimum: 0,
    scope: 'training',
    setting: 'optimizer.weightDecay',
    placeholder: 'wd',
    text: 'factor of the squared weights in the loss; of adamw, rate at which steps shrink weights',
  },
  decayExclude: {
    name: 'decay-exclude',
    type: 'choices',
    choices: ['bias', 'norm'],
    scope: 'training',
    setting: 'optimizer.decayExclude',
    placeholder: 'roles',
    text: 'parameters without weight decay: bias, norm (scales and shifts of normalization layers), or bias,norm',
  },
  clipGradient: {
    name: 'clip-gradient',
    type: 'number',
    exclusiveMinimum: 0,
    scope: 'training',
    setting: 'optimizer.clipGradient',
    placeholder: 'norm',
    text: 'scale the gradient down to this norm, over all weights, where it is longer',
  },
  schedule: {
    name: 'schedule',
    type: 'choice',
    choices: ['constant', 'step', 'cosine'],
    default: 'cosine',
    scope: 'training',
    setting: 'schedule.kind',
    text: 'how the learning rate changes',
  },
  milestones: {
    name: 'milestones',
    type: 'integers',
    scope: 'training',
    setting: 'schedule.milestones',
    placeholder: 'epochs',
    text: 'step schedule: epochs at which the rate is divided by ten, e.g. 80,120',
    onlyWith: { flag: 'schedule', value: 'step' },
  },
  warmup: {
    name: 'warmup',
    type: 'number',
    minimum: 0,
    default: 0,
    scope: 'training',
    setting: 'schedule.warmupEpochs',
    placeholder: 'epochs',
    text: 'epochs over which the rate rises to its value',
  },
  crop: {
    name: 'crop',
    type: 'integer',
    minimum: 0,
    default: 0,
    scope: 'training',
    setting: 'augmentation.crop',
    placeholder: 'pixels',
    text: 'shift training images at random by up to so many pixels',
  },
  flip: {
    name: 'flip',
    type: 'boolean',
    default: false,
    scope: 'training',
    setting: 'augmentation.flip',
    text: 'mirror training images at random',
    negation: 'do not mirror, whatever the settings say',
  },
  deterministic: {
    name: 'deterministic',
    type: 'boolean',
    default: false,
    scope: 'run',
    setting: 'deterministic',
    text: 'backend torch: train with operations that give the same bits again, also on a GPU',
    onlyWith: { flag: 'backend', value: 'torch' },
  },
  devices: {
    name: 'devices',
    type: 'names',
    mayRepeat: true,
    scope: 'run',
    setting: 'devices',
    placeholder: 'names',
    text: 'backend torch: train on several devices, each with its part of a batch, e.g. cuda:0,cuda:1',
  },
  batchNorm: {
    name: 'batch-norm',
    type: 'choice',
    choices: ['synchronized', 'by-device'],
    default: 'synchronized',
    scope: 'training',
    setting: 'batchNorm',
    text: 'with --devices: batch norm takes the statistics of the whole batch, or of each part of it by itself',
  },
  limit: {
    name: 'limit',
    type: 'integer',
    minimum: 1,
    maximum: UNBOUNDED,
    scope: 'training',
    placeholder: 'n',
    text: 'train on so many examples only, for a quick trial',
  },
} as const satisfies OptionGroup;

/** Parameters that weight decay can leave alone. */
export type DecayGroup = (typeof TRAINING_OPTIONS.decayExclude.choices)[number];

/** What is minimized: by training, and by the derivatives that criteria score with. */
export const OBJECTIVE_OPTIONS = {
  objective: {
    name: 'objective',
    type: 'choice',
    // Those of the objectives: see `objectiveOptions`.
    choices: [] as readonly string[],
    scope: 'training',
    setting: 'objective',
    text: "what is minimized, and what criteria score by; without it, what the model's output is for",
  },
  huberDelta: {
    name: 'huber-delta',
    type: 'number',
    exclusiveMinimum: 0,
    scope: 'training',
    setting: 'huberDelta',
    placeholder: 'd',
    text: 'huber: distance at which squares become distances (1)',
    onlyWith: { flag: 'objective', value: 'huber' },
  },
  labelSmoothing: {
    name: 'label-smoothing',
    type: 'number',
    minimum: 0,
    exclusiveMaximum: 1,
    scope: 'training',
    setting: 'labelSmoothing',
    placeholder: 'e',
    text: 'cross-entropy: share of the target that is spread over all classes',
  },
  loss: {
    name: 'loss',
    type: 'choice',
    choices: [] as readonly string[],
    scope: 'training',
    setting: 'loss',
    text: 'older name of objective, by which dice only trains: criteria score by the cross-entropy',
  },
} as const satisfies OptionGroup;

/** Which of the scored weights stay. */
export const SELECTION_OPTIONS = {
  minPerLayer: {
    name: 'min-per-layer',
    type: 'integer',
    minimum: 0,
    maximum: UNBOUNDED,
    default: 0,
    scope: 'method',
    setting: 'prunable.minPerLayer',
    placeholder: 'n',
    text: 'keep at least so many weights in every layer',
  },
  selection: {
    name: 'selection',
    type: 'choice',
    choices: ['global', 'per-layer'],
    default: 'global',
    scope: 'method',
    text: 'rank the weights of all layers together, or in each layer',
  },
} as const satisfies OptionGroup;

/** Exact batches in place of drawn ones. */
export const BATCHES_OPTIONS = {
  batches: {
    name: 'batches',
    type: 'text',
    scope: 'run',
    placeholder: 'file',
    text: 'score on these batches (safetensors: 0/x, 0/y, 1/x, …)',
  },
} as const satisfies OptionGroup;

/** Whether it is measured how much of a mask is the method's own, and not rounding's. */
export const STABILITY_OPTIONS = {
  stability: {
    name: 'stability',
    type: 'integer',
    minimum: 1,
    maximum: 1000,
    bare: 1,
    scope: 'run',
    placeholder: 'k',
    text: 'score k times again with weights changed a little, and with other batches, and tell how much of the mask stays (1)',
  },
  stabilityChange: {
    name: 'stability-change',
    type: 'number',
    exclusiveMinimum: 0,
    default: 1e-6,
    scope: 'run',
    placeholder: 'part',
    text: 'by which part of themselves weights are changed for that',
  },
} as const satisfies OptionGroup;

/** Compares a method with a spoiled version of itself. */
export const CONTROL_OPTIONS = {
  control: {
    name: 'control',
    type: 'choice',
    choices: ['shuffle', 'reinitialize', 'invert'],
    scope: 'run',
    text: 'sanity control: shuffle the mask in each layer, draw the weights anew before training, or invert the scores',
  },
} as const satisfies OptionGroup;

/** How methods that prune after training go about it; each method declares those that it heeds. */
export const CONVERGENCE_OPTIONS = {
  pruningRate: {
    name: 'pruning-rate',
    type: 'number',
    exclusiveMinimum: 0,
    exclusiveMaximum: 1,
    scope: 'method',
    placeholder: 'r',
    text: 'after training: share of the weights left that each round removes',
  },
  fineTuneEpochs: {
    name: 'fine-tune-epochs',
    type: 'integer',
    minimum: 1,
    scope: 'method',
    placeholder: 'n',
    text: 'magnitude-after-training: epochs after pruning',
  },
  rewindEpoch: {
    name: 'rewind-epoch',
    type: 'integer',
    minimum: 0,
    default: 0,
    scope: 'method',
    placeholder: 'n',
    text: 'lottery-ticket: epoch to which weights are rewound',
  },
} as const satisfies OptionGroup;

/** How methods that change masks while they train go about it; each declares those that it heeds. */
export const DYNAMIC_OPTIONS = {
  initialMask: {
    name: 'initial-mask',
    type: 'text',
    default: 'erk',
    scope: 'method',
    placeholder: 'name',
    text: 'set, rigl, granet: the mask training begins with: erk (random), or a criterion such as snip',
  },
  initialSparsity: {
    name: 'initial-sparsity',
    type: 'number',
    minimum: 0,
    exclusiveMaximum: 1,
    default: 0.5,
    scope: 'method',
    placeholder: 's',
    text: 'granet: sparsity of the mask training begins with',
  },
  updateEvery: {
    name: 'update-every',
    type: 'integer',
    minimum: 1,
    maximum: UNBOUNDED,
    default: 100,
    scope: 'method',
    placeholder: 'steps',
    text: 'set, rigl, gmp, granet: steps from one change of the mask to the next',
  },
  dropFraction: {
    name: 'drop-fraction',
    type: 'number',
    exclusiveMinimum: 0,
    exclusiveMaximum: 1,
    default: 0.3,
    scope: 'method',
    placeholder: 'part',
    text: "set, rigl, granet: part of a layer's weights that the first change replaces, later ones less (granet: 0.5)",
  },
  updateEnd: {
    name: 'update-end',
    type: 'number',
    exclusiveMinimum: 0,
    exclusiveMaximum: 1,
    default: 0.75,
    scope: 'method',
    placeholder: 'part',
    text: 'set, rigl, gmp, granet: part of the training after which the mask stays',
  },
} as const satisfies OptionGroup;

/** Whether channels are pruned in place of weights. */
export const STRUCTURED_OPTIONS = {
  structured: {
    name: 'structured',
    type: 'boolean',
    scope: 'run',
    text: 'prune whole channels and units instead of single weights',
  },
} as const satisfies OptionGroup;

/** What a sparsity of channels means, for all commands that prune them. */
export const CHANNEL_OPTIONS = {
  sparsityOf: {
    name: 'sparsity-of',
    type: 'choice',
    choices: ['channels', 'parameters'],
    default: 'channels',
    scope: 'method',
    text: 'structured: what the sparsity is a fraction of',
  },
} as const satisfies OptionGroup;

/** What becomes of the weights when channels go. */
export const ADAPTATION_OPTIONS = {
  adapt: {
    name: 'adapt',
    type: 'choice',
    choices: ['keep', 'rescale', 'reinit'],
    default: 'keep',
    scope: 'method',
    text: 'the weights that stay: as they are, re-scaled for fewer inputs, or drawn anew (3SP)',
  },
} as const satisfies OptionGroup;

/** What only `prunelens.json` can say of training. The names are the settings'. */
export const TRAINING_SETTINGS = {
  beta1: {
    name: 'beta1',
    type: 'number',
    minimum: 0,
    exclusiveMaximum: 1,
    default: 0.9,
    scope: 'training',
    setting: 'optimizer.beta1',
    text: 'of adam and adamw',
  },
  beta2: {
    name: 'beta2',
    type: 'number',
    minimum: 0,
    exclusiveMaximum: 1,
    default: 0.999,
    scope: 'training',
    setting: 'optimizer.beta2',
    text: 'of adam and adamw',
  },
  epsilon: {
    name: 'epsilon',
    type: 'number',
    exclusiveMinimum: 0,
    default: 1e-8,
    scope: 'training',
    setting: 'optimizer.epsilon',
    text: 'of adam and adamw',
  },
  factor: {
    name: 'factor',
    type: 'number',
    exclusiveMinimum: 0,
    default: 0.1,
    scope: 'training',
    setting: 'schedule.factor',
    text: 'step schedule: what the rate is multiplied by at a milestone',
  },
} as const satisfies OptionGroup;

/** What a search does; the highest sparsity is what it finds. */
export const SEARCH_OPTIONS = {
  metric: {
    name: 'metric',
    type: 'choice',
    choices: searchMetrics(),
    scope: 'run',
    text: "what is to be kept; without it the metric that leads in the model's objective",
  },
  tolerance: {
    name: 'tolerance',
    type: 'number',
    minimum: 0,
    exclusiveMaximum: 1,
    default: 0.01,
    scope: 'run',
    placeholder: 't',
    text: 'by how much it may be below the dense network, e.g. 0.01',
  },
  rounds: {
    name: 'rounds',
    type: 'integer',
    minimum: 1,
    maximum: 1000,
    default: 6,
    scope: 'run',
    placeholder: 'n',
    text: 'how many sparsities to try',
  },
  maxSparsity: {
    name: 'max-sparsity',
    type: 'number',
    exclusiveMinimum: 0,
    exclusiveMaximum: 1,
    default: 0.999,
    scope: 'run',
    placeholder: 's',
    text: 'stay below this sparsity',
  },
  seeds: {
    name: 'seeds',
    type: 'integer',
    minimum: 1,
    maximum: 10_000,
    default: 1,
    scope: 'run',
    placeholder: 'n',
    text: 'how many seeds, counted from --seed; their mean counts',
  },
} as const satisfies OptionGroup;

/** How often a comparison trains. */
export const COMPARISON_OPTIONS = {
  seeds: { ...SEARCH_OPTIONS.seeds, text: 'how many seeds, counted from --seed' },
} as const satisfies OptionGroup;

/** How models are pruned that a criterion is learned from. */
export const LEARNING_OPTIONS = {
  iterations: {
    name: 'iterations',
    type: 'integer',
    minimum: 1,
    default: 20,
    scope: 'run',
    placeholder: 'n',
    text: 'trainings of a model, each followed by a pruning',
  },
  finalSparsity: {
    name: 'final-sparsity',
    type: 'number',
    minimum: 0,
    exclusiveMaximum: 1,
    default: 0.99,
    scope: 'run',
    placeholder: 's',
    text: 'fraction of the weights removed in the end',
  },
  seeds: COMPARISON_OPTIONS.seeds,
} as const satisfies OptionGroup;

/** What these trainings have in place of what others have, so that it is done in minutes. */
export const LEARNING_TRAINING_OPTIONS = {
  epochs: {
    name: TRAINING_OPTIONS.epochs.name,
    type: TRAINING_OPTIONS.epochs.type,
    minimum: TRAINING_OPTIONS.epochs.minimum,
    default: 1,
    scope: 'training',
    placeholder: TRAINING_OPTIONS.epochs.placeholder,
    text: 'epochs in each iteration: more are slower, and nearer to the truth',
  },
} as const satisfies OptionGroup;

/** What only making a model smaller has. */
export const SHRINK_OPTIONS = {
  measure: {
    name: 'measure',
    type: 'boolean',
    scope: 'run',
    text: 'measure a training step of the model and of the smaller one',
  },
} as const satisfies OptionGroup;
