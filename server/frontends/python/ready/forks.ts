/** A process that forks another one for each load: what a framework needs seconds for has been done once. See `python/loader/forking.py`. */
import { type End, endOf } from '../../../processes/ended';
import { createFrameReader, encodeFrame, type Frame, FrameError } from '../../../processes/frames';
import { createLineSplitter, type LineSplitter } from '../../../processes/lines';
import { channelOf, startProcess } from '../../../processes/start';
import { pythonProcess } from '../../../python/start';
import { answerLimits, type LoaderQuestion } from '../loaderRunner';
import { type AnswerReader, createAnswerReader } from '../pythonFrame';
import { openAheadMemory } from './aheadMemory';
import {
  type LoaderProgram,
  type Packages,
  packagesIn,
  type ReadyAnswer,
  type ReadyPlace,
  type ReadyProcess,
} from './readyProcess';

/** The most bytes of a frame: pieces of what forks write. */
const LIMITS = { header: 2 ** 16, body: 2 ** 21 };

interface Load<T> {
  readonly reader: AnswerReader<T>;
  readonly lines: LineSplitter;
  readonly limits: LoaderQuestion['limits'];
  readonly onLine: (line: string) => void;
  finish(end: End): void;
}

type Fields = { readonly [key: string]: unknown };

/** How a fork ended, as the process that has forked it saw it. */
function endIn(ended: Fields, limits: LoaderQuestion['limits']): End {
  const { code, signal, reason } = ended;
  const trace = {
    code: typeof code === 'number' ? code : null,
    signal: typeof signal === 'string' ? (signal as NodeJS.Signals) : null,
    reason: typeof reason === 'string' ? reason : '',
    isHeapFull: false,
    isLate: false,
  };
  return endOf(trace, limits);
}

export function startForks<T>(
  { program, read }: LoaderProgram<T>,
  { interpreter, environment }: ReadyPlace,
): ReadyProcess<T> {
  const loads = new Map<number, Load<T>>();
  let count = 0;
  let packages: Packages | undefined;
  let end: End | undefined;
  let isRetired = false;

  const started = startProcess({
    ...pythonProcess({ path: interpreter }, program, ['--forks'], environment),
    ownGroup: true,
    channel: 'pipe',
    // Of the framework itself, while it is imported.
    onLine: (line) => {
      for (const { onLine } of loads.values()) onLine(line);
    },
  });
  const send = (header: unknown): void => {
    for (const piece of encodeFrame(header)) channelOf(started).write(piece);
  };
  const finish = (job: number, how: End): void => {
    const load = loads.get(job);
    loads.delete(job);
    load?.lines.end();
    load?.finish(how);
    if (isRetired && loads.size === 0) void started.end();
  };
  const take = ({ header, body }: Frame): void => {
    packages ??= packagesIn(header);
    const { job, stream, isSilent, ended } = (header ?? {}) as Fields;
    const load = loads.get(job as number);
    if (!load) return;
    if (stream === 'output') load.lines.push(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
    else if (stream === 'answer' && !load.reader.push(body)) send({ job, end: true });
    else if (isSilent && load.reader.answer() !== undefined) finish(job as number, endIn({ code: 0 }, load.limits));
    else if (ended) finish(job as number, endIn(ended as Fields, load.limits));
  };
  const reader = createFrameReader(LIMITS);
  channelOf(started).on('data', (bytes) => {
    try {
      for (const frame of reader.push(bytes)) take(frame);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      void started.end();
    }
  });
  void started.ended.then((how) => {
    end = how;
    for (const job of [...loads.keys()]) finish(job, how);
  });

  const ask = async ({ job, limits, onLine, signal }: LoaderQuestion): Promise<ReadyAnswer<T>> => {
    count += 1;
    const number = count;
    const memory = openAheadMemory();
    const answers = createAnswerReader(answerLimits(job), read, memory?.read);
    const ended = new Promise<End>((resolve) => {
      loads.set(number, { reader: answers, lines: createLineSplitter(onLine), limits, onLine, finish: resolve });
    });
    if (end) finish(number, end);
    else send({ job: number, load: job, limits, ahead: memory?.path ?? null });
    const onAbort = (): void => send({ job: number, end: true });
    signal?.addEventListener('abort', onAbort);
    const how = await ended;
    memory?.close();
    signal?.removeEventListener('abort', onAbort);
    // It had been ready, and was ended by no one here.
    const isLost = end === how && packages !== undefined;
    return { answer: answers.answer(), end: how, ...(isLost && { isLost }) };
  };
  return {
    ask,
    isOutdated: () => end !== undefined || (packages?.haveChanged() ?? false),
    retire() {
      isRetired = true;
      if (loads.size === 0) void started.end();
    },
    end: () => void started.end(),
  };
}
