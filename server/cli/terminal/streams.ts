/** Where text goes: results to standard output, everything said along the way to standard error. */

import type { Dataset } from '../../protocol/data';

/** Writes a result as it is. */
export function print(text: string): void {
  process.stdout.write(text);
}

/** Writes a result as one JSON document. */
export function printJson(value: unknown): void {
  print(`${JSON.stringify(value, null, 2)}\n`);
}

/** Writes a message. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Notes how data sets were read, each sentence once. */
export function noteData(datasets: Iterable<Pick<Dataset, 'notes'>>): void {
  for (const text of new Set([...datasets].flatMap(({ notes = [] }) => notes))) note(text);
}

/** Ends the process when all that was written has left it; native libraries could keep it alive otherwise. */
export function exitWhenWritten(code: number): void {
  process.exitCode = code;
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
}

/** A reader that goes away (`prunelens models | head`) ends the command without a stack trace. */
export function endOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
      throw error;
    });
  }
}
