/** The sources of the product, and what each file imports. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../../..');

/** TypeScript files below a folder of the repository, by their paths from its root. */
export function sourcesIn(folder: string): string[] {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => /(?<!\.d)\.tsx?$/.test(name)).map((name) => join(folder, name));
}

export interface Import {
  /** Path of the imported file from the repository's root. */
  readonly file: string;
  /** It leaves nothing in the program: `import type`, or types alone. */
  readonly isType: boolean;
}

function resolveFile(specifier: string, from: string): string | undefined {
  const base = join(dirname(from), specifier);
  const candidates = [base, `${base}.ts`, `${base}.tsx`, join(base, 'index.ts'), join(base, 'index.tsx')];
  return candidates.find((file) => /\.tsx?$/.test(file) && existsSync(join(ROOT, file)));
}

/** The files of the repository that a file imports or exports from. */
export function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const found: Import[] = [];
  for (const [, clause, specifier] of text.matchAll(/^(?:import|export)\s+([^'";]*?)\s*from\s*'(\.[^']*)'/gms)) {
    const names = /^\{([^}]*)\}$/s
      .exec(clause.trim())?.[1]
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean);
    const isType = /^type\b/.test(clause) || (names?.every((name) => name.startsWith('type ')) ?? false);
    const imported = resolveFile(specifier, file);
    if (imported) found.push({ file: imported, isType });
  }
  for (const [, specifier] of text.matchAll(/(?:^import\s+|import\(\s*)'(\.[^']*)'/gm)) {
    const imported = resolveFile(specifier, file);
    if (imported) found.push({ file: imported, isType: false });
  }
  return found;
}

/** The room below `server/` that a file lies in; undefined for files beside the rooms and outside. */
export function roomOf(file: string): string | undefined {
  const [room, ...rest] = relative('server', file).split('/');
  return room === '..' || rest.length === 0 ? undefined : room;
}
