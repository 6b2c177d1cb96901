/** Names of modules that `tsconfig.json` or `jsconfig.json` gives to paths, as the bundler of model files reads them. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'jsonc-parser';
import type { Neighbours } from '../../types';

const CONFIGS = ['tsconfig.json', 'jsconfig.json'];

/** Files that extend each other are followed so far. */
const DEEPEST = 8;

/** What a project says of names of modules. */
interface Aliases {
  /** Folder in which names are looked for as they are; absent: in none. */
  readonly baseUrl?: string;
  /** Folder that the targets of `paths` start from. */
  readonly folder: string;
  readonly paths: readonly (readonly [pattern: string, targets: readonly string[]])[];
}

interface Config {
  readonly extends?: unknown;
  readonly compilerOptions?: { readonly baseUrl?: unknown; readonly paths?: unknown };
}

function readConfig(file: string, { read }: Neighbours): Config {
  const value: unknown = parse(read(file) ?? '');
  return typeof value === 'object' && value !== null ? (value as Config) : {};
}

function ownAliases(file: string, { compilerOptions = {} }: Config): Aliases | undefined {
  const { baseUrl, paths } = compilerOptions ?? {};
  const base = typeof baseUrl === 'string' ? join(dirname(file), baseUrl) : undefined;
  if (base === undefined && (typeof paths !== 'object' || paths === null)) return undefined;
  const entries = Object.entries((paths ?? {}) as { readonly [pattern: string]: unknown });
  return {
    ...(base !== undefined && { baseUrl: base }),
    folder: base ?? dirname(file),
    paths: entries.map(([pattern, targets]) => [
      pattern,
      Array.isArray(targets) ? targets.filter((target) => typeof target === 'string') : [],
    ]),
  };
}

function aliasesIn(file: string, neighbours: Neighbours, depth = 0): Aliases | undefined {
  const config = readConfig(file, neighbours);
  const own = ownAliases(file, config);
  const base = typeof config.extends === 'string' && config.extends.startsWith('.') ? config.extends : undefined;
  if (own || base === undefined || depth === DEEPEST) return own;
  const path = join(dirname(file), base);
  return aliasesIn(path.endsWith('.json') ? path : `${path}.json`, neighbours, depth + 1);
}

/** What the nearest project of a folder says; the answer is kept while the search lasts. */
function aliasesFor(folder: string, neighbours: Neighbours): Aliases | undefined {
  const key = `keras aliases ${folder}`;
  const { known } = neighbours;
  if (known.has(key)) return known.get(key) as Aliases | undefined;
  const config = CONFIGS.map((name) => join(folder, name)).find((path) => existsSync(path));
  const above = dirname(folder);
  const found = config ? aliasesIn(config, neighbours) : above === folder ? undefined : aliasesFor(above, neighbours);
  known.set(key, found);
  return found;
}

/** What stands for the `*` of a pattern in a name; undefined where the name does not match. */
function matched(pattern: string, name: string): string | undefined {
  const star = pattern.indexOf('*');
  if (star < 0) return pattern === name ? '' : undefined;
  const [start, end] = [pattern.slice(0, star), pattern.slice(star + 1)];
  const isLong = name.length >= start.length + end.length;
  return isLong && name.startsWith(start) && name.endsWith(end)
    ? name.slice(start.length, name.length - end.length)
    : undefined;
}

/**
 * The paths that a name of a module may mean in a file, in the order in which they are tried; none where it is that of a package.
 * Patterns with more before their `*` come first.
 */
export function aliasedPaths(from: string, module: string, neighbours: Neighbours): readonly string[] {
  const aliases = aliasesFor(dirname(from), neighbours);
  if (!aliases) return [];
  const { baseUrl, folder, paths } = aliases;
  const fits = paths
    .flatMap(([pattern, targets]) => {
      const rest = matched(pattern, module);
      return rest === undefined ? [] : [{ pattern, targets: targets.map((target) => target.replace('*', () => rest)) }];
    })
    .sort((a, b) => b.pattern.indexOf('*') - a.pattern.indexOf('*'));
  const [best] = fits.filter(({ pattern }) => !pattern.includes('*')).concat(fits);
  const named = best?.targets.map((target) => join(folder, target)) ?? [];
  return baseUrl === undefined ? named : [...named, join(baseUrl, module)];
}
