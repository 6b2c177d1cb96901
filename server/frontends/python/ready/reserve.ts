/** A process in reserve, for systems where processes are not forked: it has a framework ready, does one job, and another takes its place. */
import { atDeadline } from '../../../processes/deadline';
import type { End } from '../../../processes/ended';
import { createFrameReader, FrameError } from '../../../processes/frames';
import { channelOf, type StartedProcess, startProcess } from '../../../processes/start';
import { pythonProcess } from '../../../python/start';
import { LARGEST_ANSWER, type LoaderQuestion } from '../loaderRunner';
import { createAnswerFrames } from '../pythonFrame';
import {
  type LoaderProgram,
  type Packages,
  packagesIn,
  type ReadyAnswer,
  type ReadyPlace,
  type ReadyProcess,
} from './readyProcess';

/** A process that waits for its job, or does it. */
interface Reserve<T> {
  readonly started: StartedProcess;
  /** Receives what the process prints. */
  onLine: (line: string) => void;
  packages?: Packages;
  answer(): T | FrameError | undefined;
  end?: End;
}

function startReserve<T>({ program, read }: LoaderProgram<T>, { interpreter, environment }: ReadyPlace): Reserve<T> {
  const answers = createAnswerFrames(read);
  let wrong: FrameError | undefined;
  const reserve: Reserve<T> = {
    started: startProcess({
      ...pythonProcess({ path: interpreter }, program, ['--ready'], environment),
      ownGroup: true,
      input: { later: true },
      channel: 'pipe',
      onLine: (line) => reserve.onLine(line),
    }),
    onLine: () => {},
    answer: () => wrong ?? answers.answer(),
  };
  const reader = createFrameReader(LARGEST_ANSWER);
  channelOf(reserve.started).on('data', (bytes) => {
    if (reserve.answer() !== undefined) return;
    try {
      for (const frame of reader.push(bytes)) {
        const packages = packagesIn(frame.header);
        if (packages) reserve.packages ??= packages;
        else answers.take(frame);
      }
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      wrong = error;
      void reserve.started.end();
    }
  });
  void reserve.started.ended.then((end) => {
    reserve.end = end;
  });
  return reserve;
}

/** Does its one job. */
async function work<T>(reserve: Reserve<T>, { job, limits, onLine, signal }: LoaderQuestion): Promise<ReadyAnswer<T>> {
  const { started } = reserve;
  reserve.onLine = onLine;
  let isLate = false;
  const end = (): void => void started.end();
  const callOff = atDeadline(started.child.pid ?? 0, limits.deadline, () => {
    isLate = true;
    end();
  });
  signal?.addEventListener('abort', end);
  started.child.stdin!.end(JSON.stringify(job));
  const how = await started.ended;
  callOff();
  signal?.removeEventListener('abort', end);
  return { answer: reserve.answer(), end: isLate ? { kind: 'deadline', deadline: limits.deadline } : how };
}

/** Keeps one process in reserve. */
export function keepReserve<T>(program: LoaderProgram<T>, place: ReadyPlace): ReadyProcess<T> {
  let waiting: Reserve<T> | undefined = startReserve(program, place);
  let isOver = false;
  const working = new Set<Reserve<T>>();
  const retire = (): void => {
    isOver = true;
    void waiting?.started.end();
    waiting = undefined;
  };
  return {
    async ask(question) {
      const reserve = waiting ?? startReserve(program, place);
      waiting = undefined;
      working.add(reserve);
      const found = await work(reserve, question);
      working.delete(reserve);
      // Not while the job is done, which it would slow down, nor where this Python has nothing to answer with.
      if (!isOver && found.answer !== undefined) waiting ??= startReserve(program, place);
      return found;
    },
    isOutdated: () => isOver || waiting?.end !== undefined || (waiting?.packages?.haveChanged() ?? false),
    retire,
    end() {
      retire();
      for (const { started } of working) void started.end();
    },
  };
}
