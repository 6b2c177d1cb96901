/** Commands that are ended at one of their file operations, and what they leave. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { type Ended, prunelens } from '../command';

const PRELOAD = join(import.meta.dirname, 'preload.cjs');

/** What `CRASH_POINTS` in the environment asks for: every operation, or a few. */
export const EVERY_POINT = process.env.CRASH_POINTS === 'all';

interface Crash {
  /** Operations in it count. */
  readonly folder: string;
  /** Operation at which the command is ended, from 1; 0 for none. */
  readonly at: number;
  /** File for the number of operations. */
  readonly count?: string;
}

/** Runs a command that is ended at an operation. */
export function crashing(args: readonly string[], { folder, at, count }: Crash): Promise<Ended> {
  const env = {
    NODE_OPTIONS: `--require=${PRELOAD}`,
    CRASH_FOLDER: folder,
    CRASH_AT: String(at),
    ...(count !== undefined && { CRASH_COUNT: count }),
  };
  return prunelens(args, { env });
}

/** Keys of what differs between equal runs. */
const CHANCE = /seconds|time|date|ratio|persecond|pid|host|started|process/i;

function settled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(settled);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !CHANCE.test(key));
  return Object.fromEntries(entries.map(([key, inner]) => [key, settled(inner)]));
}

/** What counts of a file: JSON without times, tensors without what is said of them, anything else as it is. */
function contentOf(path: string): string | Uint8Array {
  const bytes = readFileSync(path);
  const parsed = (text: string) => JSON.stringify(settled(JSON.parse(text)));
  switch (extname(path)) {
    case '.json':
      return parsed(bytes.toString('utf8'));
    case '.jsonl':
      return bytes.toString('utf8').trim().split('\n').map(parsed).join();
    case '.safetensors': {
      const end = 8 + Number(bytes.readBigUInt64LE(0));
      const { __metadata__: _, ...tensors } = JSON.parse(bytes.subarray(8, end).toString('utf8'));
      return Buffer.concat([Buffer.from(JSON.stringify(tensors)), bytes.subarray(end)]);
    }
    default:
      return bytes;
  }
}

const digest = (path: string) => createHash('sha256').update(contentOf(path)).digest('hex');

/** A digest of each file of a folder that matters: of tensors to the bit, of JSON without times. Hidden files, too. */
export function contentsOf(folder: string): { readonly [path: string]: string } {
  if (!existsSync(folder)) return {};
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    // Pages and tables have the times of their runs in them.
    .filter((path) => !/\.(html|csv|md|parquet)$/.test(path) && !/(^|\/)(process\.json|prunelens\.lock)$/.test(path));
  return Object.fromEntries(paths.sort().map((path) => [path, digest(join(folder, path))]));
}

/** Some of the operations 1 … `count`, spread evenly, or all of them. */
export function pointsOf(count: number, few: number): readonly number[] {
  const all = Array.from({ length: count }, (_, i) => i + 1);
  if (EVERY_POINT || few >= count) return all;
  return Array.from({ length: few }, (_, i) => all[Math.floor(((i + 0.5) * count) / few)]);
}
