/** Results of segmentations, as a report has them. */
import { type Comparison, DENSE, type SummaryRow } from '../../../server/protocol/comparison';
import type { SweepResults } from '../../../server/protocol/sweep';

const row = (method: string, sparsity: number, mean: number, iou: number, spread: number | null): SummaryRow => ({
  model: 'unet',
  method,
  sparsity,
  runs: spread === null ? 1 : 3,
  mean,
  deviation: spread,
  meanIoU: { mean: iou, deviation: spread === null ? null : 2 * spread },
});

export function comparisonOfCells(): Comparison {
  return {
    format: 'prunelens-comparison-1',
    version: '0.0.0',
    backend: 'cpu',
    device: 'CPU',
    planned: 5,
    models: [{ label: 'unet', file: 'unet.ts', data: 'cells', settings: { epochs: '5' } }],
    methods: [
      { name: DENSE, title: 'Dense' },
      { name: 'prospr', title: 'ProsPr' },
      { name: 'snip', title: 'SNIP' },
    ],
    runs: [],
    failures: [],
    summary: [
      row(DENSE, 0, 0.95, 0.81, null),
      row('prospr', 0.9, 0.93, 0.7, 0.01),
      row('prospr', 0.98, 0.91, 0.6, null),
      row('snip', 0.9, 0.92, 0.65, 0.01),
      row('snip', 0.98, 0.88, 0.5, null),
    ],
  };
}

export function sweepOfCells(): SweepResults {
  const point = (value: number, iou: number) => ({
    value,
    mean: 0.9,
    deviation: null,
    runs: 1,
    meanIoU: { mean: iou, deviation: null },
  });
  return {
    ...comparisonOfCells(),
    sweep: {
      title: 'Steps on cells',
      axes: [{ option: 'steps', values: [0, 3] }],
      networks: [{ label: 'unet', model: 'unet.ts', data: 'cells', settings: {}, denseMacs: 1000 }],
      variants: [],
      costs: [],
      axisCurves: [
        {
          option: 'steps',
          place: 'unet',
          method: 'prospr',
          title: 'ProsPr',
          sparsity: 0.98,
          points: [point(0, 0.5), point(3, 0.6)],
        },
      ],
      published: [],
    },
  };
}
