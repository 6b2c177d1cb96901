/** One question to a program of ours in the user's Python, answered in one frame. What it says is data of a stranger. */
import type { End } from '../../processes/ended';
import { createFrameReader, type Frame, FrameError, type FrameLimits } from '../../processes/frames';
import { channelOf, startProcess } from '../../processes/start';
import type { Limits } from '../../processes/watchProcess';
import { pythonProcess } from '../../python/start';

export interface FrameQuestion<T> {
  /** Path of the interpreter. */
  readonly interpreter: string;
  /** The program, as `pythonProcess` takes it. */
  readonly program: string;
  /** What it reads on its standard input, as JSON. */
  readonly input: unknown;
  readonly environment: NodeJS.ProcessEnv;
  readonly limits: Limits;
  /** The most bytes of the answer. */
  readonly frame: FrameLimits;
  /** @throws FrameError where the frame is no answer. */
  read(frame: Frame): T;
  readonly onLine: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface FrameAnswer<T> {
  /** The answer, or what is wrong with it; undefined where there is none. */
  readonly answer: T | FrameError | undefined;
  readonly end: End;
}

/** Reads the one answer of a process out of the bytes that it writes. */
export interface AnswerReader<T> {
  /** Takes the next bytes; gives whether they may be those of an answer. What follows the answer is nothing. */
  push(bytes: Uint8Array): boolean;
  /** The answer, or what is wrong with it, once it is there. */
  answer(): T | FrameError | undefined;
}

/** @param read throws FrameError where the frame is no answer. */
export function createAnswerReader<T>(limits: FrameLimits, read: (frame: Frame) => T): AnswerReader<T> {
  const reader = createFrameReader(limits);
  let answer: T | FrameError | undefined;
  return {
    push(bytes) {
      if (answer !== undefined) return true;
      try {
        const [first] = reader.push(bytes);
        if (first) answer = read(first);
        return true;
      } catch (error) {
        if (!(error instanceof FrameError)) throw error;
        answer = error;
        return false;
      }
    },
    answer: () => answer,
  };
}

/** Asks, and waits until the process is gone. @throws the signal's reason when it is aborted before it starts. */
export async function askForFrame<T>(question: FrameQuestion<T>): Promise<FrameAnswer<T>> {
  const { interpreter, program, input, environment, limits, frame, read, onLine, signal } = question;
  signal?.throwIfAborted();
  const started = startProcess({
    ...pythonProcess({ path: interpreter }, program, [], environment),
    limits,
    ownGroup: true,
    input: JSON.stringify(input),
    channel: 'pipe',
    onLine,
  });
  const onAbort = (): void => void started.end();
  signal?.addEventListener('abort', onAbort);
  const reader = createAnswerReader(frame, read);
  channelOf(started).on('data', (bytes) => {
    if (!reader.push(bytes)) void started.end();
  });
  const end = await started.ended;
  signal?.removeEventListener('abort', onAbort);
  return { answer: reader.answer(), end };
}
