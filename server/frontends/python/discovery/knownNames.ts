/** What names of installed packages mean, told by the name alone: nothing of a package is read. */
import type { PythonFramework } from '../loaderProtocol';
import type { DottedName } from './outline';

/** What a name of a package is to a model that is made of it. */
export type KnownRole =
  /** A class to derive models from: no argument, no computation of its own. */
  | 'base'
  /** A model or a container of layers, or a function that makes one. */
  | 'model'
  /** A single layer, activation or loss: a base of layers, but no model by itself. */
  | 'layer';

export interface KnownName {
  readonly framework: PythonFramework;
  readonly role: KnownRole;
}

/** Packages with modules of another framework. */
const OTHER_FRAMEWORKS = new Set([
  ...['flax', 'haiku', 'equinox', 'jax', 'sonnet', 'mlx', 'paddle', 'mindspore', 'tinygrad'],
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

function ofTorch(name: DottedName): KnownRole | undefined {
  const last = name.at(-1)!;
  if (name[1] === 'hub') return last === 'load' ? 'model' : undefined;
  if (name[1] !== 'nn' || name.includes('functional') || name.includes('init') || name.includes('utils'))
    return undefined;
  if (!/^[A-Z]/.test(last) || NO_MODULES.has(last)) return undefined;
  if (last === 'Module') return 'base';
  return CONTAINERS.has(last) ? 'model' : 'layer';
}

function ofModelPackage(name: DottedName): KnownRole | undefined {
  const last = name.at(-1)!;
  if (name.length < 2 || name.includes('transforms') || name.includes('datasets') || name.includes('data'))
    return undefined;
  if (name.includes('layers') || name.includes('ops')) return /^[A-Z]/.test(last) ? 'layer' : undefined;
  if (name[0] === 'torchvision' && name[1] !== 'models') return undefined;
  return last === 'list_models' || last.endsWith('Weights') ? undefined : 'model';
}

/** Of `keras.models` and `keras.saving`: functions that give a model. */
const KERAS_FUNCTIONS = new Set(['load_model', 'clone_model', 'model_from_json']);

/** The part of a name that follows Keras's own: `Sequential` of `tensorflow.keras.Sequential`; undefined for other packages. */
function insideKeras(name: DottedName): DottedName | undefined {
  if (name[0] === 'keras' || name[0] === 'tf_keras') return name.slice(1);
  return name[0] === 'tensorflow' && name[1] === 'keras' ? name.slice(2) : undefined;
}

/** Of Keras: classes and functions whose call gives a model. A class that derives from `Model` is told by its methods. */
function ofKeras(name: DottedName): KnownRole | undefined {
  const last = name.at(-1) ?? '';
  if (name[0] === 'applications') return /^[A-Z]/.test(last) ? 'model' : undefined;
  const isPlain = name.length === 1 || (name.length === 2 && (name[0] === 'models' || name[0] === 'saving'));
  if (!isPlain) return undefined;
  return last === 'Sequential' || last === 'Model' || KERAS_FUNCTIONS.has(last) ? 'model' : undefined;
}

function roleInTorch(name: DottedName): KnownRole | undefined {
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

/** What a full name (`torch.nn.Module`) means; undefined where it is, or may be, none of a model. */
export function knownName(name: DottedName): KnownName | undefined {
  const inside = insideKeras(name);
  const framework = inside || name[0] === 'tensorflow' ? 'keras' : 'torch';
  const role = framework === 'torch' ? roleInTorch(name) : ofKeras(inside ?? []);
  return role && { framework, role };
}
