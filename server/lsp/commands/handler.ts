/** What a command of the server is. */
import type { ServerCommands } from '../../protocol/editor';
import { usageError } from '../../protocol/errors';
import type { Context } from '../context';
import type { Job } from '../model/scoring';

export type CommandName = keyof ServerCommands;

export interface Handler<Name extends CommandName> {
  /** Title of its progress; absent for commands that are done at once. */
  readonly title?: (argument: ServerCommands[Name]) => string;
  run(context: Context, argument: ServerCommands[Name], job: Job): Promise<unknown>;
}

/** A sparsity as a command takes it. */
export function checkSparsity(sparsity: number | undefined): void {
  if (sparsity === undefined || (sparsity >= 0 && sparsity < 1)) return;
  throw usageError(`The sparsity ${sparsity} is not possible.`, 'Give a number from 0 up to, but not including, 1.');
}
