/** The rows of a CSV file, read as a stream: no more of the text is in memory than is being read. */
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import { fileFailure } from '../../files/failures';
import { memoryLimit } from '../../files/memory';
import { UserError } from '../../protocol/errors';
import { readWholeLines } from './wholeLines';

/** So many bytes are looked at for the separator. */
const HEADER_BYTES = 1 << 16;

/** Commas, unless the header has none and has semicolons or tabs. */
async function separatorOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
    const [header] = buffer.toString('utf8', 0, bytesRead).split(/\r|\n/, 1);
    return [',', ';', '\t'].find((separator) => header.includes(separator)) ?? ',';
  } finally {
    await file.close();
  }
}

/** What csv-parse found wrong with the file. */
function malformed(error: CsvError, path: string): UserError {
  const { code, lines } = error as CsvError & { readonly lines?: number };
  const location = { file: path, line: lines ?? 1, column: 1 };
  if (code === 'CSV_QUOTE_NOT_CLOSED' || code === 'CSV_MAX_RECORD_SIZE') {
    return new UserError('A quote is opened and not closed.', { location });
  }
  return new UserError(`This is not CSV: ${error.message}.`, { location });
}

/**
 * Gives the cells of each row, the header first, to `take` with the number of its line; empty lines are left out. What `take` throws
 * ends it.
 * @throws UserError where the file cannot be read, or is not CSV.
 */
export async function readRows(path: string, take: (cells: readonly string[], line: number) => void): Promise<void> {
  let failure: unknown;
  try {
    const parser = parse({
      bom: true,
      delimiter: await separatorOf(path),
      relax_column_count: true,
      skip_empty_lines: true,
      // Lines are shorter: beyond that a quote was not closed.
      max_record_size: memoryLimit('row'),
      on_record: (cells: string[], { lines }) => {
        try {
          take(cells, lines);
        } catch (error) {
          failure = error;
          throw error;
        }
        return null;
      },
    });
    parser.resume();
    await pipeline(readWholeLines(path), parser);
  } catch (error) {
    if (failure !== undefined) throw failure;
    if (error instanceof UserError) throw error;
    throw error instanceof CsvError ? malformed(error, path) : fileFailure(error, 'read', path);
  }
}
