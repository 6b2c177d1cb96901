/** Every command of `workspace/executeCommand`. */
import type { CancellationToken, ExecuteCommandParams } from 'vscode-languageserver/node';
import { usageError } from '../../protocol/errors';
import type { Context } from '../context';
import { toResponseError } from '../failures';
import { compare } from './compare';
import { exportMasks, exportRunMasks } from './exportMasks';
import type { CommandName, Handler } from './handler';
import { learn } from './learn';
import { deleteRun, renameRun } from './runs';
import { prune, score, setSparsity } from './score';
import { train } from './train';
import { cancel, restartWorker } from './worker';

const HANDLERS: { readonly [Name in CommandName]: Handler<Name> } = {
  'prunelens.server.score': score,
  'prunelens.server.prune': prune,
  'prunelens.server.train': train,
  'prunelens.server.compare': compare,
  'prunelens.server.learn': learn,
  'prunelens.server.exportMasks': exportMasks,
  'prunelens.server.exportRunMasks': exportRunMasks,
  'prunelens.server.setSparsity': setSparsity,
  'prunelens.server.renameRun': renameRun,
  'prunelens.server.deleteRun': deleteRun,
  'prunelens.server.cancel': cancel,
  'prunelens.server.restartWorker': restartWorker,
};

export const COMMAND_NAMES = Object.keys(HANDLERS) as CommandName[];

const WITHOUT_ARGUMENT: readonly CommandName[] = ['prunelens.server.restartWorker'];
const WITHOUT_MODEL: readonly CommandName[] = [
  'prunelens.server.exportRunMasks',
  'prunelens.server.renameRun',
  'prunelens.server.deleteRun',
  'prunelens.server.cancel',
  'prunelens.server.restartWorker',
];

function argumentOf(name: CommandName, given: readonly unknown[] | undefined): Record<string, unknown> {
  const argument = given?.[0] ?? {};
  if (typeof argument !== 'object') throw usageError(`The command ${name} takes one object as its argument.`);
  const fields = argument as Record<string, unknown>;
  if (WITHOUT_ARGUMENT.includes(name)) return fields;
  const needed = WITHOUT_MODEL.includes(name) ? (name === 'prunelens.server.cancel' ? 'job' : 'run') : 'model';
  if (typeof fields[needed] !== 'string') {
    throw usageError(`The command ${name} needs "${needed}" in its argument.`);
  }
  return fields;
}

/** Runs a command with progress; failures become LSP errors. */
export async function executeCommand(context: Context, params: ExecuteCommandParams, cancellation: CancellationToken) {
  try {
    const name = params.command as CommandName;
    if (!Object.hasOwn(HANDLERS, name)) throw usageError(`There is no command ${params.command}.`);
    // The table gives each name the handler of its own argument.
    const handler = HANDLERS[name] as Handler<never>;
    const argument = argumentOf(name, params.arguments) as never;
    const { workDoneToken } = params;
    if (!handler.title) {
      return await handler.run(context, argument, { signal: new AbortController().signal, report: () => {} });
    }
    const options = {
      title: handler.title(argument),
      cancellation,
      ...(workDoneToken !== undefined && { workDoneToken }),
    };
    return await context.progress.during(options, (job) => handler.run(context, argument, job));
  } catch (error) {
    throw toResponseError(error);
  }
}
