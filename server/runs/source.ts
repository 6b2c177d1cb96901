/** `source.json` in the folder of a run: the files that its model was made from, as they were when it began. */
import { readFile, stat } from 'node:fs/promises';
import { writeJsonAtomic } from '../files/atomic';
import type { SourceFile } from '../protocol/results';
import { runFiles } from './files';
import { findJson } from './read';

/** Bytes of a file, and of all together, beyond which they are data rather than source. */
const MOST_OF_FILE = 2 ** 18;
const MOST = 2 ** 21;

/** A file as text; undefined where it cannot be read, is large, or is no text. */
async function readText(path: string): Promise<string | undefined> {
  try {
    const found = await stat(path);
    if (!found.isFile() || found.size > MOST_OF_FILE) return undefined;
    const text = await readFile(path, 'utf8');
    return text.includes('\0') || text.includes('\uFFFD') ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Keeps the model's file, and of those that it was made from the ones that are text and no packages. */
export async function keepSource(dir: string, file: string, reads: readonly string[] = []): Promise<void> {
  const paths = [...new Set([file, ...reads.filter((path) => !/[\\/](node_modules|site-packages)[\\/]/.test(path))])];
  const files: SourceFile[] = [];
  let size = 0;
  for (const path of paths) {
    const text = await readText(path);
    if (text === undefined || size + text.length > MOST) continue;
    size += text.length;
    files.push({ path, text });
  }
  if (files.length > 0) await writeJsonAtomic(runFiles(dir).source, { format: 'prunelens-source-1', files });
}

function isSourceFile(value: unknown): value is SourceFile {
  const { path, text } = (value ?? {}) as Partial<SourceFile>;
  return typeof path === 'string' && typeof text === 'string';
}

/** The files that were kept, the model's own first; empty of runs of earlier versions. */
export async function readSource(dir: string): Promise<readonly SourceFile[]> {
  const { files } = ((await findJson(runFiles(dir).source)) ?? {}) as { readonly files?: unknown };
  return Array.isArray(files) ? files.filter(isSourceFile) : [];
}
