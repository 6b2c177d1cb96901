/** Starts the user's Python with a job of loading a model, and sees to it that it ends. */
import { describeEnd, type End, hintOfKill } from '../../processes/ended';
import { type Frame, FrameError, type FrameLimits } from '../../processes/frames';
import { limitOutput } from '../../processes/modelOutput';
import type { Limits } from '../../processes/watchProcess';
import { UserError } from '../../protocol/errors';
import type { PythonJob } from './loaderProtocol';
import { askForFrame, type FrameAnswer } from './pythonFrame';

export interface RunOptions<T> {
  /** Path of the interpreter. */
  readonly interpreter: string;
  readonly signal?: AbortSignal;
  /** Receives each line that the user's code prints, up to a limit. */
  readonly onOutput: (line: string) => void;
  /** Asks a process. */
  readonly ask: Ask<T>;
  /** Why a Python that has started cannot load such models, where it is known; asked where its process ended without an answer. */
  readonly explain?: (interpreter: string, signal: AbortSignal | undefined) => Promise<string | undefined>;
}

/** A job for a process that loads models. */
export interface LoaderQuestion {
  readonly interpreter: string;
  readonly job: PythonJob;
  readonly limits: Required<Limits>;
  readonly onLine: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** Has a job done by a process, and waits until that is gone. */
export type Ask<T> = (question: LoaderQuestion) => Promise<FrameAnswer<T>>;

/** The most bytes of a description without its tensors. */
const LONGEST_HEADER = 2 ** 28;

/** Seconds that may pass besides the user's code: importing the framework from a cold disk, exporting the model. */
const SECONDS_AROUND = 400;

/** The share of the memory at which the process tells the line, before it is ended without one. */
const MEMORY_GRACE = 1.1;

const START = { line: 1, column: 1 };

function garbled(file: string, problem: string): UserError {
  return new UserError(`What the process of the model code answered is not a model: ${problem}.`, {
    location: { file, ...START },
    hint: 'Check the file, and the packages it imports, for writes to file descriptors that are not theirs.',
  });
}

/** The error for a process that ended without an answer: what its Python lacks, else how it ended. */
async function endedEarly<T>(file: string, end: End, options: RunOptions<T>): Promise<UserError> {
  const { interpreter, explain, signal } = options;
  const location = { file, ...START };
  if (end.kind === 'unstarted' || end.kind === 'exit') {
    const reason = await explain?.(interpreter, signal);
    if (reason !== undefined) return new UserError(reason, { location });
  }
  return new UserError(`The process of the model code ${describeEnd(end)} before it gave a model.`, {
    location,
    hint:
      hintOfKill(end) ??
      'Check the file for calls that end the process, for endless loops and for the sizes of its layers.',
  });
}

/** The environment of loaders: models are made on the CPU. */
export function loaderEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, CUDA_VISIBLE_DEVICES: '' };
}

/** The most bytes of an answer, whatever the job. */
export const LARGEST_ANSWER: FrameLimits = { header: LONGEST_HEADER, body: 2 ** 32 - 1 };

/** The most bytes of the answer to a job. */
export function answerLimits({ memory }: PythonJob): FrameLimits {
  return { header: LONGEST_HEADER, body: memory };
}

/** Asks a new process of `program` (as `pythonProcess` takes it), whose answer `read` takes from its frame. */
export function askAnew<T>(program: string, read: (frame: Frame) => T): Ask<T> {
  return ({ job, ...question }) =>
    askForFrame({
      ...question,
      program,
      input: job,
      environment: loaderEnvironment(),
      frame: answerLimits(job),
      read,
    });
}

/**
 * Runs a job in a process of its own. What that process says is data of a stranger.
 *
 * @throws UserError where the process has no answer; the signal's reason when it is aborted.
 */
export async function runJob<T>(job: PythonJob, options: RunOptions<T>): Promise<T> {
  const { interpreter, signal, onOutput, ask } = options;
  signal?.throwIfAborted();
  const { answer, end } = await ask({
    interpreter,
    job,
    limits: { memory: job.memory * MEMORY_GRACE, deadline: (job.seconds + SECONDS_AROUND) * 1000 },
    onLine: limitOutput(onOutput),
    ...(signal && { signal }),
  });
  if (answer instanceof FrameError) throw garbled(job.file, answer.message);
  if (answer) return answer;
  signal?.throwIfAborted();
  throw await endedEarly(job.file, end, options);
}
