/** The catalogue, made from the lists of criteria, objectives and backends. */
import { BACKENDS } from '../executors/backends';
import { OBJECTIVES, type Objective, objectiveNames } from '../objectives';
import { CONVERGENCE_OPTIONS, DYNAMIC_OPTIONS, SELECTION_OPTIONS } from '../protocol/catalogue/options';
import type { BackendDefinition, Catalogue, MethodDefinition } from '../protocol/catalogue/types';
import type { Criterion } from '../pruning';
import { methodDefinition, SHARED_OPTIONS, weightMethodDefinition } from '../pruning/options';
import { type ChannelCriterion, channelCriteria } from '../pruning/structured/criteria';
import { methods } from './methods';

const { pruningRate, fineTuneEpochs, rewindEpoch } = CONVERGENCE_OPTIONS;
const selection = Object.values(SELECTION_OPTIONS);

/** Methods that train the network before they prune it. */
export const CONVERGENCE_METHODS = [
  {
    name: 'magnitude-after-training',
    title: 'Magnitude after training',
    description: 'The smallest of the trained weights go, and the others are trained again.',
    needsData: true,
    options: [...selection, pruningRate, fineTuneEpochs],
  },
  {
    name: 'lottery-ticket',
    title: 'Lottery ticket',
    description: 'The smallest of the trained weights go, and the others are trained again from their early values.',
    needsData: true,
    options: [...selection, pruningRate, rewindEpoch],
  },
] as const satisfies readonly MethodDefinition[];

const { initialMask, initialSparsity, updateEvery, dropFraction, updateEnd } = DYNAMIC_OPTIONS;
/** Which weights an initial mask keeps. */
const ofInitialMask = [initialMask, ...selection, SHARED_OPTIONS.ratios];

/** Methods that change masks while they train, to the same final sparsity. */
export const DYNAMIC_METHODS: readonly MethodDefinition[] = [
  {
    name: 'set',
    title: 'SET',
    description: 'While training, the smallest weights of each layer give way to others drawn by chance.',
    needsData: true,
    options: [...ofInitialMask, updateEvery, dropFraction, updateEnd],
  },
  {
    name: 'rigl',
    title: 'RigL',
    description: 'While training, the smallest weights of each layer give way to those with the largest gradients.',
    needsData: true,
    options: [...ofInitialMask, updateEvery, dropFraction, updateEnd],
  },
  {
    name: 'gmp',
    title: 'GMP',
    description: 'While training, ever more of the smallest weights go (gradual magnitude pruning).',
    needsData: true,
    options: [...selection, updateEvery, updateEnd],
  },
  {
    name: 'granet',
    title: 'GraNet',
    description:
      'While training, ever more of the smallest weights go, and some give way to those with the largest gradients.',
    needsData: true,
    options: [...ofInitialMask, initialSparsity, updateEvery, { ...dropFraction, default: 0.5 }, updateEnd],
  },
];

/** What a catalogue is made from: a toy criterion or backend in a test is one more entry. */
export interface CatalogueParts {
  readonly criteria?: readonly Criterion[];
  readonly channelCriteria?: readonly ChannelCriterion[];
  readonly backends?: readonly BackendDefinition[];
  readonly objectives?: readonly Objective[];
}

export function createCatalogue(parts: CatalogueParts = {}): Catalogue {
  return {
    methods: (parts.criteria ?? methods).map(weightMethodDefinition),
    channelMethods: (parts.channelCriteria ?? channelCriteria).map(methodDefinition),
    convergenceMethods: CONVERGENCE_METHODS,
    dynamicMethods: DYNAMIC_METHODS,
    backends: parts.backends ?? BACKENDS,
    objectives: objectiveNames(parts.objectives ?? OBJECTIVES),
  };
}

/** What there is. */
export const CATALOGUE = createCatalogue();
