/** One resolved request from flags, settings and a network: who wins, and what holds where nobody says anything. */
import { describe, expect, it } from 'vitest';
import { names } from '../../../server/cli/optionValues';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import { resolveRequest, resolveTraining } from '../../../server/request/resolve';
import type { ModelRequest, RequestFlags, TrainingRequestFlags } from '../../../server/request/types';
import type { Settings } from '../../../server/settings/types';
import { chain } from '../../support/networks';

const classifier = createNetwork(chain([4], ['fc', 'Dense', { units: 5 }], ['out', 'Dense', { units: 3 }]));
const segmentation = createNetwork(chain([4, 4, 1], ['conv', 'Conv2D', { filters: 2, kernelSize: 1 }]));

const resolve = (flags: RequestFlags, settings: Settings = {}, network = classifier) =>
  resolveRequest({ specifier: 'model.ts', flags, settings, network });
const resolveTrained = (flags: TrainingRequestFlags, settings: Settings = {}) =>
  resolveTraining({ specifier: 'model.ts', flags, settings, network: classifier });

it('has every option where nothing is given', () => {
  expect(resolve({})).toEqual({
    specifier: 'model.ts',
    backend: 'auto',
    seed: 0,
    prunable: ['fc/kernel', 'out/kernel'],
    objective: {},
    batchSize: 128,
    scoring: {
      options: {
        steps: 3,
        innerLearningRate: 'auto',
        innerMomentum: 0.9,
        innerWeightDecay: 0,
        innerOptimizer: 'momentum',
        innerEpsilon: 1e-8,
        variant: 'exact',
        sameBatch: false,
        warmUpBatches: 0,
      },
      batchSize: 128,
      exactPredictor: false,
    },
    selection: { scope: 'global', minPerLayer: 0 },
    channels: { scope: 'global', minPerLayer: 1, of: 'channels', adapt: 'keep' },
    recorded: {},
  });
  expect(resolveTrained({})).toMatchObject({
    training: { epochs: 10, batchSize: 128, seed: 0, optimizer: { kind: 'sgd' } },
    convergence: { rewindEpoch: 0 },
  });
});

const settings: Settings = {
  file: '/workspace/prunelens.json',
  seed: 7,
  backend: 'cpu',
  batchSize: 64,
  predictor: '/workspace/own.safetensors',
  data: { name: 'faces', baseFolder: '/work' },
  prunable: { exclude: ['out'], minPerLayer: 2 },
  scoring: { steps: 5, batchSize: 16 },
};
const given: Settings = { batchSize: 64 };

describe('flags come before settings, and settings before defaults', () => {
  it.each<[what: string, flags: RequestFlags, settings: Settings, of: (request: ModelRequest) => unknown, is: unknown]>(
    [
      ['seed, settings', {}, settings, ({ seed }) => seed, 7],
      ['seed, flag', { seed: 1 }, settings, ({ seed }) => seed, 1],
      ['backend, settings', {}, settings, ({ backend }) => backend, 'cpu'],
      ['backend, flag', { backend: 'reference' }, settings, ({ backend }) => backend, 'reference'],
      ['Python, nothing', {}, {}, ({ interpreter }) => interpreter, undefined],
      ['Python, settings', {}, { python: '/s' }, ({ interpreter }) => interpreter, { setting: '/s' }],
      [
        'Python, flag and editor',
        { python: 'python3', editorPython: { path: '/e', origin: 'the Python extension' } },
        { python: '/s' },
        ({ interpreter }) => interpreter,
        { flag: 'python3', editor: { path: '/e', origin: 'the Python extension' }, setting: '/s' },
      ],
      ['predictor, settings', {}, settings, ({ scoring }) => scoring.predictor, '/workspace/own.safetensors'],
      ['predictor, flag', { predictor: 'mine' }, settings, ({ scoring }) => scoring.predictor, 'mine'],
      ['prunable, settings', {}, settings, ({ prunable }) => prunable, ['fc/kernel']],
      ['prunable, flag', { exclude: ['fc'] }, settings, ({ prunable }) => prunable, ['out/kernel']],
      ['weights a layer, settings', {}, settings, ({ selection }) => selection.minPerLayer, 2],
      ['weights a layer, flag', { minPerLayer: 0 }, settings, ({ selection }) => selection.minPerLayer, 0],
      ['channels a layer, settings', {}, settings, ({ channels }) => channels.minPerLayer, 2],
      ['channels a layer, flag', { minPerLayer: 0 }, settings, ({ channels }) => channels.minPerLayer, 0],
      ['steps, settings', {}, settings, ({ scoring }) => scoring.options.steps, 5],
      ['steps, flag', { steps: 2 }, settings, ({ scoring }) => scoring.options.steps, 2],
      ['batch to score on, settings', {}, settings, ({ scoring }) => scoring.batchSize, 16],
      ['batch to score on, flag', { pruningBatchSize: 8 }, settings, ({ scoring }) => scoring.batchSize, 8],
      ['batch to score on, that of training', {}, given, ({ scoring }) => scoring.batchSize, 64],
      ['batch to score on, flag of training', { batchSize: 32 }, given, ({ scoring }) => scoring.batchSize, 32],
      ['data, settings', {}, settings, ({ data }) => data, { given: 'faces', name: 'faces', baseFolder: '/work' }],
      ['data, flag', { data: 'mnist' }, settings, ({ data }) => data, { given: 'mnist', name: 'mnist' }],
      ['selection, flag', { selection: 'per-layer' }, {}, ({ selection }) => selection.scope, 'per-layer'],
      ['settings file', {}, settings, ({ settingsFile }) => settingsFile, '/workspace/prunelens.json'],
    ],
  )('%s', (_, flags, from, of, is) => expect(of(resolve(flags, from))).toEqual(is));

  it('in training too', () => {
    const from: Settings = { epochs: 4, optimizer: { kind: 'adam' }, loss: 'dice' };
    expect(resolveTrained({}, from).training).toMatchObject({ epochs: 4, optimizer: { kind: 'adam' }, loss: 'dice' });
    const flags: TrainingRequestFlags = { epochs: 2, optimizer: 'sgd', lr: 0.5, fineTuneEpochs: 1, rewindEpoch: 1 };
    const { training, convergence } = resolveTrained(flags, from);
    expect(training).toMatchObject({ epochs: 2, optimizer: { kind: 'sgd', learningRate: 0.5 } });
    expect(convergence).toMatchObject({ fineTuning: { ...training, epochs: 1 }, rewindEpoch: 1 });
  });
});

