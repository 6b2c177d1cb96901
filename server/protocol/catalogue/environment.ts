/** Numbers that the environment gives: they are checked as options are. */
import { usageError } from '../errors';
import { type NumberRange, numberProblem } from './values';

interface VariableDefinition extends NumberRange {
  readonly name: string;
}

export const VARIABLES = {
  /** Threads that compute, for jobs that share a machine. */
  threads: { name: 'PRUNELENS_THREADS', type: 'integer', minimum: 1, counts: 'threads' },
  /** Memory that a file may take, in MiB. */
  fileMemory: { name: 'PRUNELENS_FILE_MEMORY', type: 'number', exclusiveMinimum: 0, counts: 'mebibytes' },
} as const satisfies { readonly [key: string]: VariableDefinition };

export type Environment = { readonly [name: string]: string | undefined };

/**
 * The value of a variable; undefined where it is not set, or empty.
 *
 * @throws UserError (usage) where it is no number, or not in its range.
 */
export function variableIn(variable: VariableDefinition, environment: Environment = process.env): number | undefined {
  const text = environment[variable.name];
  if (text === undefined || text.trim() === '') return undefined;
  const problem = numberProblem(variable, Number(text));
  if (problem === undefined) return Number(text);
  throw usageError(`${variable.name} in the environment is "${text}".`, problem);
}

/** @throws UserError (usage) where one of the variables is out of its range. */
export function checkEnvironment(environment?: Environment): void {
  for (const variable of Object.values(VARIABLES)) variableIn(variable, environment);
}
