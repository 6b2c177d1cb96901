/** Which fields a form has for which work, and in what order. */
import type { FormKind } from '../../server/protocol/catalogue/derive';

export interface Section {
  readonly id: string;
  readonly title: string;
  /** Names of flags. */
  readonly fields: readonly string[];
  /** Those that are seldom changed. */
  readonly more?: readonly string[];
  /** What the chosen methods heed is among the latter. */
  readonly hasMethodOptions?: true;
}

const DATA: Section = { id: 'data', title: 'Data', fields: ['data', 'limit'] };

const TRAINING: Section = {
  id: 'training',
  title: 'Training',
  fields: ['epochs', 'batchSize', 'optimizer', 'lr', 'momentum', 'weightDecay', 'schedule', 'milestones'],
  more: [
    'warmup',
    'nesterov',
    'decayExclude',
    'clipGradient',
    'crop',
    'flip',
    'objective',
    'huberDelta',
    'labelSmoothing',
  ],
};

const COMPUTING: Section = {
  id: 'computing',
  title: 'Computing',
  fields: ['backend', 'device', 'precision', 'seed'],
  more: ['deterministic'],
};

/** Which layers, and which weights they begin with. */
const OF_MODEL = ['include', 'exclude', 'weights'];

const pruning = (title: string, fields: readonly string[]): Section => ({
  id: 'pruning',
  title,
  fields,
  more: OF_MODEL,
  hasMethodOptions: true,
});

export const SECTIONS: { readonly [Kind in FormKind]: readonly Section[] } = {
  train: [DATA, pruning('Pruning', ['method', 'sparsity']), TRAINING, COMPUTING],
  sweep: [
    DATA,
    pruning('Pruning', ['methods', 'sparsities', 'seeds']),
    TRAINING,
    { ...COMPUTING, fields: ['backend', 'device', 'precision'] },
    { id: 'file', title: 'File', fields: ['file'] },
  ],
  compare: [DATA, pruning('Pruning', ['methods', 'sparsities', 'seeds']), TRAINING, COMPUTING],
  search: [
    DATA,
    pruning('Search', ['method', 'metric', 'tolerance', 'rounds', 'maxSparsity', 'seeds']),
    TRAINING,
    COMPUTING,
  ],
  learn: [
    DATA,
    { id: 'pruning', title: 'Learning', fields: ['name', 'iterations', 'finalSparsity', 'seeds'], more: OF_MODEL },
    TRAINING,
    COMPUTING,
  ],
  shrink: [
    { ...DATA, fields: ['data'] },
    pruning('Channels', ['method', 'sparsity', 'sparsityOf', 'adapt', 'folder', 'measure']),
    { id: 'computing', title: 'Computing', fields: ['backend', 'device', 'batchSize', 'seed'] },
  ],
};

/** What the button that begins the work says. */
export const START_LABELS: { readonly [Kind in FormKind]: string } = {
  train: 'Train',
  compare: 'Compare',
  sweep: 'Write and run',
  search: 'Search',
  learn: 'Learn',
  shrink: 'Make smaller',
};
