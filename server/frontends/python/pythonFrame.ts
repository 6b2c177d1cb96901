/** One question to a program of ours in the user's Python, answered in one frame. What it says is data of a stranger. */
import type { End } from '../../processes/ended';
import { createFrameReader, type Frame, FrameError, type FrameLimits } from '../../processes/frames';
import { channelOf, startProcess } from '../../processes/start';
import type { Limits } from '../../processes/watchProcess';
import { pythonProcess } from '../../python/start';
import { countOf, fieldsOf } from './loaderProtocol';

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

/** Reads the one answer of a process out of its frames. */
export interface AnswerFrames<T> {
  /** Takes the next frame. What follows the answer is nothing. @throws FrameError where it is no answer. */
  take(frame: Frame): void;
  /** The answer, once it is there. */
  answer(): T | undefined;
}

/** Reads the one answer of a process out of the bytes that it writes. */
export interface AnswerReader<T> {
  /** Takes the next bytes; gives whether they may be those of an answer. What follows the answer is nothing. */
  push(bytes: Uint8Array): boolean;
  /** The answer, or what is wrong with it, once it is there. */
  answer(): T | FrameError | undefined;
}

function isAhead({ header }: Frame): boolean {
  return fieldsOf(header).type === 'ahead';
}

/** A frame whose body begins with what was written ahead of it, where its header says so. */
function joined(frame: Frame, ahead: Uint8Array | undefined): Frame {
  if (!ahead || fieldsOf(frame.header).ahead !== true) return frame;
  return { ...frame, body: frame.body.byteLength === 0 ? ahead : Buffer.concat([ahead, frame.body]) };
}

/** Reads so many bytes that were written into memory that both sides have. @throws FrameError where there is another number. */
export type ReadMemory = (bytes: number) => Uint8Array;

/** What a frame of the type `ahead` brings: its body, or what it says to be in memory. @throws FrameError */
function aheadIn({ header, body }: Frame, readMemory: ReadMemory | undefined, most: number): Uint8Array {
  const { inMemory } = fieldsOf(header);
  if (inMemory === undefined || !readMemory) return body;
  const bytes = countOf(inMemory);
  if (bytes === undefined || bytes > most) throw new FrameError(`it would have ${String(inMemory)} bytes ahead`);
  return readMemory(bytes);
}

/**
 * The answer is one frame; one of the type `ahead` may go before it, with the beginning of its body: weights are on their way then, while
 * the rest of the answer is made.
 * @param read throws FrameError where the frame is no answer.
 * @param readMemory reads what was written ahead into memory: at most `most` bytes.
 */
export function createAnswerFrames<T>(
  read: (frame: Frame) => T,
  readMemory?: ReadMemory,
  most = Number.POSITIVE_INFINITY,
): AnswerFrames<T> {
  let ahead: Uint8Array | undefined;
  let answer: T | undefined;
  return {
    take(frame) {
      if (answer !== undefined) return;
      if (isAhead(frame)) ahead ??= aheadIn(frame, readMemory, most);
      else answer = read(joined(frame, ahead));
    },
    answer: () => answer,
  };
}

/** Parameters as of `createAnswerFrames`. */
export function createAnswerReader<T>(
  limits: FrameLimits,
  read: (frame: Frame) => T,
  readMemory?: ReadMemory,
): AnswerReader<T> {
  const reader = createFrameReader(limits);
  const frames = createAnswerFrames(read, readMemory, limits.body);
  let wrong: FrameError | undefined;
  return {
    push(bytes) {
      if (wrong ?? frames.answer()) return true;
      try {
        for (const frame of reader.push(bytes)) frames.take(frame);
        return true;
      } catch (error) {
        if (!(error instanceof FrameError)) throw error;
        wrong = error;
        return false;
      }
    },
    answer: () => wrong ?? frames.answer(),
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
