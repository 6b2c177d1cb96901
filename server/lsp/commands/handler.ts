/** What a command of the server is. */
import type { serverCommands } from '../../protocol/editor';
import { usageError } from '../../protocol/errors';
import type { ParamsOf, ResultOf } from '../../protocol/messages';
import type { Context } from '../context';
import type { Job } from '../model/scoring';

type Commands = typeof serverCommands;
export type CommandName = keyof Commands;
export type Argument<Name extends CommandName> = ParamsOf<Commands[Name]>;

export interface Handler<Name extends CommandName> {
  /** Title of its progress; absent for commands that are done at once. */
  readonly title?: (argument: Argument<Name>, nameOf: Context['nameOf']) => string;
  run(context: Context, argument: Argument<Name>, job: Job): Promise<ResultOf<Commands[Name]>>;
}

/** A handler of some command, once its argument is known to be its own. */
export interface AnyHandler {
  readonly title?: (argument: never, nameOf: Context['nameOf']) => string;
  run(context: Context, argument: never, job: Job): Promise<unknown>;
}

/** A sparsity as a command takes it. */
export function checkSparsity(sparsity: number | undefined): void {
  if (sparsity === undefined || (sparsity >= 0 && sparsity < 1)) return;
  throw usageError(`The sparsity ${sparsity} is not possible.`, 'Give a number from 0 up to, but not including, 1.');
}
