/** What names of installed packages mean, told by the name alone: nothing of a package is read. */
import type { DottedName } from './outline';

/** What a name of a package is to a model that is made of it. */
export type KnownName =
  /** A class to derive models from: no argument, no computation of its own. */
  | 'base'
  /** A model or a container of layers, or a function that makes one. */
  | 'model'
  /** A single layer, activation or loss: a base of layers, but no model by itself. */
  | 'layer';

/** Packages with modules of another framework. */
const OTHER_FRAMEWORKS = new Set([
  ...[
    'flax',
    'haiku',
    'equinox',
    'jax',
    'sonnet',
    'tensorflow',
    'keras',
    'tf_keras',
    'mlx',
    'paddle',
    'mindspore',
    'tinygrad',
  ],
]);

/** Of any package. */
const BASES = new Set(['LightningModule', 'BaseModule', 'PyTorchModelHubMixin']);

/** Of `torch.nn`: what is a model, when it is all there is. */
const CONTAINERS = new Set([
  'Sequential',
  'Transformer',
  'TransformerEncoder',
  'TransformerDecoder',
  'DataParallel',
  'Linear',
  'LSTM',
  'GRU',
  'RNN',
]);

/** Of `torch.nn`: classes that are no modules. */
const NO_MODULES = new Set([
  'Parameter',
  'Buffer',
  'UninitializedParameter',
  'UninitializedBuffer',
  'ParameterList',
  'ParameterDict',
]);

const MODEL_PACKAGES = new Set([
  'torchvision',
  'timm',
  'segmentation_models_pytorch',
  'efficientnet_pytorch',
  'pretrainedmodels',
]);

function ofTorch(name: DottedName): KnownName | undefined {
  const last = name.at(-1)!;
  if (name[1] === 'hub') return last === 'load' ? 'model' : undefined;
  if (name[1] !== 'nn' || name.includes('functional') || name.includes('init') || name.includes('utils'))
    return undefined;
  if (!/^[A-Z]/.test(last) || NO_MODULES.has(last)) return undefined;
  if (last === 'Module') return 'base';
  return CONTAINERS.has(last) ? 'model' : 'layer';
}

function ofModelPackage(name: DottedName): KnownName | undefined {
  const last = name.at(-1)!;
  if (name.length < 2 || name.includes('transforms') || name.includes('datasets') || name.includes('data'))
    return undefined;
  if (name.includes('layers') || name.includes('ops')) return /^[A-Z]/.test(last) ? 'layer' : undefined;
  if (name[0] === 'torchvision' && name[1] !== 'models') return undefined;
  return last === 'list_models' || last.endsWith('Weights') ? undefined : 'model';
}

/** What a full name (`torch.nn.Module`) means; undefined where it is, or may be, none of a model. */
export function knownName(name: DottedName): KnownName | undefined {
  const [root, last] = [name[0], name.at(-1)!];
  if (root === 'torch') return ofTorch(name);
  if (OTHER_FRAMEWORKS.has(root)) return undefined;
  if (MODEL_PACKAGES.has(root)) return ofModelPackage(name);
  if (root === 'transformers') {
    if (last === 'PreTrainedModel') return 'base';
    return /(?:Model|PreTrainedModel|For[A-Z]\w+)$/.test(last) ? 'model' : undefined;
  }
  return name.length > 1 && BASES.has(last) ? 'base' : undefined;
}
