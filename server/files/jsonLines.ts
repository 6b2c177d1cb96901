/** JSON Lines: one JSON value a line, appended as a run goes on. A process that is killed leaves at most its last line torn. */
import { open, readFile } from 'node:fs/promises';
import { UserError } from '../protocol/errors';
import { fileFailure } from './failures';

/**
 * The values of all complete lines of `path`. What follows the last line break is a line that was never finished and is
 * left out. A missing file or a complete line that is not JSON is a UserError with the line's number.
 */
export async function readJsonLines(path: string): Promise<unknown[]> {
  const text = await readFile(path, 'utf8').catch((error) => {
    throw fileFailure(error, 'read', path);
  });
  const values: unknown[] = [];
  for (const [index, line] of text.split('\n').slice(0, -1).entries()) {
    if (line.trim() === '') continue;
    try {
      values.push(JSON.parse(line));
    } catch {
      throw new UserError(`${path}:${index + 1}: this line is not JSON.`);
    }
  }
  return values;
}

/**
 * Appends `value` as one line, after cutting off a torn last line. Creates the file where it is missing. If the line cannot
 * be written whole, the file keeps its complete lines only and a UserError says why.
 */
export async function appendJsonLine(path: string, value: unknown): Promise<void> {
  try {
    // 'a' creates the file but cannot cut it; 'r+' is the mode that can.
    await (await open(path, 'a')).close();
    const file = await open(path, 'r+');
    try {
      const end = await endOfCompleteLines(file);
      await file.truncate(end);
      const line = Buffer.from(`${JSON.stringify(value)}\n`);
      try {
        for (let done = 0; done < line.length; ) {
          done += (await file.write(line, done, line.length - done, end + done)).bytesWritten;
        }
        await file.sync();
      } catch (error) {
        await file.truncate(end).catch(() => {});
        throw error;
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileFailure(error, 'write', path);
  }
}

/** The offset after the last line break, found backwards from the end. */
async function endOfCompleteLines(file: Awaited<ReturnType<typeof open>>): Promise<number> {
  const window = Buffer.alloc(65536);
  for (let end = (await file.stat()).size; end > 0; ) {
    const begin = Math.max(0, end - window.length);
    await file.read(window, 0, end - begin, begin);
    const lineBreak = window.subarray(0, end - begin).lastIndexOf(0x0a);
    if (lineBreak >= 0) return begin + lineBreak + 1;
    end = begin;
  }
  return 0;
}
