/** A sweep whose report has every part it can have, with names as long as real ones. */
import { DENSE, type RunOutcome, type SummaryRow } from '../../../server/protocol/comparison';
import type { SweepResults } from '../../../server/protocol/sweep';

const METHODS = [
  { name: DENSE, title: 'Dense' },
  { name: 'prospr', title: 'ProsPr (structured)' },
  { name: 'prospr-steps-30', title: 'ProsPr (released code), steps 30' },
  { name: 'snip', title: 'SNIP' },
  { name: 'grasp', title: 'GraSP' },
  { name: 'synflow', title: 'SynFlow' },
  { name: 'magnitude-at-convergence', title: 'Magnitude at convergence' },
  { name: 'rigl', title: 'RigL' },
  { name: 'erk', title: 'Random (ERK)' },
];
const SPARSITIES = [0.8, 0.9, 0.95, 0.98, 0.995];
const MODEL = 'resnet-20 on cifar10, batch size 128';
const WEIGHTS = [
  'stem_conv/kernel',
  ...[1, 2, 3].flatMap((stage) =>
    [1, 2, 3].flatMap((block) => ['a', 'b'].map((part) => `stage${stage}_block${block}_${part}_conv/kernel`)),
  ),
  'logits/kernel',
];
const STEPS = [0, 1, 2, 3, 5, 10, 30, 100];
const PRUNABLE = 270_896;
const MACS = 40_813_184;

const pruned = METHODS.flatMap(({ name }, at) =>
  name === DENSE ? [] : SPARSITIES.map((sparsity) => ({ method: name, at, sparsity })),
);
const accuracyOf = (sparsity: number, at: number) => 0.91 - 0.04 * sparsity ** 8 * (1 + at / 3);

function runOf(method: string, at: number, sparsity: number): RunOutcome {
  const left = 1 - sparsity;
  return {
    model: MODEL,
    method,
    sparsity,
    seed: 0,
    seconds: 1200,
    folder: `runs/${method}-${sparsity}`,
    final: { epoch: 160, trainLoss: 0.1, testLoss: 0.3, testAccuracy: accuracyOf(sparsity, at) },
    pruning: {
      prunable: PRUNABLE,
      kept: Math.round(PRUNABLE * left),
      effectiveKept: Math.round(PRUNABLE * left * 0.9),
      collapsed: [],
      seconds: 3,
      layers: WEIGHTS.map((weight, layer) => {
        const total = 432 * (layer + 1);
        const kept = sparsity > 0.99 && layer === 7 ? 0 : Math.round(total * Math.min(1, left * (0.4 + layer / 9)));
        const name = weight.split('/')[0];
        const file = '/workspace/samples/resnet-20.ts';
        return {
          layer: name,
          weight,
          shape: [3, 3, 16, 3 * (layer + 1)],
          total,
          kept,
          effectiveKept: kept,
          file,
          line: 24,
        };
      }),
      cost: {
        inference: MACS * left,
        denseInference: MACS,
        training: 3_134_452_531_200 * left,
        denseTraining: 3_134_452_531_200,
      },
      ...(method === 'rigl' && {
        changes: {
          initialKept: PRUNABLE * left,
          updates: [1, 2].map((epoch) => ({
            epoch,
            step: 100 * epoch,
            kept: PRUNABLE * left,
            dropped: 900,
            grown: 900,
          })),
        },
      }),
      ...(method === 'magnitude-at-convergence' && { trainedBefore: { epochs: 160, seconds: 1200 } }),
      ...(method === 'prospr' && {
        shrunk: {
          channels: 688,
          keptChannels: Math.round(688 * left),
          denseParameters: 272_474,
          parameters: Math.round(272_474 * left),
          denseMacs: MACS,
          macs: MACS * left,
          step: { batchSize: 128, denseSeconds: 0.5, seconds: 0.5 * left },
        },
        gradientNorms: WEIGHTS.map((weight, layer) => ({
          weight,
          metaGradient: 10 ** (-layer / 4),
          gradient: 10 ** (-layer / 6),
        })),
      }),
    },
  };
}

