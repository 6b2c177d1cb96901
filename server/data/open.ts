/** Data sets by name or path. */
import { existsSync, type Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { errorCode, fileFailure } from '../files/failures';
import { DATASETS, DATASET_NAMES as NAMES_WITH_DATA } from '../protocol/catalogue/datasets';
import type { Dataset, LabelFormat } from '../protocol/data';
import { UserError, usageError } from '../protocol/errors';
import { isArrayFile, openArrays } from './arrays';
import { isCells, openCells } from './cells';
import { isCifarFolder, openCifar } from './cifar';
import { isCsvFile, isUnsaid, parseDataName } from './csv/choice';
import { type CsvOptions, isCsvFolder, openCsv, openCsvFolder } from './csv/open';
import { normalizedDataset, type RawDataset } from './examples';
import { type IdxKnowledge, isIdxFolder, openIdx } from './idx';
import { isImageFolder, openImages } from './images';
import { openMaskFolder } from './maskFolders';
import { openMnist } from './mnist';
import { isNoise, openNoise } from './noise';
import { checkNormalization, type Normalization } from './normalization';
import { channelsOf } from './values';

export interface OpenDatasetOptions {
  readonly normalize?: Normalization;
  /** Where relative paths and well-known folders start; the working folder by default. */
  readonly baseFolder?: string;
  /** Labels of an example as the model has them that the data is for, where the data alone does not tell. */
  readonly labels?: LabelFormat;
}

/** A data set that does not ship with the product: where it is looked for, and what it must consist of. */
interface NamedFolder {
  readonly folders: readonly string[];
  readonly files: string;
  readonly known?: IdxKnowledge;
}

const NAMED_FOLDERS: { readonly [name: string]: NamedFolder } = {
  [DATASETS.fashionMnist.name]: {
    folders: ['data/fashion-mnist', 'data/FashionMNIST/raw', 'fashion-mnist'],
    files:
      'its four files (train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz)',
    known: {
      classes: 10,
      classNames: [
        'T-shirt/top',
        'Trouser',
        'Pullover',
        'Dress',
        'Coat',
        'Sandal',
        'Shirt',
        'Sneaker',
        'Bag',
        'Ankle boot',
      ],
    },
  },
  [DATASETS.cifar10.name]: {
    folders: ['data/cifar10', 'data/cifar-10-batches-bin', 'cifar10', 'cifar-10-batches-bin'],
    files: 'the files of its binary version (data_batch_1.bin to data_batch_5.bin, test_batch.bin)',
  },
  [DATASETS.cifar100.name]: {
    folders: ['data/cifar100', 'data/cifar-100-binary', 'cifar100', 'cifar-100-binary'],
    files: 'the files of its binary version (train.bin, test.bin)',
  },
};

/** Names that `openDataset` knows, besides paths. */
export const DATASET_NAMES: readonly string[] = [...NAMES_WITH_DATA, 'noise:SHAPE:CLASSES'];

/**
 * Opens a data set: a known name, a folder (IDX, CIFAR binary, images, images with masks, CSV), an array file (.safetensors, .npz), or
 * a CSV file, behind whose name (or that of its folder) columns may be chosen (`csv/choice.ts`). Everything
 * that can be wrong with the files is a UserError now, not while training. Images are kept as bytes and normalized
 * when they are read.
 */
export async function openDataset(nameOrPath: string, options: OpenDatasetOptions = {}): Promise<Dataset> {
  if (isNoise(nameOrPath)) return openNoise(nameOrPath);
  const raw = await openRaw(nameOrPath, resolve(options.baseFolder ?? '.'), options.labels);
  checkNormalization(options.normalize, raw.name, raw.channels ?? channelsOf(raw.shape));
  return normalizedDataset(raw, options.normalize);
}

async function openRaw(nameOrPath: string, baseFolder: string, labels: LabelFormat | undefined): Promise<RawDataset> {
  if (nameOrPath === DATASETS.mnist.name) return openMnist();
  if (isCells(nameOrPath)) return openCells(nameOrPath);
  if (Object.hasOwn(NAMED_FOLDERS, nameOrPath)) return openNamed(nameOrPath, NAMED_FOLDERS[nameOrPath], baseFolder);
  const { path, columns } = parseDataName(nameOrPath);
  return openPath(path, resolve(baseFolder, path), { columns, ...(labels && { labels }) });
}

async function openNamed(
  name: string,
  { folders, files, known }: NamedFolder,
  baseFolder: string,
): Promise<RawDataset> {
  const folder = folders.map((candidate) => join(baseFolder, candidate)).find((candidate) => existsSync(candidate));
  if (folder === undefined) {
    throw new UserError(`${name} does not ship with PruneLens and is not in ${join(baseFolder, folders[0])}.`, {
      hint: `Put ${files} there, or give the path of the folder that holds them.`,
    });
  }
  return openFolder(name, folder, { columns: {} }, known);
}

async function openPath(given: string, path: string, csv: CsvOptions): Promise<RawDataset> {
  let found: Stats;
  try {
    found = await stat(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' || /[\\/.]/.test(given)) throw fileFailure(error, 'read', path);
    throw usageError(
      `There is no data set '${given}'.`,
      `Known are ${DATASET_NAMES.join(', ')}, and paths of folders and of .safetensors, .npz and .csv files.`,
    );
  }
  const name = basename(path);
  if (found.isDirectory()) return openFolder(name, path, csv);
  if (isCsvFile(path)) return openCsv(name, path, csv);
  checkUnsaid(csv, path);
  if (isArrayFile(path)) return openArrays(name, path, csv.labels);
  throw new UserError(`${path} is not a data set: it is neither a folder nor a .safetensors, .npz or .csv file.`);
}

/** @throws UserError (usage) where columns are chosen of what has none. */
function checkUnsaid({ columns }: CsvOptions, path: string): void {
  if (isUnsaid(columns)) return;
  throw usageError(
    `Columns are chosen, but ${path} has none: it is neither a CSV file nor a folder with train.csv and test.csv.`,
    'Leave out --input-columns, --label-columns and --column-scaling, or "columns" in the settings.',
  );
}

async function openFolder(name: string, folder: string, csv: CsvOptions, known?: IdxKnowledge): Promise<RawDataset> {
  const entries = await readdir(folder).catch((error) => {
    throw fileFailure(error, 'read', folder);
  });
  if (isCsvFolder(entries)) return openCsvFolder(name, folder, csv);
  checkUnsaid(csv, folder);
  if (isIdxFolder(entries)) return openIdx(name, folder, entries, known);
  if (isCifarFolder(entries)) return openCifar(name, folder, entries);
  const masked = await openMaskFolder(name, folder);
  if (masked) return masked;
  if (isImageFolder(entries)) return openImages(name, folder, entries);
  throw new UserError(`${folder} is not a data set that is known here.`, {
    hint: 'It should hold IDX files, CIFAR binary files, train/<class>/… and test/<class>/… with PNG or JPEG images, images/ and masks/ with a PNG mask for each image, or train.csv and test.csv.',
  });
}
