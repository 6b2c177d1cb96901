import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { UnsavedFile } from '../protocol/worker';

function realPath(file: string): string | undefined {
  try {
    return realpathSync(file);
  } catch {
    // A file that was never saved has no other path.
    return undefined;
  }
}

/** Unsaved texts by absolute path; also by the path behind symbolic links, which is how a bundler names a file. */
export function unsavedTexts(unsaved: readonly UnsavedFile[] = []): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const { file, text } of unsaved) {
    const path = resolve(file);
    texts.set(path, text);
    const real = realPath(path);
    if (real !== undefined) texts.set(real, text);
  }
  return texts;
}
