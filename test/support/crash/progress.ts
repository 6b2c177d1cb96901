/** What a study of all crash points has found so far, kept in a file: one that was ended goes on where it stopped. */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../command';
import { EVERY_POINT } from './crashing';

const FOLDER = join(ROOT, '.cache');
const FILE = join(FOLDER, 'crashPoints.jsonl');

/** An operation of a command, at which its end did no harm. */
interface Passed {
  readonly name: string;
  readonly point: number;
}

export interface Progress {
  has(name: string, point: number): boolean;
  /** Keeps that an operation has passed; it is one of `count`. */
  pass(name: string, point: number, count: number): void;
  /** Tells at once what went wrong, which the end of a long study would tell late. */
  fail(name: string, problems: readonly string[]): void;
}

/** What is true of one build need not be of another. */
function digestOfBuild(): string {
  const digest = createHash('sha256');
  for (const file of ['prunelens.js', 'job.js']) digest.update(readFileSync(join(ROOT, 'dist', file)));
  return digest.digest('hex');
}

function passedBefore(build: string): readonly Passed[] {
  if (!existsSync(FILE)) return [];
  const [first, ...lines] = readFileSync(FILE, 'utf8').split('\n');
  if (first !== build) return [];
  // The last line is cut off where the study was ended while it was written.
  return lines.slice(0, -1).map((line) => JSON.parse(line));
}

const tell = (line: string) => process.stderr.write(`${line}\n`);

/** Nothing is kept or told where a few operations are tried. */
export function openProgress(): Progress {
  if (!EVERY_POINT) return { has: () => false, pass: () => {}, fail: () => {} };
  const build = digestOfBuild();
  const before = passedBefore(build);
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(FILE, [build, ...before.map((one) => JSON.stringify(one)), ''].join('\n'));
  const passed = new Map<string, Set<number>>();
  const pointsOf = (name: string) => passed.get(name) ?? new Set<number>();
  const add = ({ name, point }: Passed) => passed.set(name, pointsOf(name).add(point));
  before.forEach(add);
  return {
    has: (name, point) => pointsOf(name).has(point),
    pass(name, point, count) {
      appendFileSync(FILE, `${JSON.stringify({ name, point })}\n`);
      add({ name, point });
      const { size } = pointsOf(name);
      if (size % 10 === 0 || size === count) tell(`${name}: ${size} of ${count} operations have passed`);
    },
    fail: (name, problems) => tell(`${name}: ${problems.join('\n')}`),
  };
}
