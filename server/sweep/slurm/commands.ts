/** The commands of Slurm. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { errorCode } from '../../files/failures';
import { UserError, usageError } from '../../protocol/errors';

/** A task of an array in the queue. */
export interface QueuedTask {
  readonly job: string;
  readonly index: number;
  readonly state: string;
  /** What its batch script was told to add to the index; absent where it was told nothing. */
  readonly offset?: number;
}

export interface Scheduler {
  /** Whether this machine can ask it: a folder can be followed from anywhere. */
  isHere(): Promise<boolean>;
  /** Indices of arrays are less than this. */
  longestArray(): Promise<number>;
  /** @returns the number of the job. @throws UserError with what sbatch says. */
  submit(options: readonly string[], script: string, offset: number): Promise<string>;
  /** Tasks in the queue of jobs of that name; undefined where the controller does not answer. */
  queue(name: string): Promise<readonly QueuedTask[] | undefined>;
  cancel(name: string): Promise<void>;
}

/** As Slurm has it where nothing else is configured. */
const DEFAULT_LONGEST = 1001;
/** Milliseconds that a command may take. */
const PATIENCE = 60_000;
/** Arrays of 100,000 tasks are long texts. */
const MOST_OUTPUT = 256 * 1024 * 1024;

async function call(command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { timeout: PATIENCE, maxBuffer: MOST_OUTPUT });
  return stdout;
}

/** MaxArraySize as `scontrol show config` tells it. @throws UserError where there are no arrays. */
export function parseLongest(config: string): number {
  const found = /^\s*MaxArraySize\s*=\s*(\d+)/m.exec(config);
  const longest = found ? Number(found[1]) : DEFAULT_LONGEST;
  if (longest > 0) return longest;
  throw new UserError('This Slurm takes no job arrays: its MaxArraySize is 0.', {
    hint: 'Ask whoever runs it to allow them in slurm.conf.',
  });
}

/** Tasks as `squeue --format '%F %K %T %o'` tells them: the last word of what a job runs is what its script was told. */
export function parseQueue(text: string): QueuedTask[] {
  return text.split('\n').flatMap((line) => {
    const found = /^(\d+) (\d+) (\w+)(?: .*?)??(?: (\d+))?$/.exec(line.trim());
    if (!found) return [];
    const [, job, index, state, offset] = found;
    return [{ job, index: Number(index), state, ...(offset !== undefined && { offset: Number(offset) }) }];
  });
}

export const slurm: Scheduler = {
  isHere: () =>
    call('squeue', ['--version']).then(
      () => true,
      () => false,
    ),
  longestArray: async () => parseLongest(await call('scontrol', ['show', 'config']).catch(() => '')),
  async submit(options, script, offset) {
    const output = await call('sbatch', ['--parsable', ...options, script, String(offset)]).catch((error) => {
      if (errorCode(error) === 'ENOENT') {
        throw usageError(
          'There is no sbatch here, so nothing can be submitted to Slurm.',
          'Start the command on a login node, or write the script with --write-only.',
        );
      }
      const said = String((error as { readonly stderr?: string }).stderr ?? error).trim();
      throw new UserError(`sbatch has refused ${script}: ${said}`, {
        hint: 'Options are in its first lines: change them with --partition, --time, --sbatch …, and go on with --resume.',
      });
    });
    // With several clusters, its name follows.
    return output.trim().split(';')[0];
  },
  async queue(name) {
    const output = await call('squeue', ['--array', '--noheader', '--name', name, '--format', '%F %K %T %o']).catch(
      () => undefined,
    );
    return output === undefined ? undefined : parseQueue(output);
  },
  async cancel(name) {
    await call('scancel', ['--name', name]).catch((error) => {
      throw new UserError(`The jobs ${name} could not be cancelled: ${String(error)}`, {
        hint: `Cancel them with: scancel --name ${name}`,
      });
    });
  },
};
