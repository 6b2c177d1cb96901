/** Where the binding lies that `prunelens setup tensorflow` builds, and what is kept of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../../files/cacheFolder';

export const BINDING_FILE = 'tfjs_binding.node';
export const RECORD_FILE = 'binding.json';
export const RECORD_FORMAT = 'prunelens-tensorflow-1';

/** What the binding was built against. */
export interface BindingRecord {
  readonly format: typeof RECORD_FORMAT;
  /** Version of TensorFlow. */
  readonly tensorflow: string;
  /** Folder of the installed TensorFlow, whose library is used in place. */
  readonly folder: string;
  /** The interpreter that it belongs to. */
  readonly python: string;
}

/** Folder of the binding: machines of other kinds may share the home folder. */
export function bindingFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return join(cacheFolder(environment), 'tensorflow', `${process.platform}-${process.arch}`);
}

/** The binding that was built, with its native module; undefined where there is none. */
export function builtBinding(
  environment: NodeJS.ProcessEnv = process.env,
): (BindingRecord & { readonly module: string }) | undefined {
  const folder = bindingFolder(environment);
  try {
    const record = JSON.parse(readFileSync(join(folder, RECORD_FILE), 'utf8')) as BindingRecord;
    return record.format === RECORD_FORMAT ? { ...record, module: join(folder, BINDING_FILE) } : undefined;
  } catch {
    // There is none, or one that cannot be read, which is made anew.
    return undefined;
  }
}
