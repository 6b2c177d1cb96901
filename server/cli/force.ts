/** `--force`, of commands that write into a folder for long. */
import type { Command } from 'commander';
import { takeSilentLocks } from '../files/lock';
import { note } from './terminal/streams';

/** Adds the option to a command with `--out`. */
export function addForce(command: Command): Command {
  return command
    .option('--force', 'take the folder from another machine that has been silent for minutes')
    .hook('preAction', async (_, { opts }) => {
      const { force, out } = opts.call(command) as { readonly force?: boolean; readonly out?: string };
      if (!force || out === undefined) return;
      for (const told of await takeSilentLocks(out)) note(told);
    });
}
