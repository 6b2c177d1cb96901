/** Which networks a comparison trains, and where each run is kept. */
import { basename, extname } from 'node:path';
import { DENSE, type RunKey } from '../protocol/comparison';
import { usageError } from '../protocol/errors';
import { splitModelName } from '../protocol/modelNames';

export interface Grid {
  /** Labels of the models. */
  readonly models: readonly string[];
  readonly methods: readonly string[];
  readonly sparsities: readonly number[];
  readonly seeds: readonly number[];
  readonly dense: boolean;
}

/** All runs, one seed after the other, so that an early look shows every method. */
export function planRuns({ models, methods, sparsities, seeds, dense }: Grid): RunKey[] {
  return seeds.flatMap((seed) =>
    models.flatMap((model) => [
      ...(dense ? [{ model, method: DENSE, sparsity: 0, seed }] : []),
      ...methods.flatMap((method) => sparsities.map((sparsity) => ({ model, method, sparsity, seed }))),
    ]),
  );
}

/** Folder of a run of an earlier version, relative to the comparison's, with `/` between its parts. */
export function runFolder({ model, method, sparsity, seed }: RunKey): string {
  return `runs/${model}/${method}-${sparsity}-${seed}`;
}

/** Folder of a run below that of all runs. @param hash Digits of the hash of what the run is (`identity.ts`). */
export function namedFolder({ model, method, sparsity, seed }: RunKey, hash: string): string {
  return `${model}/${method}-${sparsity}-${seed}-${hash}`;
}

/**
 * A short name for each model, unique and fit for a folder: the file's, and the export's where that is not the default one.
 *
 * @throws UserError (usage) where a model is named twice.
 */
export function labelModels(specifiers: readonly string[]): string[] {
  const repeated = specifiers.find((specifier, index) => specifiers.indexOf(specifier) !== index);
  if (repeated !== undefined) throw usageError(`The model ${repeated} is named twice.`);
  const used = new Map<string, number>();
  return specifiers.map((specifier) => {
    const { file, exportName } = splitModelName(specifier);
    const stem = basename(file, extname(file));
    const name = exportName === undefined || exportName === 'default' ? stem : `${stem}-${exportName}`;
    const label = name.replace(/[^\w.-]/g, '_');
    const count = (used.get(label) ?? 0) + 1;
    used.set(label, count);
    return count === 1 ? label : `${label}-${count}`;
  });
}
