/** Failures of the file system in words. */
import { UserError } from '../protocol/errors';

const REASONS: { readonly [code: string]: string } = {
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of its path is a file, not a folder',
  EISDIR: 'it is a folder',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than allowed here',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many files are open',
  EBUSY: 'it is in use by another program',
  EIO: 'the disk reports an input/output error',
};

/** The system's error code (`ENOENT`, …) of a thrown value, if it has one. */
export function errorCode(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/**
 * A file system error as a UserError: `Cannot <action> <path>: <reason>.` Anything else is returned as it is, since it is
 * a defect (or already a UserError).
 */
export function fileFailure(error: unknown, action: 'read' | 'write', path: string): unknown {
  const code = errorCode(error);
  if (code === undefined || error instanceof UserError || !(error as NodeJS.ErrnoException).syscall) return error;
  const reason = action === 'write' && code === 'ENOENT' ? 'its folder does not exist' : REASONS[code];
  return new UserError(`Cannot ${action} ${path}: ${reason ?? `the system says ${code}`}.`);
}
