/** Starts the loader process, hands it a job and sees to it that it ends. */
import { basename, dirname } from 'node:path';
import { type End, hintOfKill } from '../../processes/ended';
import { createFrameReader, FrameError } from '../../processes/frames';
import { limitOutput } from '../../processes/modelOutput';
import { nodeEnvironment, nodeProgram } from '../../processes/node';
import { channelOf, type StartedProcess, startProcess } from '../../processes/start';
import { UserError } from '../../protocol/errors';
import type { ModelDescription } from './description';
import { readAnswer } from './loaderAnswer';
import type { ArchiveJob, LoadAnswer, LoadJob } from './loaderProtocol';

export interface RunOptions {
  /** The bundled `loaderProcess.ts` or `archiveProcess.ts`. */
  readonly loaderFile: string;
  readonly timeoutSeconds: number;
  /** Resident memory in bytes beyond which the process ends itself. */
  readonly memoryLimit: number;
  readonly signal?: AbortSignal;
  /** Receives each line that the user's code prints, up to a limit. */
  readonly onOutput: (line: string) => void;
}

/** The most bytes of a description without its weights; those of the largest models have a few hundred thousand. */
const LONGEST_HEADER = 2 ** 26;

/** The error for a process that ended without an answer. */
function endedEarly(file: string, end: End): UserError {
  const location = { file, line: 1, column: 1 };
  switch (end.kind) {
    case 'unstarted':
      return new UserError(`The process for the model code could not be started: ${end.message}.`, { location });
    case 'memory':
      return new UserError('The model code used up its memory.', {
        location,
        hint: 'Keep data sets and training out of the model file, and check its loops and layer sizes.',
      });
    case 'deadline':
      return new UserError(`The model code did not finish within ${(end.deadline ?? 0) / 1000} seconds.`, {
        location,
        hint: 'Check it for endless loops, and keep data sets and training out of the model file.',
      });
    default: {
      const how = end.kind === 'signal' ? `crashed (${end.signal})` : `ended (exit code ${end.code})`;
      return new UserError(`The process of the model code ${how} before it gave a model.`, {
        location,
        hint: hintOfKill(end) ?? 'Check the file for calls that end the process and for native packages.',
      });
    }
  }
}

/** The error for a process that read a file of data, and ended without an answer. */
function notRead(file: string, end: End, memoryLimit: number): UserError {
  const name = basename(file);
  const hint = 'Save the model again with model.save(), or write its layers with model.to_json().';
  switch (end.kind) {
    case 'unstarted':
      return new UserError(`The process that reads ${name} could not be started: ${end.message}.`);
    case 'memory':
      return new UserError(`Reading ${name} takes more than the ${memoryLimit / 2 ** 20} MiB of memory it may take.`, {
        hint,
      });
    case 'deadline':
      return new UserError(`Reading ${name} did not end within ${(end.deadline ?? 0) / 1000} seconds.`, { hint });
    default:
      return new UserError(`${name} cannot be read: its reader broke off.`, { hint });
  }
}

/** The error for a process whose channel holds something else than an answer. */
function garbled(file: string, problem: string): UserError {
  return new UserError(`What the process of the model code answered is not a model: ${problem}.`, {
    location: { file, line: 1, column: 1 },
    hint: 'Check the file, and the packages it imports, for writes to file descriptor 3, which PruneLens uses.',
  });
}

/** Resolves with the first answer, or what is wrong with it, at the latest when the process is gone. */
async function receiveAnswer(started: StartedProcess, { file }: ArchiveJob, memoryLimit: number) {
  // An answer with more weights than the process may have of memory is none.
  const reader = createFrameReader({ header: LONGEST_HEADER, body: memoryLimit });
  let answer: LoadAnswer | UserError | undefined;
  channelOf(started).on('data', (bytes) => {
    if (answer !== undefined) return;
    try {
      const [frame] = reader.push(bytes);
      if (frame) answer = readAnswer(frame);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      answer = garbled(file, error.message);
      void started.end();
    }
  });
  const end = await started.ended;
  const isCut = answer === undefined && reader.isWithin() && end.kind === 'exit';
  return { answer: isCut ? garbled(file, 'its answer is cut off') : answer, end };
}

/**
 * Runs `job` in a new process. What that process says is data of a stranger.
 *
 * @throws UserError for what the user's code does wrong, a timeout, a crash; the signal's reason when it is aborted.
 */
export async function runLoader(job: LoadJob | ArchiveJob, options: RunOptions): Promise<ModelDescription> {
  const { loaderFile, signal, timeoutSeconds, memoryLimit, onOutput } = options;
  signal?.throwIfAborted();
  const started = startProcess({
    ...nodeProgram(loaderFile, [], ['--no-warnings']),
    cwd: dirname(job.file),
    environment: nodeEnvironment(),
    limits: { memory: memoryLimit, deadline: timeoutSeconds * 1000 },
    ownGroup: true,
    input: JSON.stringify(job),
    channel: 'pipe',
    onLine: limitOutput(onOutput),
  });
  const onAbort = (): void => void started.end();
  signal?.addEventListener('abort', onAbort);
  const { answer, end } = await receiveAnswer(started, job, memoryLimit);
  signal?.removeEventListener('abort', onAbort);
  if (answer instanceof UserError) throw answer;
  if (answer?.type === 'model') return answer.description;
  if (answer) throw new UserError(answer.message, answer);
  signal?.throwIfAborted();
  throw 'bundleFile' in job ? endedEarly(job.file, end) : notRead(job.file, end, memoryLimit);
}
