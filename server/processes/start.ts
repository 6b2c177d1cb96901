/** Starts a process, reads what it prints, and sees to it that it ends, with all that it has started. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex, Readable } from 'node:stream';
import { atDeadline, latest } from './deadline';
import { type End, endOf, tellsFullHeap } from './ended';
import { endGroup, endTree } from './endTree';
import { createLineSplitter } from './lines';
import { CHANNEL_DESCRIPTOR, type Limits, REASON_DESCRIPTOR, watchEnvironment } from './watchProcess';

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
}

export interface ProcessOptions extends Program {
  readonly cwd?: string;
  /** The whole environment, but for the watch. */
  readonly environment: NodeJS.ProcessEnv;
  /**
   * The process is ended beyond these. It ends itself if it begins with `watched.ts`; the deadline is kept here, without the time
   * that the process waits for a processor.
   */
  readonly limits?: Limits;
  /**
   * Whether all that the process starts ends with it. It then leads a group of its own, which a terminal's Ctrl-C does not
   * reach: whoever starts it ends it.
   */
  readonly ownGroup: boolean;
  /** What the process reads on its standard input; nothing where it is absent, or what is written there later. */
  readonly input?: string | { readonly later: true };
  /** What is at file descriptor 3: Node's own channel, for programs of this code base alone, or a pipe for frames. */
  readonly channel: 'ipc' | 'pipe';
  /** Each line that the process prints. */
  readonly onLine: (line: string, stream: 'output' | 'errors') => void;
}

export interface StartedProcess {
  readonly child: ChildProcess;
  /** Resolves when the process is gone, what it has started too, and all that it printed is read. */
  readonly ended: Promise<End>;
  /** Ends the process at once, with all that it has started; resolves as `ended`. */
  end(): Promise<End>;
}

/** Milliseconds after the latest deadline at which a process ends itself, where its parent has not ended it. */
const DEADLINE_GRACE = 1000;

/** How long to wait for the rest of the output when the process has ended but something it started holds the pipe. */
const OUTPUT_GRACE = 500;

/** No reason of a watch is longer. */
const LONGEST_REASON = 16;

function spawnWatched(options: ProcessOptions): ChildProcess {
  const { command, args, cwd, environment, limits = {}, ownGroup, input, channel } = options;
  const { deadline } = limits;
  const own = { ...limits, ...(deadline !== undefined && { deadline: latest(deadline) + DEADLINE_GRACE }) };
  return spawn(command, args, {
    ...(cwd !== undefined && { cwd }),
    env: { ...environment, ...watchEnvironment(own, ownGroup) },
    // Windows has no groups, and would open a window instead.
    detached: ownGroup && process.platform !== 'win32',
    windowsHide: true,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', channel, 'pipe'],
  });
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  const lines = createLineSplitter(onLine);
  // A stream that is given up closes without an end.
  stream.on('data', lines.push).on('close', lines.end);
}

/** The streams to a process break when it ends, which its end tells. */
function ignoreBreaks(child: ChildProcess): void {
  for (const stream of child.stdio) stream?.on('error', () => {});
}

/**
 * Resolves when all that the process has said is read. Node's own event for that does not come where this process has closed the
 * channel itself.
 */
async function closings(child: ChildProcess, channel: ProcessOptions['channel']): Promise<void> {
  const streams = child.stdio.filter((stream) => stream !== null && stream !== undefined);
  const closes = streams.map((stream) => new Promise((resolve) => stream.once('close', resolve)));
  if (channel === 'ipc') closes.push(new Promise((resolve) => child.once('disconnect', resolve)));
  await Promise.all(closes);
}

/** The pipe at file descriptor 3 of a process that was started with one. */
export function channelOf({ child }: StartedProcess): Duplex {
  return child.stdio[CHANNEL_DESCRIPTOR] as Duplex;
}

export function startProcess(options: ProcessOptions): StartedProcess {
  const { limits = {}, ownGroup, input, onLine } = options;
  const child = spawnWatched(options);
  let [reason, isHeapFull, isLate] = ['', false, false];

  const closed = closings(child, options.channel);
  const ended = new Promise<End>((resolve) => {
    child.on('exit', async (code, signal) => {
      await closed;
      resolve(endOf({ code, signal, reason, isHeapFull, isLate }, limits));
    });
    child.on('error', ({ message }) => {
      // A process that could not be started does not exit either. Other errors are of a channel that breaks at its end.
      if (child.pid === undefined) resolve({ kind: 'unstarted', message });
    });
  });
  const end = (): Promise<End> => {
    endTree(child, ownGroup);
    return ended;
  };

  ignoreBreaks(child);
  readLines(child.stdout!, (line) => onLine(line, 'output'));
  readLines(child.stderr!, (line) => {
    isHeapFull ||= tellsFullHeap(line);
    onLine(line, 'errors');
  });
  (child.stdio[REASON_DESCRIPTOR] as Readable).on('data', (data) => {
    reason = `${reason}${data}`.slice(0, LONGEST_REASON);
  });
  child.on('exit', () => {
    if (ownGroup && process.platform !== 'win32') endGroup(child.pid!);
    setTimeout(() => {
      for (const stream of child.stdio) stream?.destroy();
      if (child.connected) child.disconnect();
    }, OUTPUT_GRACE).unref();
  });
  if (typeof input === 'string') child.stdin!.end(input);
  if (limits.deadline !== undefined && child.pid !== undefined) {
    const callOff = atDeadline(child.pid, limits.deadline, () => {
      isLate = true;
      void end();
    });
    void ended.then(callOff);
  }
  return { child, ended, end };
}
