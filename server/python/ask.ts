/** One question to the user's Python: a program of ours that answers with one line of JSON. */
import { statSync } from 'node:fs';
import { describeEnd } from '../processes/ended';
import { startProcess } from '../processes/start';
import { pythonProcess } from './start';

export interface Question {
  /** Path of the interpreter. */
  readonly interpreter: string;
  /** The program, as `pythonFile` takes it. */
  readonly file: string;
  /** What its answer begins with: other lines are of packages that it imports. */
  readonly mark: string;
  readonly deadlineSeconds: number;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

export type Answer = { readonly answer: { readonly [key: string]: unknown } } | { readonly problem: string };

/** Why a file cannot be started, as a sentence without its full stop; undefined where it can be tried. */
function whyNotStarted(path: string): string | undefined {
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status) return `There is no Python at ${path}`;
  if (status.isDirectory()) return `${path} is a folder without a Python`;
  return undefined;
}

function parse(line: string): { readonly [key: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as { readonly [key: string]: unknown }) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Runs the program with nothing on its standard input. Gives its answer, or in a sentence without its full stop why there is none.
 *
 * @throws the signal's reason when it is aborted.
 */
export async function askPython(question: Question): Promise<Answer> {
  const { interpreter, file, mark, deadlineSeconds, environment, signal } = question;
  signal?.throwIfAborted();
  const missing = whyNotStarted(interpreter);
  if (missing !== undefined) return { problem: missing };
  let answer: ReturnType<typeof parse>;
  let lastError = '';
  const started = startProcess({
    ...pythonProcess({ path: interpreter }, file, [], environment),
    limits: { deadline: deadlineSeconds * 1000 },
    ownGroup: true,
    channel: 'pipe',
    onLine: (line, stream) => {
      if (stream === 'errors' && line.trim() !== '') lastError = line.trim();
      else if (line.startsWith(mark)) answer ??= parse(line.slice(mark.length));
    },
  });
  const onAbort = (): void => void started.end();
  signal?.addEventListener('abort', onAbort);
  const end = await started.ended;
  signal?.removeEventListener('abort', onAbort);
  if (answer) return { answer };
  signal?.throwIfAborted();
  const isRefused = end.kind === 'unstarted' && /EACCES|ENOEXEC/.test(end.message);
  if (isRefused) return { problem: `${interpreter} cannot be run: it is not an executable program` };
  return { problem: `${interpreter} ${describeEnd(end)}${lastError ? ` (${lastError.replace(/\.$/, '')})` : ''}` };
}
