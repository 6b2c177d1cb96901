/**
 * How much memory a file may take: what its header claims is checked before anything of that size is made. Limits hold unless the
 * environment names another one.
 */
import { totalmem } from 'node:os';
import { VARIABLES, variableIn } from '../protocol/catalogue/environment';
import { UserError } from '../protocol/errors';

const MEBIBYTE = 2 ** 20;

/** Limits where nothing else is said, in MiB. */
const DEFAULTS = {
  /** A row of a table, as text. */
  row: () => 16,
  /** A document: a model's code, settings, the description of a model in an archive. */
  text: () => 64,
  /** Lines that a training writes, and results of many. */
  log: () => 500,
  /** An image, decoded. */
  image: () => 1024,
  /** A compressed file or the arrays of an archive, unpacked. */
  file: () => 4096,
  /** All images of a folder, or what is stored in a file as it is. */
  folder: () => totalmem() / 2 / MEBIBYTE,
} as const;

/** What somebody can do whose file is larger than a limit. */
export const RAISE_LIMIT = `If it is what it should be, raise the limit with ${VARIABLES.fileMemory.name}=MIB in the environment.`;

/**
 * Bytes that a file of the kind may take.
 *
 * @throws UserError (usage) where the variable in the environment holds no such number.
 */
export function memoryLimit(kind: keyof typeof DEFAULTS): number {
  return (variableIn(VARIABLES.fileMemory) ?? DEFAULTS[kind]()) * MEBIBYTE;
}

/** The error for what needs more than the limit. */
export function tooLarge(what: string, bytes: number, kind: keyof typeof DEFAULTS): UserError {
  const [needed, limit] = [bytes, memoryLimit(kind)].map((size) => Math.ceil(size / MEBIBYTE).toLocaleString('en'));
  return new UserError(`${what} would take ${needed} MiB of memory; the limit is ${limit} MiB.`, {
    hint: RAISE_LIMIT,
  });
}

/** @throws UserError that begins with `what` where `bytes` are more than the limit. */
export function checkMemory(what: string, bytes: number, kind: keyof typeof DEFAULTS): void {
  if (!(bytes <= memoryLimit(kind))) throw tooLarge(what, bytes, kind);
}
