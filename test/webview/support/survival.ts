/** Pictures of a survival data set as a host would tell them. */
import type { DensityPlane, SurvivalReport } from '../../../server/protocol/survival';
import type { PageMessage } from '../../../server/protocol/webview';

const axis = (title: string) => ({ title, low: 0, high: 1, bins: 8 });
const plane = (title: string): DensityPlane => ({
  title,
  x: axis('initial weight'),
  y: axis('iterations survived'),
  counts: Array.from({ length: 64 }, (_, cell) => (cell * 7) % 23),
  means: Array.from({ length: 8 }, (_, column) => column / 8),
  rankCorrelation: 0.61,
});

export const SURVIVAL: SurvivalReport = {
  format: 'prunelens-survival-report-1',
  version: '0.0.0',
  dataset: 'survival',
  runs: [
    {
      name: 'lenet-0',
      label: 'lenet',
      data: 'mnist',
      seed: 0,
      criterion: 'magnitude',
      schedule: 'constant',
      iterations: 3,
      finalSparsity: 0.9,
      weights: 266_200,
      drawn: 266_200,
      accuracies: [0.5, 0.8, 0.9].map((sparsity) => ({ sparsity, testAccuracy: 0.97 })),
      planes: ['Initial weight', 'GraSP', 'ProsPr'].map(plane),
      layers: ['fc1', 'fc2', 'logits'].map((name, at) => ({
        weight: `${name}/kernel`,
        size: 1000,
        alive: [1, 0.6 + 0.1 * at, 0.4, 0.1 + 0.05 * at],
      })),
      predictors: [
        {
          title: 'weights and gradients',
          file: 'lenet.safetensors',
          isSeen: true,
          planes: [plane('Before'), plane('After')],
        },
      ],
    },
  ],
};

/** Answers the question of the survival page. */
export function answerSurvival(message: PageMessage): unknown {
  if (message.kind === 'action')
    return message.action === 'ready' ? { report: 'lenet.json', methods: [], theme: 'dark' } : null;
  return SURVIVAL;
}
