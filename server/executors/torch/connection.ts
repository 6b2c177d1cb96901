/** A process of Python that computes, and what is said to it. */
import { createFrameReader, encodeFrame, type Frame, FrameError } from '../../processes/frames';
import { channelOf, type StartedProcess, startProcess } from '../../processes/start';
import { VARIABLES, variableIn } from '../../protocol/catalogue/environment';
import { UserError } from '../../protocol/errors';
import { type PythonToStart, pythonProcess } from '../../python/start';
import { pythonEnvironment } from './environment';
import { endedError, failureError, isFatal, isOfOthers } from './failures';
import type { FailureMessage, Handle, Message, Opened, Requests } from './messages';
import type { TorchOptions } from './options';

const SERVE_FILE = 'executors/torch/python/serve.py';

const LIMITS = { header: 2 ** 20, body: 2 ** 32 - 1 };

/** Lines of the errors of a process that are kept for when it ends. */
const LAST_LINES = 5;

/** Milliseconds in which a process ends when it is told to, before it is ended. */
const PATIENCE = 3000;

export interface Connection {
  /** Resolves when PyTorch is there and has the device. @throws UserError */
  readonly opened: Promise<Opened>;
  /** Says something. What is said after the process has ended is lost. */
  send(message: Message, parts?: readonly Uint8Array[]): void;
  /** As `send`; resolves when the message is done with. */
  sendAndWait(message: Message): Promise<void>;
  request<Name extends keyof Requests>(
    kind: Name,
    asked: Requests[Name]['asked'],
    parts?: readonly Uint8Array[],
  ): Promise<{ readonly answer: Requests[Name]['answer']; readonly body: Uint8Array }>;
  /** A number for a tensor or a program. */
  newNumber(): Handle;
  /** The tensor's memory is given back with the next message. */
  free(handle: Handle): void;
  /** Why nothing can be computed there any more. Who asks is told so. */
  lost(): UserError | undefined;
  hasEnded(): boolean;
  /** Whether anybody has been told of its end: who waited for an answer then, or has asked since. */
  isEndTold(): boolean;
  /** Resolves with that once it is so. */
  readonly end: Promise<UserError>;
  /** Resolves when the process is gone. */
  readonly ended: Promise<unknown>;
  /** Ends the process, and what waits for it with an error. */
  abort(error: UserError): void;
  close(): Promise<void>;
}

interface Waiting {
  resolve(frame: Frame): void;
  reject(error: UserError): void;
}

/** What is told to a process that computes together with others. */
export interface Membership {
  /** Which of them it is, in messages: ` on device 2 of 2 (cuda:1)`. */
  readonly place: string;
  /** Threads that it computes with on the CPU. */
  readonly threads: number | undefined;
  /** Hears of what all have failed in together: another one may have ended, and tells why in its own words. */
  onSharedFailure(error: UserError): void;
}

/** Starts Python, and has it open a device. Nothing has to be waited for: messages are answered in their order. */
export function connect(
  python: PythonToStart,
  { device, precision, note }: TorchOptions,
  member?: Membership,
): Connection {
  const lines: string[] = [];
  const started = startProcess({
    ...pythonProcess(python, SERVE_FILE, [], pythonEnvironment()),
    // A terminal's Ctrl-C is answered here.
    ownGroup: true,
    channel: 'pipe',
    onLine(line, stream) {
      if (stream === 'errors') lines.splice(0, lines.push(line) - LAST_LINES);
      if (line.startsWith('PruneLens: ')) note?.(line.slice('PruneLens: '.length));
    },
  });
  const waiting = new Map<number, Waiting>();
  let [loss, place, count, freed]: [UserError | undefined, string, number, Handle[]] = [undefined, 'Python', 0, []];
  let isEndTold = false;
  let tellEnd: (error: UserError) => void = () => {};
  const end = new Promise<UserError>((resolve) => {
    tellEnd = resolve;
  });

  const lose = (error: UserError): void => {
    loss ??= error;
    tellEnd(loss);
    isEndTold ||= waiting.size > 0;
    for (const { reject } of waiting.values()) reject(loss);
    waiting.clear();
  };
  const receive = ({ header, body }: Frame): void => {
    const { ticket, failure } = header as { readonly ticket: number; readonly failure?: FailureMessage };
    const asked = waiting.get(ticket);
    if (failure && member && isOfOthers(failure)) {
      // Whoever waits is told why all have ended.
      member.onSharedFailure(failureError(failure, place));
      return;
    }
    waiting.delete(ticket);
    if (!failure) {
      asked?.resolve({ header, body });
      return;
    }
    const error = failureError(failure, place);
    asked?.reject(error);
    if (!isFatal(failure)) return;
    lose(error);
    void started.end();
  };
  receiveFrames(started, receive, (error) => {
    lose(error);
    void started.end();
  });
  void started.ended.then((ended) => lose(endedError(ended, lines.join('\n').trim(), member?.place)));

  const write = (header: object, parts: readonly Uint8Array[] = []): void => {
    if (loss) return;
    const channel = channelOf(started);
    channel.cork();
    for (const piece of encodeFrame({ ...header, ...(freed.length > 0 && { free: freed }) }, parts))
      channel.write(piece);
    channel.uncork();
    freed = [];
  };
  const lost = (): UserError | undefined => {
    isEndTold ||= loss !== undefined;
    return loss;
  };
  const ask = (header: object, parts?: readonly Uint8Array[]): Promise<Frame> => {
    const reason = lost();
    if (reason) return Promise.reject(reason);
    const ticket = count++;
    const answered = new Promise<Frame>((resolve, reject) => waiting.set(ticket, { resolve, reject }));
    write({ ...header, ticket }, parts);
    return answered;
  };
  const request: Connection['request'] = async (kind, asked, parts) => {
    const { header, body } = await ask({ kind, ...asked }, parts);
    return { answer: header as Requests[typeof kind]['answer'], body };
  };

  const threads = member?.threads ?? variableIn(VARIABLES.threads) ?? null;
  const dtype = precision === 'float64' ? 'float64' : 'float32';
  const opened = request('open', { device: device ?? null, dtype, threads }).then(({ answer }) => {
    place = answer.device;
    return answer;
  });
  // It is not waited for where a process is started anew.
  opened.catch(() => {});
  return {
    opened,
    send: write,
    sendAndWait: async (message) => {
      await ask(message);
    },
    request,
    newNumber: () => count++,
    free: (handle) => void freed.push(handle),
    lost,
    hasEnded: () => loss !== undefined,
    isEndTold: () => isEndTold,
    end,
    ended: started.ended,
    abort(error) {
      lose(error);
      void started.end();
    },
    async close() {
      lose(new UserError('The backend torch is closed.'));
      channelOf(started).end();
      const late = setTimeout(() => void started.end(), PATIENCE);
      await started.ended;
      clearTimeout(late);
    },
  };
}

function receiveFrames(started: StartedProcess, receive: (frame: Frame) => void, fail: (error: UserError) => void) {
  const reader = createFrameReader(LIMITS);
  channelOf(started).on('data', (bytes: Uint8Array) => {
    try {
      for (const frame of reader.push(bytes)) receive(frame);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      fail(
        new UserError(
          `Python, in which the backend torch computes, answers nothing that can be read: ${error.message}.`,
        ),
      );
    }
  });
}
