/** Programs that this Node runs. */
import type { Program } from './start';

/**
 * A bundle as a program of its own.
 *
 * @param flags of Node, before the file.
 */
export function nodeProgram(file: string, args: readonly string[] = [], flags: readonly string[] = []): Program {
  return { command: process.execPath, args: [...flags, file, ...args] };
}

/** The environment of this process without what would change Node for a child that is none of the user's. */
export function nodeEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...environment } = process.env;
  // Inside an editor the executable is Electron, which runs as plain Node when told to.
  return { ...environment, ELECTRON_RUN_AS_NODE: '1' };
}
