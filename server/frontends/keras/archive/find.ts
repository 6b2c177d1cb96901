/** Whether a file is a model that Keras has saved: a look at its ends. */
import { openRegular, readRange } from '../../../files/regular';
import type { FoundDefinition } from '../../types';

/** Where the attributes of an HDF5 file, and the list of what is in an archive, are found. */
const END = 2 ** 16;

const MARKS = [
  // A zip archive ends in its list of files.
  { begins: 'PK', holds: 'config.json', at: 'end' },
  { begins: '\x89HDF\r\n', holds: 'model_config', at: 'start' },
] as const;

const START_OF_FILE = { line: 1, column: 1 };

/** The model that the file is: one, or none. */
export async function findInArchive(path: string): Promise<readonly FoundDefinition[]> {
  const file = await openRegular(path);
  try {
    const { size } = await file.stat();
    const length = Math.min(size, END);
    const textAt = async (position: number) =>
      Buffer.from(await readRange(file, path, position, length)).toString('latin1');
    const start = await textAt(0);
    const mark = MARKS.find(({ begins }) => start.startsWith(begins));
    if (!mark) return [];
    const looked = mark.at === 'start' ? start : await textAt(size - length);
    return looked.includes(mark.holds)
      ? [{ kind: 'keras-json', range: { start: START_OF_FILE, end: START_OF_FILE } }]
      : [];
  } finally {
    await file.close();
  }
}
