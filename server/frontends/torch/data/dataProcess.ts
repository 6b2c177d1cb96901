/** A process of Python that reads data of the user's: asked, it answers in order. What it says is data of a stranger. */
import type { Socket } from 'node:net';
import { describeEnd } from '../../../processes/ended';
import { createFrameReader, encodeFrame, type Frame, FrameError } from '../../../processes/frames';
import { limitOutput } from '../../../processes/modelOutput';
import { channelOf, type StartedProcess, startProcess } from '../../../processes/start';
import { UserError } from '../../../protocol/errors';
import { pythonProcess } from '../../../python/start';
import { type DataJob, failureOf, fieldsOf } from './messages';

const PROGRAM = 'frontends/torch/python/serve_data.py';

const LIMITS = { header: 2 ** 26, body: 2 ** 32 - 1 };

/** The share of the memory at which the process tells the line, before it is ended without one. */
const MEMORY_GRACE = 1.1;

export interface DataProcess {
  /**
   * The next answer.
   *
   * @param what It is about, in words, for where the process ends over it.
   * @throws UserError where there is none, or it is a failure.
   */
  ask(message: object, what?: string): Promise<Frame>;
  /** Whether nothing was asked that is not answered. */
  isIdle(): boolean;
  /** Why nothing is read there any more. */
  lost(): UserError | undefined;
  end(): void;
}

interface Waiting {
  readonly what: string | undefined;
  resolve(frame: Frame): void;
  reject(error: Error): void;
}

/** Keeps this process alive while something is asked, and not for a child that waits. */
function holdWhile({ child }: StartedProcess, isAsked: boolean): void {
  const held = [child, ...child.stdio] as readonly (Pick<Socket, 'ref' | 'unref'> | null | undefined)[];
  for (const one of held) {
    if (isAsked) one?.ref?.();
    else one?.unref?.();
  }
}

/** Starts a process for a job; nothing is opened yet. */
export function startDataProcess(job: DataJob, interpreter: string, onLine: (line: string) => void): DataProcess {
  const started = startProcess({
    ...pythonProcess({ path: interpreter }, PROGRAM, [], { ...process.env, CUDA_VISIBLE_DEVICES: '' }),
    limits: { memory: job.memory * MEMORY_GRACE },
    ownGroup: true,
    channel: 'pipe',
    onLine: limitOutput(onLine),
  });
  const channel = channelOf(started);
  const waiting: Waiting[] = [];
  let loss: UserError | undefined;
  const lose = (error: UserError): void => {
    loss ??= error;
    for (const { reject } of waiting.splice(0)) reject(loss);
  };
  const reader = createFrameReader(LIMITS);
  channel.on('data', (bytes: Uint8Array) => {
    try {
      for (const frame of reader.push(bytes)) {
        const asked = waiting.shift();
        const failure = failureOf(frame.header);
        if (failure) asked?.reject(failure);
        else asked?.resolve(frame);
        // It ends itself then: whoever asks again starts another.
        if (failure && fieldsOf(frame.header).isLast === true) lose(failure);
      }
      if (waiting.length === 0) holdWhile(started, false);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      lose(new UserError(`The process that reads ${job.file} answers nothing that can be read: ${error.message}.`));
      void started.end();
    }
  });
  void started.ended.then((end) => {
    const location = { file: job.file, line: 1, column: 1 };
    const what = waiting[0]?.what;
    const when = what === undefined ? '' : `, while it read ${what}`;
    lose(new UserError(`The process that reads ${job.construct} ${describeEnd(end)}${when}.`, { location }));
  });
  return {
    ask(message, what) {
      if (loss) return Promise.reject(loss);
      holdWhile(started, true);
      const answered = new Promise<Frame>((resolve, reject) => waiting.push({ what, resolve, reject }));
      // Whoever asks ahead may have given up when the answer comes.
      answered.catch(() => {});
      for (const piece of encodeFrame(message)) channel.write(piece);
      return answered;
    },
    isIdle: () => waiting.length === 0,
    lost: () => loss,
    end: () => void started.end(),
  };
}
