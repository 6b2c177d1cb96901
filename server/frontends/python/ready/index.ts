/** Loading in a process that has a framework ready: a second where it would be several, so that estimates follow edits. */
import { statSync } from 'node:fs';
import { FrameError } from '../../../processes/frames';
import type { Kept } from '../../keeper';
import { type Ask, askAnew, loaderEnvironment } from '../loaderRunner';
import { startForks } from './forks';
import type { LoaderProgram, ReadyProcess } from './readyProcess';
import { keepReserve } from './reserve';

export interface ReadyLoader<T> extends Kept {
  readonly ask: Ask<T>;
}

export interface ReadyOptions<T> extends LoaderProgram<T> {
  /**
   * Variables of the environment that a model's code sets before it imports its framework, where it was made ready with other ones: another
   * process is then made ready with these. Undefined for every other answer.
   */
  wanted?(answer: T): NodeJS.ProcessEnv | undefined;
  /** Whether a process is forked for each load; otherwise one is kept in reserve. On macOS and Windows forks are unsafe or absent. */
  readonly forks?: boolean;
  /** Milliseconds without a load after which the process is ended, for its memory. */
  readonly rest?: number;
}

const REST = 10 * 60_000;

export function createReadyLoader<T>({
  wanted,
  forks = process.platform === 'linux',
  rest = REST,
  ...program
}: ReadyOptions<T>): ReadyLoader<T> {
  const start = forks ? startForks<T> : keepReserve<T>;
  let current: { readonly key: string; readonly ready: ReadyProcess<T> } | undefined;
  let variables: NodeJS.ProcessEnv = {};
  let working = 0;
  let resting: NodeJS.Timeout | undefined;

  /** What a ready process is of: another interpreter, or another environment, needs another process. */
  const readyFor = (interpreter: string): ReadyProcess<T> => {
    const environment = { ...loaderEnvironment(), ...variables };
    const changed = statSync(interpreter, { throwIfNoEntry: false })?.mtimeMs;
    const key = JSON.stringify([interpreter, changed, Object.entries(environment).toSorted()]);
    if (current && (current.key !== key || current.ready.isOutdated())) {
      current.ready.retire();
      current = undefined;
    }
    current ??= { key, ready: start(program, { interpreter, environment }) };
    return current.ready;
  };
  const askReady: Ask<T> = async (question) => {
    const found = await readyFor(question.interpreter).ask(question);
    if (!found.isLost || question.signal?.aborted) return found;
    return readyFor(question.interpreter).ask(question);
  };
  const wantedBy = ({ answer }: Awaited<ReturnType<Ask<T>>>): NodeJS.ProcessEnv | undefined =>
    answer === undefined || answer instanceof FrameError ? undefined : wanted?.(answer);

  const ask: Ask<T> = async (question) => {
    const first = await askReady(question);
    const other = wantedBy(first);
    if (!other) return first;
    variables = { ...variables, ...other };
    const second = await askReady(question);
    // Its code sets others each time: nothing can be made ready for it.
    return wantedBy(second) ? askAnew(program.program, program.read)(question) : second;
  };
  return {
    async ask(question) {
      clearTimeout(resting);
      working += 1;
      try {
        return await ask(question);
      } finally {
        working -= 1;
        if (working === 0) {
          resting = setTimeout(() => {
            current?.ready.retire();
            current = undefined;
          }, rest);
          resting.unref();
        }
      }
    },
    end() {
      clearTimeout(resting);
      current?.ready.end();
      current = undefined;
    },
  };
}
