/** The data set of a name, whatever reads it. */
import { type OpenDatasetOptions, openDataset } from '../data/open';
import type { Dataset } from '../protocol/data';
import { isPythonData, openPythonDataset, type PythonChoice } from './pythonData';
import type { DataChoice } from './types';

export type NamedDataOptions = Pick<OpenDatasetOptions, 'labels'> & PythonChoice;

/** Opens a data set by its name: one that is known, a path, or an expression of a Python file. @throws UserError */
export function openNamedData(
  { name, baseFolder, workers }: Pick<DataChoice, 'name' | 'baseFolder' | 'workers'>,
  { labels, interpreter, example }: NamedDataOptions,
): Promise<Dataset> {
  if (isPythonData(name)) {
    const choice = { ...(interpreter && { interpreter }), ...(workers !== undefined && { workers }) };
    return openPythonDataset(name, baseFolder ?? '.', { ...choice, ...(example && { example }) });
  }
  return openDataset(name, { ...(labels && { labels }), ...(baseFolder !== undefined && { baseFolder }) });
}
