/** Every command of `workspace/executeCommand`. */
import type { CancellationToken, ExecuteCommandParams } from 'vscode-languageserver/node';
import { serverCommands } from '../../protocol/editor';
import { usageError } from '../../protocol/errors';
import type { CommandType } from '../../protocol/messages';
import type { Context } from '../context';
import { toResponseError } from '../failures';
import { chooseData } from './chooseData';
import { compare } from './compare';
import { exportMasks, exportRunMasks } from './exportMasks';
import type { AnyHandler, CommandName, Handler } from './handler';
import { learn } from './learn';
import { deleteRun, noteRun, renameRun } from './runs';
import { prune, score, setSparsity } from './score';
import { search } from './search';
import { setUp } from './setUp';
import { shrink } from './shrink';
import { sweep } from './sweep';
import { train } from './train';
import { cancel, measureBackends, moveFirst, pauseQueue, restartWorker, setupTensorflow } from './worker';
import { writeSettings } from './writeSettings';
import { writeSweep } from './writeSweep';

const HANDLERS: { readonly [Name in CommandName]: Handler<Name> } = {
  chooseData,
  score,
  prune,
  setSparsity,
  train,
  compare,
  search,
  shrink,
  writeSettings,
  writeSweep,
  sweep,
  learn,
  exportMasks,
  exportRunMasks,
  renameRun,
  noteRun,
  deleteRun,
  setUp,
  cancel,
  moveFirst,
  pauseQueue,
  restartWorker,
  setupTensorflow,
  measureBackends,
};

/** Commands with their handlers, by the name on the wire. */
const BY_METHOD = new Map(
  Object.entries(serverCommands).map(([name, type]): [string, { type: CommandType; handler: AnyHandler }] => [
    type.method,
    { type, handler: HANDLERS[name as CommandName] },
  ]),
);

/** The commands' names on the wire. */
export const COMMAND_NAMES: readonly string[] = [...BY_METHOD.keys()];

function argumentOf({ method, needs }: CommandType, given: readonly unknown[] | undefined): object {
  const argument = given?.[0] ?? {};
  if (typeof argument !== 'object') throw usageError(`The command ${method} takes one object as its argument.`);
  if (needs !== undefined && typeof (argument as Record<string, unknown>)[needs] !== 'string') {
    throw usageError(`The command ${method} needs "${needs}" in its argument.`);
  }
  return argument;
}

/** Runs a command with progress; failures become LSP errors. */
export async function executeCommand(context: Context, params: ExecuteCommandParams, cancellation: CancellationToken) {
  try {
    const command = BY_METHOD.get(params.command);
    if (!command) throw usageError(`There is no command ${params.command}.`);
    const { type, handler } = command;
    // Beyond what it needs, an argument is taken as it is: handlers check values.
    const argument = argumentOf(type, params.arguments) as never;
    const { workDoneToken } = params;
    if (!handler.title) {
      return await handler.run(context, argument, { signal: new AbortController().signal, report: () => {} });
    }
    const options = {
      title: handler.title(argument, context.nameOf),
      cancellation,
      ...(workDoneToken !== undefined && { workDoneToken }),
    };
    return await context.progress.during(options, (job) => handler.run(context, argument, job));
  } catch (error) {
    const { model } = (params.arguments?.[0] ?? {}) as { readonly model?: unknown };
    throw toResponseError(error, typeof model === 'string' ? model : undefined);
  }
}
