/** What the user's Python has: its version, that of torch, and torch's devices. */
import { statSync } from 'node:fs';
import { askPython } from './ask';
import { isAtLeast } from './start';
import type { InterpreterProbe, PythonDevice } from './types';

/**
 * The oldest Python and the oldest torch that serve. Before torch 2.6, `torch.export` takes batch normalization apart in training
 * and in evaluation; since then there is one node for each call of a layer.
 */
export const OLDEST_PYTHON = [3, 9] as const;
export const OLDEST_TORCH = [2, 6] as const;

/** Importing torch takes seconds, and minutes from a cold network disk. */
const DEADLINE_SECONDS = 120;

/** Begins the line of the answer; `probe.py` has it too. */
const MARK = 'prunelens-probe ';

const UNTRUSTED = 'This workspace is not trusted, so no Python is started.';

const HOW_TO_INSTALL = 'https://pytorch.org/get-started/locally';

export interface ProbeOptions {
  /** Whether code of the workspace may run, which chooses the interpreter: it is not started where it may not. */
  readonly trusted: boolean;
  readonly signal?: AbortSignal;
  readonly environment?: NodeJS.ProcessEnv;
}

const PLATFORMS: readonly PythonDevice['platform'][] = ['cpu', 'cuda', 'rocm', 'mps', 'xpu'];

/** The devices of an answer; what is none is left out. */
function readDevices(value: unknown): readonly PythonDevice[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one: { readonly [key: string]: unknown } | null) => {
    const { device, name, memory } = one ?? {};
    const platform = PLATFORMS.find((known) => known === one?.platform);
    if (typeof device !== 'string' || platform === undefined) return [];
    return [
      {
        device,
        platform,
        ...(typeof name === 'string' && { name }),
        ...(typeof memory === 'number' && { memory }),
      },
    ];
  });
}

function install(path: string): string {
  return `install it with "${path} -m pip install torch" (for a GPU see ${HOW_TO_INSTALL}), or choose another Python with --python`;
}

function judge(path: string, answer: { readonly [key: string]: unknown }): InterpreterProbe {
  const { python, torch, failure, warning } = answer;
  if (typeof python !== 'string') return { reason: `${path} did not tell its version.` };
  const oldest = OLDEST_PYTHON.join('.');
  if (!isAtLeast(python, OLDEST_PYTHON)) {
    return {
      version: python,
      reason: `${path} is Python ${python}, which is too old: choose Python ${oldest} or later with --python.`,
    };
  }
  const subject = `Python ${python} at ${path}`;
  if (typeof failure === 'string') {
    return {
      version: python,
      reason: `${subject} has a torch that does not work (${failure.replace(/\.$/, '')}): ${install(path)}.`,
    };
  }
  if (typeof torch !== 'string') {
    return { version: python, reason: `${subject} has no torch: ${install(path)}.` };
  }
  if (!isAtLeast(torch, OLDEST_TORCH)) {
    return {
      version: python,
      reason: `${subject} has torch ${torch}, which is too old: ${OLDEST_TORCH.join('.')} or later is needed; run "${path} -m pip install --upgrade torch".`,
    };
  }
  const devices = readDevices(answer.devices);
  return {
    interpreter: { path, version: python, torch, devices, ...(typeof warning === 'string' && { warning }) },
  };
}

/** What was found of interpreters that serve, for the life of this process: importing torch takes seconds. */
const found = new Map<string, InterpreterProbe>();

function cacheKey(path: string, environment: NodeJS.ProcessEnv): string {
  const changed = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return JSON.stringify([path, changed, Object.entries(environment).toSorted()]);
}

/**
 * Asks an interpreter what it has. It is started in a process of its own, with a deadline, and never where nothing of the
 * workspace is trusted. One that serves is asked once for each time that its file has changed, and each environment.
 *
 * @throws the signal's reason when it is aborted.
 */
export async function probeInterpreter(path: string, options: ProbeOptions): Promise<InterpreterProbe> {
  const { trusted, signal, environment = process.env } = options;
  if (!trusted) return { reason: UNTRUSTED };
  const key = cacheKey(path, environment);
  const known = found.get(key);
  if (known) return known;
  const asked = await askPython({
    interpreter: path,
    file: 'python/probe.py',
    mark: MARK,
    deadlineSeconds: DEADLINE_SECONDS,
    environment,
    ...(signal && { signal }),
  });
  if ('problem' in asked) return { reason: `${asked.problem}; choose a Python with --python or the setting "python".` };
  const probe = judge(path, asked.answer);
  if ('interpreter' in probe) found.set(key, probe);
  return probe;
}
