/** The file that a command is told to write. */
import { checkOutputFile } from '../../files/output';
import { isStandardOutput } from '../../files/target';
import { note, printToStandardError } from './streams';

/**
 * Looks, before the work, at where a result will be written. Where that is standard output, nothing else is printed there.
 * @throws UserError where it cannot be written.
 */
export async function checkOutput(path: string): Promise<void> {
  await checkOutputFile(path, note);
  if (isStandardOutput(path)) printToStandardError();
}
