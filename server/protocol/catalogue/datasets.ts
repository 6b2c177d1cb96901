/** The data sets that have names; all others are paths. How each is opened is in `data/open.ts`. */
import type { DatasetDefinition } from './types';

export const DATASETS = {
  mnist: {
    name: 'mnist',
    title: 'MNIST',
    description: '28 × 28 × 1, 10 classes',
    origin: 'Ships with PruneLens.',
  },
  fashionMnist: {
    name: 'fashion-mnist',
    title: 'Fashion-MNIST',
    description: '28 × 28 × 1, 10 classes',
    origin: 'Its four files in data/fashion-mnist, beside the settings file or in the workspace folder.',
  },
  cifar10: {
    name: 'cifar10',
    title: 'CIFAR-10',
    description: '32 × 32 × 3, 10 classes',
    origin: 'Its binary version in data/cifar10, beside the settings file or in the workspace folder.',
  },
  cifar100: {
    name: 'cifar100',
    title: 'CIFAR-100',
    description: '32 × 32 × 3, 100 classes',
    origin: 'Its binary version in data/cifar100, beside the settings file or in the workspace folder.',
  },
  cells: {
    name: 'cells',
    title: 'Cells',
    description: '32 × 32 × 1, 3 classes of pixels',
    origin: 'Generated images of cells, for segmentation.',
  },
  noise: {
    name: 'noise',
    title: 'Gaussian noise',
    origin: 'Random inputs and labels: enough to try things out, but scores and accuracies say nothing of real data.',
  },
} as const satisfies { readonly [key: string]: DatasetDefinition };

/** Names of the data sets that hold data, noise left out. */
export const DATASET_NAMES: readonly string[] = Object.values(DATASETS)
  .map(({ name }) => name)
  .filter((name) => name !== DATASETS.noise.name);
