/** The user's Python, found and asked. */
import { UserError } from '../protocol/errors';
import type { PythonSummary } from '../protocol/results';
import { type FoundInterpreter, findInterpreter, type InterpreterChoice } from './find';
import { type ProbeOptions, probeInterpreter } from './probe';
import type { Interpreter, InterpreterProbe } from './types';

/** Which interpreter it is, if any, and what it has. */
export interface InterpreterStatus {
  readonly found?: FoundInterpreter;
  readonly probe: InterpreterProbe;
}

const NONE = 'No Python was found: install one with torch from https://pytorch.org, or name it with --python.';

/** Finds the user's interpreter and asks what it has; it is not started where the workspace is not trusted. */
export async function lookAtInterpreter(
  choice: InterpreterChoice,
  options: Omit<ProbeOptions, 'environment'>,
): Promise<InterpreterStatus> {
  const found = findInterpreter(choice);
  if (!found) return { probe: { reason: NONE } };
  const { environment } = choice;
  return { found, probe: await probeInterpreter(found.path, { ...options, ...(environment && { environment }) }) };
}

/** What is told of an interpreter, of one that was not found too. */
export function summarize({ found, probe }: InterpreterStatus): PythonSummary {
  const at = found ? { path: found.path, origin: found.origin } : {};
  if ('interpreter' in probe) {
    const { path: _, ...interpreter } = probe.interpreter;
    return { ...at, ...interpreter };
  }
  const { reason, version } = probe;
  return { ...at, ...(version !== undefined && { version }), devices: [], problem: reason };
}

/**
 * The user's interpreter, to start programs in.
 *
 * @throws UserError which says what is missing and how to get it; the signal's reason when it is aborted.
 */
export async function openInterpreter(
  choice: InterpreterChoice,
  options: Omit<ProbeOptions, 'environment'>,
): Promise<Interpreter> {
  const { probe } = await lookAtInterpreter(choice, options);
  if ('interpreter' in probe) return probe.interpreter;
  throw new UserError(probe.reason);
}