describe('noise', () => {
  it.each([
    [classifier, 'noise:4:3'],
    [segmentation, 'noise:4x4x1:2:pixels'],
  ])('alone has the shape and the classes of the model', (network, name) => {
    expect(resolve({ data: 'noise' }, {}, network).data).toEqual({ given: 'noise', name });
    const inSettings = resolve({}, { data: { name: 'noise', baseFolder: '/work' } }, network);
    expect(inSettings.data).toEqual({ given: 'noise', name, baseFolder: '/work' });
  });

  it('that is spelled out stays so', () => {
    expect(resolve({ data: 'noise:4:3:64' }).data).toEqual({ given: 'noise:4:3:64', name: 'noise:4:3:64' });
  });
});

describe('columns of CSV data', () => {
  const nameOf = (flags: RequestFlags, from: Settings = {}) => resolve(flags, from).data?.name;
  const columns = { inputs: ['a', 'b'], labels: ['y'] };

  it('are part of its name, with the scaling', () => {
    expect(nameOf({ data: 'x.csv' })).toBe('x.csv?scaling=standard');
    expect(nameOf({ data: 'x.csv', inputColumns: ['a', 'b c'], labelColumns: ['y'], columnScaling: 'none' })).toBe(
      'x.csv?labels=y&inputs=a,b%20c&scaling=none',
    );
  });

  it('are those of flags, then of the name, then of settings', () => {
    const from: Settings = { columns, data: { name: 'x.csv', baseFolder: '/work' } };
    expect(nameOf({}, from)).toBe('x.csv?labels=y&inputs=a,b&scaling=standard');
    expect(nameOf({ data: 'x.csv?labels=z' }, from)).toBe('x.csv?labels=z&inputs=a,b&scaling=standard');
    expect(nameOf({ data: 'x.csv?labels=z', labelColumns: ['w'] }, from)).toBe(
      'x.csv?labels=w&inputs=a,b&scaling=standard',
    );
  });

  it('may be those of files in a folder', () => {
    expect(nameOf({ data: 'folder' })).toBe('folder');
    expect(nameOf({ data: 'folder', labelColumns: ['y'] })).toBe('folder?labels=y');
  });

  it('are refused for what has none, and settings of them are for other data', () => {
    for (const data of ['mnist', 'noise', 'cells:8x8', 'arrays.npz']) {
      expect(() => nameOf({ data, labelColumns: ['y'] })).toThrow(
        /^Columns are chosen, but the data set .* has none\.$/,
      );
      expect(nameOf({ data }, { columns })).not.toContain('?');
    }
  });
});

it('is plain data that another process can be sent', () => {
  const request = resolveTrained({ data: 'noise', epochs: 2, pruningRate: 0.5, weights: 'w.safetensors' }, settings);
  expect(JSON.parse(JSON.stringify(request))).toEqual(request);
});

describe('how a backend computes', () => {
  it('comes from flags, then from settings', () => {
    const settings: Settings = { backend: 'torch', device: 'cuda:1', precision: 'bf16' };
    expect(resolve({ device: 'cpu', deterministic: true }, settings)).toMatchObject({
      backend: 'torch',
      computing: { device: 'cpu', precision: 'bf16', deterministic: true },
    });
  });

  it.each([{ device: 'cpu' }, { precision: 'tf32' }, { deterministic: true }] as const)(
    '%j is refused for a backend that does not heed it',
    (flags) => {
      expect(() => resolve({ backend: 'cpu', ...flags })).toThrow('is for the backend torch, and the backend is cpu.');
    },
  );

  it('is on several devices, or on one, as the nearest says', () => {
    const devices = ['cpu', 'cpu'];
    const settings: Settings = { backend: 'torch', device: 'cuda:1' };
    expect(resolve({ devices }, settings).computing).toEqual({ devices });
    expect(resolve({ device: 'cpu' }, { backend: 'torch', devices }).computing).toEqual({ device: 'cpu' });
    expect(() => resolve({ device: 'cpu', devices }, settings)).toThrow(
      '--device and --devices both say what computes.',
    );
    expect(names('cpu,cpu')).toEqual(devices);
  });

  it('normalizes by as many parts as there are devices', () => {
    const by = { data: 'noise', backend: 'torch', batchNorm: 'by-device' } as const;
    expect(resolveTrained({ ...by, devices: ['cuda:0', 'cuda:1'] }, {}).training.batchParts).toBe(2);
    expect(
      resolveTrained({ data: 'noise', backend: 'torch', devices: ['cpu', 'cpu'] }, {}).training,
    ).not.toHaveProperty('batchParts');
    expect(() => resolveTrained(by, {})).toThrow('--batch-norm by-device is for several devices.');
  });

  it('may be in settings that serve other backends too', () => {
    expect(resolve({ backend: 'cpu' }, { device: 'cuda:1' }).backend).toBe('cpu');
  });
});
