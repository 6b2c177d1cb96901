/** Where text goes: results to standard output, everything said along the way to standard error. */
import { fstatSync, writeSync } from 'node:fs';
import { errorCode, fileFailure } from '../../files/failures';
import type { Dataset } from '../../protocol/data';
import { terminalText } from '../../protocol/escape';

const STANDARD_OUTPUT = 1;

/** Whether standard output is a file or a device, which take what is written at once, or a part of it. */
function isFile(): boolean {
  try {
    const status = fstatSync(STANDARD_OUTPUT);
    return status.isFile() || (status.isCharacterDevice() && !process.stdout.isTTY);
  } catch {
    return false;
  }
}

let isTaken = false;

/** From now on what is printed goes to standard error: standard output is for a file. */
export function printToStandardError(): void {
  isTaken = true;
}

/**
 * Writes a result as it is.
 * @throws UserError where standard output is a file that cannot take it.
 */
export function print(text: string): void {
  const shown = terminalText(text);
  if (isTaken || !isFile()) {
    (isTaken ? process.stderr : process.stdout).write(shown);
    return;
  }
  const bytes = Buffer.from(shown);
  try {
    for (let written = 0; written < bytes.length; ) written += writeSync(STANDARD_OUTPUT, bytes, written);
  } catch (error) {
    throw fileFailure(error, 'write', 'standard output');
  }
}

/** Writes a result as one JSON document. */
export function printJson(value: unknown): void {
  print(`${JSON.stringify(value, null, 2)}\n`);
}

/** Writes a message. */
export function note(text: string): void {
  process.stderr.write(`${terminalText(text)}\n`);
}

/** Notes how data sets were read, each sentence once. */
export function noteData(datasets: Iterable<Pick<Dataset, 'notes'>>): void {
  for (const text of new Set([...datasets].flatMap(({ notes = [] }) => notes))) note(text);
}

/** Ends the process when all that was written has left it; native libraries could keep it alive otherwise. */
export function exitWhenWritten(code: number): void {
  process.exitCode = code;
  process.stdout.write('', () => process.stderr.write('', () => process.exit()));
}

const FAILED = 1;

/**
 * Output that fails ends the command with exit code 1: a reader that goes away (`prunelens models | head`) without a word, anything
 * else with a message.
 */
export function endOnFailedOutput(): void {
  process.stdout.on('error', (error: Error) => {
    if (errorCode(error) !== 'EPIPE') {
      const failure = fileFailure(error, 'write', 'standard output');
      note(`prunelens: ${failure instanceof Error ? failure.message : String(failure)}`);
    }
    process.exit(FAILED);
  });
  process.stderr.on('error', () => process.exit(process.exitCode || FAILED));
}