export function wholeSweep(): SweepResults {
  const summary: SummaryRow[] = [
    { model: MODEL, method: DENSE, sparsity: 0, runs: 3, mean: 0.9162, deviation: 0.0021 },
    ...pruned.map(({ method, at, sparsity }) => ({
      model: MODEL,
      method,
      sparsity,
      runs: 3,
      mean: accuracyOf(sparsity, at),
      deviation: 0.004,
      ...(method !== 'rigl' && { stability: 1 - at / 12 }),
      ...(method === 'prospr' && { stepRatio: 1 - sparsity }),
    })),
  ];
  return {
    format: 'prunelens-comparison-1',
    version: '0.0.0',
    backend: 'torch',
    device: 'CPU (2 threads)',
    planned: 126,
    models: [
      {
        label: MODEL,
        file: 'samples/resnet-20.ts',
        data: 'cifar10',
        settings: { epochs: '160', batchSize: '128', 'optimizer.learningRate': '0.1', pruned: WEIGHTS.join(', ') },
      },
    ],
    methods: METHODS,
    runs: pruned.map(({ method, at, sparsity }) => runOf(method, at, sparsity)),
    failures: [],
    summary,
    predictor: {
      file: 'predictors/resnet-20.safetensors',
      sha256: '00',
      trainedOn: [{ label: 'resnet-20', data: 'cifar10' }],
      seen: ['resnet-20'],
      runs: [
        {
          name: 'resnet-20 on cifar10, seed 0',
          label: 'resnet-20',
          agreements: ['AutoS', 'Magnitude', 'SNIP'].map((title) => ({
            method: title.toLowerCase(),
            title,
            rankCorrelation: 0.612,
            overlaps: SPARSITIES.map((sparsity) => ({ sparsity, overlap: 1 - sparsity / 2 })),
          })),
        },
      ],
    },
    sweep: {
      title: 'Pruning ResNet-20 at initialization and while it is trained, on CIFAR-10',
      axes: [{ option: 'steps', values: STEPS }],
      networks: [{ label: MODEL, model: 'resnet-20.ts', data: 'cifar10', settings: {}, denseMacs: MACS }],
      variants: METHODS.map(({ name }) => ({ name, method: name, settings: {} })),
      costs: summary.map(({ method, sparsity }) => ({
        model: MODEL,
        method,
        sparsity,
        nominalSparsity: sparsity,
        effectiveSparsity: sparsity + (1 - sparsity) / 8,
        sparseMacs: MACS * (1 - sparsity),
        ...(method === 'prospr' && { stepRatio: 1 - sparsity }),
        scoringSeconds: 3,
        trainingSeconds: 1200,
        totalEpochs: 160,
        totalSeconds: 1203,
      })),
      axisCurves: METHODS.slice(1, 5).flatMap(({ name, title }, at) =>
        SPARSITIES.map((sparsity) => ({
          option: 'steps',
          place: MODEL,
          method: name,
          title: `${title}, inner learning rate 0.0003`,
          sparsity,
          points: STEPS.map((value, step) => ({
            value,
            runs: 3,
            mean: accuracyOf(sparsity, at) - 0.02 / (step + 1),
            deviation: 0.003,
          })),
        })),
      ),
      published: [
        {
          model: MODEL,
          curves: [
            {
              id: 'published-prospr',
              title: 'ProsPr',
              method: 'prospr-steps-30',
              source:
                'Alizadeh et al., Prospect Pruning: Finding Trainable Weights at Initialization using Meta-Gradients, Figure 2',
              points: SPARSITIES.map((sparsity) => ({ sparsity, mean: 0.92 - 0.03 * sparsity ** 8, deviation: 0.002 })),
            },
          ],
          steps: [
            {
              source: 'the same, Table 4',
              sparsity: 0.98,
              points: STEPS.map((steps) => ({ steps, mean: 0.88 + steps / 5000, deviation: 0.002 })),
            },
          ],
          times: [
            {
              source: 'the same, Table 2',
              epochs: 200,
              points: SPARSITIES.map((sparsity) => ({ sparsity, seconds: 12_000 * (1.2 - sparsity) })),
            },
          ],
        },
      ],
    },
  };
}
