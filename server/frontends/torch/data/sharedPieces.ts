/** Memory of a process that reads data: it writes large batches there, which so take no way through a pipe (Linux). See `python/data/memory.py`. */
import { type FileHandle, open } from 'node:fs/promises';
import { countOf, fieldsOf } from '../../../processes/fields';
import { type Frame, FrameError } from '../../../processes/frames';
import { UserError } from '../../../protocol/errors';

/** The pieces of memory of one process. */
export interface Pieces {
  /** Has a batch of so many bytes read with a piece that nothing else uses: `ask` is told its number, or null for the pipe. The body of the frame is the batch's own. */
  use(bytes: number, ask: (piece: number | null) => Promise<Frame>): Promise<Frame>;
  /** The process is gone. */
  end(): void;
}

/** Where a piece is, as the process tells. @throws FrameError */
function pathOf(memory: unknown, bytes: number): string {
  const fields = fieldsOf(memory, 'memory');
  if (fields.bytes !== bytes) throw new FrameError(`a batch would have ${fields.bytes} bytes, not ${bytes}`);
  return `/proc/${countOf(fields.process, 'memory.process')}/fd/${countOf(fields.descriptor, 'memory.descriptor')}`;
}

/** @throws FrameError where there are fewer bytes. */
async function readBytes(file: FileHandle, bytes: number): Promise<Uint8Array> {
  const body = Buffer.allocUnsafeSlow(bytes);
  let place = 0;
  while (place < bytes) {
    const { bytesRead } = await file.read(body, place, bytes - place, place);
    if (bytesRead === 0) throw new FrameError('a batch is not where it should be');
    place += bytesRead;
  }
  return body;
}

export function createPieces(): Pieces {
  const free: number[] = [];
  const files = new Map<number, FileHandle>();
  let count = 0;
  let isShared = true;
  let isOver = false;

  /** The file stays the same however large its piece becomes. */
  const fileOf = async (piece: number, path: string): Promise<FileHandle | undefined> => {
    const file = files.get(piece) ?? (await open(path, 'r').catch(() => undefined));
    if (file) files.set(piece, file);
    return file;
  };
  const close = (): void => {
    for (const file of files.values()) void file.close();
    files.clear();
  };
  return {
    async use(bytes, ask) {
      const piece = free.pop() ?? count++;
      try {
        const frame = await ask(isShared ? piece : null);
        const { memory } = fieldsOf(frame.header, 'the answer');
        if (memory === undefined) return frame;
        const file = await fileOf(piece, pathOf(memory, bytes));
        if (file) return { header: frame.header, body: await readBytes(file, bytes) };
        // The system does not let it be opened, or the process is gone, which asking tells.
        isShared = false;
        return await ask(null);
      } catch (error) {
        if (error instanceof UserError) throw error;
        const { message } = error as Error;
        throw new UserError(`The process that reads the data answers nothing that can be read: ${message}.`);
      } finally {
        free.push(piece);
        if (isOver) close();
      }
    },
    end() {
      isOver = true;
      // What is being read is read to its end.
      if (free.length === count) close();
    },
  };
}
