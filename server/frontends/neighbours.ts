/** The files around a text that is searched for models: what they hold, and what a search has learned of them. */
import { readFileSync, statSync } from 'node:fs';
import type { Neighbours } from './types';

/** No module that somebody writes is longer; what is longer is generated. */
export const LONGEST_MODULE = 2 ** 19;

function readFromDisk(file: string): string | undefined {
  try {
    const status = statSync(file);
    return status.isFile() && status.size <= LONGEST_MODULE ? readFileSync(file, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}

/** What is on disk now, unless `read` knows better (a document that an editor has open). For one search or one state of the files. */
export function createNeighbours(read: (file: string) => string | undefined = () => undefined): Neighbours {
  return { read: (file) => read(file) ?? readFromDisk(file), known: new Map() };
}
