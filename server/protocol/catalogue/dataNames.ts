/** Names of data, as far as one can tell from them where it is. */
import { DATASET_NAMES } from './datasets';

/** What may follow the path of a table: a choice of columns. */
const COLUMNS = /\?[a-z]+=.*$/is;

/** Whether a data set is one of torchvision's: `torchvision:CIFAR10`, read by the user's Python. */
export function isTorchvision(name: string): boolean {
  return name.startsWith('torchvision:');
}

/** The path in the name of a data set; undefined of one that has a name of its own, or is made up. */
export function pathInDataName(name: string): string | undefined {
  if (DATASET_NAMES.includes(name) || /^(?:noise|cells)(?::|$)/.test(name) || isTorchvision(name)) return undefined;
  return name.replace(COLUMNS, '');
}
