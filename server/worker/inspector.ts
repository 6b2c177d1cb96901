/** A compute process under a debugger. */
import { INSPECT_WORKER } from '../protocol/debugging';

type Environment = { readonly [name: string]: string | undefined };

/** Milliseconds; a process that stands at a breakpoint answers when its developer goes on. */
const DEADLINE = 24 * 60 * 60 * 1000;

function port(environment: Environment): number | undefined {
  const value = Number(environment[INSPECT_WORKER]);
  return Number.isInteger(value) && value > 0 && value < 65_536 ? value : undefined;
}

/** Node's flags for a compute process, that of scores or that of `work`: `--inspect` where the environment asks for it. */
export function inspectorFlags(isWork: boolean, environment: Environment = process.env): readonly string[] {
  const found = port(environment);
  return found === undefined ? [] : [`--inspect=${isWork ? found + 1 : found}`];
}

/** Deadlines for a process under a debugger; empty for others. */
export function inspectedDeadlines(environment: Environment = process.env) {
  return port(environment) === undefined ? {} : { callDeadlineMs: DEADLINE, hangDeadlineMs: DEADLINE };
}
