/** Entry of the `prunelens` command: runs it and turns what it throws into a message and an exit code. */
import { CommanderError } from 'commander';
import { formatError, UserError } from '../protocol/errors';
import { createProgram, WRONG_USE } from './program';
import { INTERRUPTED, interruptSignal } from './terminal/interrupt';
import { endOnFailedOutput, exitWhenWritten, note } from './terminal/streams';

const FAILED = 1;

/** Set to 1, it shows the stack of an unexpected error. */
const DEBUG_VARIABLE = 'PRUNELENS_DEBUG';

function reportDefect(error: unknown): void {
  note(`prunelens: ${error instanceof Error ? error.message : String(error)}`);
  if (process.env[DEBUG_VARIABLE] === '1') note(error instanceof Error ? String(error.stack) : 'no stack');
  else
    note(
      `This is an internal error (a bug of PruneLens). With ${DEBUG_VARIABLE}=1 the command shows where it happened.`,
    );
}

function exitCodeOf(error: unknown, signal: AbortSignal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USE;
  if (signal.aborted) {
    if (error !== signal.reason) note(error instanceof UserError ? formatError(error) : String(error));
    return INTERRUPTED;
  }
  if (error instanceof UserError) {
    note(`prunelens: ${formatError(error)}`);
    return error.kind === 'usage' ? WRONG_USE : FAILED;
  }
  reportDefect(error);
  return FAILED;
}

async function main(args: readonly string[]): Promise<number> {
  const signal = interruptSignal((by) => {
    // Whoever reads the log of a job has no key to press.
    note(`\nStopping after the current batch${by === 'SIGINT' ? '; Ctrl-C again ends at once.' : '.'}`);
  });
  try {
    await createProgram(signal).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    return exitCodeOf(error, signal);
  }
}

endOnFailedOutput();
main(process.argv.slice(2)).then(exitWhenWritten);
