/** Which options of the command a sweep can set, and which runs each of them is about. */
import { channelCriterionOf, isConvergenceMethod, isStructuredMethod } from '../request/comparedMethods';

/**
 * What an option decides: the network that is trained (`training`: all runs), or only how methods prune it. The others are
 * about those methods for which the function holds.
 */
type Scope = 'training' | ((method: string) => boolean);

const isProspr: Scope = (method) => method.startsWith('prospr');
const isPruned: Scope = () => true;
/** A method that PruneLens learns later is taken to heed an option, unless it is one of those that are known not to. */
const allBut =
  (...methods: readonly string[]): Scope =>
  (method) =>
    !isConvergenceMethod(method) && !methods.includes(method);
const onlyOf =
  (...methods: readonly string[]): Scope =>
  (method) =>
    methods.includes(method);

const ONE_SHOT = [
  'random',
  'random-erk',
  'magnitude',
  'snip',
  '3sp',
  '3sp-compute',
  'grasp',
  'prospr',
  'autos',
  'fisher-taylor',
  'hutchinson-taylor',
  'phew',
];
const WITHOUT_DRAWS = [
  ...ONE_SHOT.filter((name) => name !== 'hutchinson-taylor'),
  'iterative-snip',
  'synflow',
  'force',
  'px',
];
const WITHOUT_DATA = ['random', 'random-erk', 'magnitude', 'synflow'];

const SCOPES: { readonly [option: string]: Scope } = {
  epochs: 'training',
  'batch-size': 'training',
  optimizer: 'training',
  lr: 'training',
  momentum: 'training',
  nesterov: 'training',
  'weight-decay': 'training',
  schedule: 'training',
  milestones: 'training',
  warmup: 'training',
  crop: 'training',
  flip: 'training',
  limit: 'training',
  loss: 'training',
  steps: isProspr,
  'inner-lr': isProspr,
  'inner-momentum': isProspr,
  'inner-weight-decay': isProspr,
  'inner-optimizer': isProspr,
  'inner-epsilon': isProspr,
  'clip-adjoint': isProspr,
  variant: isProspr,
  'same-batch': isProspr,
  iterations: allBut(...ONE_SHOT),
  temperature: onlyOf('grasp', 'hutchinson-taylor'),
  draws: allBut(...WITHOUT_DRAWS),
  'warm-up-batches': allBut(...WITHOUT_DATA),
  'pruning-batches': allBut('prospr', ...WITHOUT_DATA),
  'pruning-batch-size': allBut(...WITHOUT_DATA),
  'sparsity-of': isStructuredMethod,
  adapt: isStructuredMethod,
  selection: isPruned,
  'min-per-layer': isPruned,
  'pruning-rate': isConvergenceMethod,
  'fine-tune-epochs': onlyOf('magnitude-after-training'),
  'rewind-epoch': onlyOf('lottery-ticket'),
};

/** Every option that `settings` takes, as written there. */
export const optionNames: readonly string[] = Object.keys(SCOPES);

/** Whether the option decides how networks are trained, dense ones too. */
export function isTrainingOption(option: string): boolean {
  return SCOPES[option] === 'training';
}

/** Whether the option makes a difference to how `method` prunes. */
export function concernsMethod(option: string, method: string): boolean {
  const scope = SCOPES[option];
  if (typeof scope !== 'function') return false;
  // A control spoils a method's choice, and heeds what the method heeds.
  const [name] = method.split('+');
  if (scope === isStructuredMethod || !isStructuredMethod(name)) return scope(name);
  // Otherwise a structured method heeds what its criterion does.
  return scope(channelCriterionOf(name).name);
}

/** `inner-lr` as the flag `innerLr`. */
export function flagName(option: string): string {
  return option.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
