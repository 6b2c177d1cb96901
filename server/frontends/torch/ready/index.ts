/** Loading in a process that has PyTorch ready: a second where it would be several, so that estimates follow edits. */
import { statSync } from 'node:fs';
import type { Kept } from '../../keeper';
import { type Ask, loaderEnvironment } from '../../python/loaderRunner';
import type { LoadAnswer } from '../loaderProtocol';
import { startForks } from './forks';
import type { ReadyProcess } from './readyProcess';
import { keepReserve } from './reserve';

export interface ReadyLoader extends Kept {
  readonly ask: Ask<LoadAnswer>;
}

export interface ReadyOptions {
  /** Whether a process is forked for each load; otherwise one is kept in reserve. On macOS and Windows forks are unsafe or absent. */
  readonly forks?: boolean;
  /** Milliseconds without a load after which the process is ended, for its memory. */
  readonly rest?: number;
}

const REST = 10 * 60_000;

/** What a ready process is of: another interpreter, or another environment, needs another process. */
function keyOf(interpreter: string): string {
  const changed = statSync(interpreter, { throwIfNoEntry: false })?.mtimeMs;
  return JSON.stringify([interpreter, changed, Object.entries(loaderEnvironment()).toSorted()]);
}

export function createReadyLoader({
  forks = process.platform === 'linux',
  rest = REST,
}: ReadyOptions = {}): ReadyLoader {
  const start = forks ? startForks : keepReserve;
  let current: { readonly key: string; readonly ready: ReadyProcess } | undefined;
  let working = 0;
  let resting: NodeJS.Timeout | undefined;

  const readyFor = (interpreter: string): ReadyProcess => {
    const key = keyOf(interpreter);
    if (current && (current.key !== key || current.ready.isOutdated())) {
      current.ready.retire();
      current = undefined;
    }
    current ??= { key, ready: start(interpreter) };
    return current.ready;
  };
  return {
    async ask(question) {
      clearTimeout(resting);
      working += 1;
      try {
        const answer = await readyFor(question.interpreter).ask(question);
        if (!answer.isLost || question.signal?.aborted) return answer;
        return await readyFor(question.interpreter).ask(question);
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
