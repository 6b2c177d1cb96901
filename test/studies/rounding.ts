/**
 * Which operations of a scoring lose what float32 loses. Everything is computed in float64, but what operations of one kind give is
 * rounded to float32, kind by kind; the mask is held against that of float64 all through.
 *
 * Programs run in a copy of the build whose code of PyTorch is told what to round.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { readSafetensors } from '../../server/files/safetensors';
import { rankCorrelation } from '../../server/pruning/ranks';

/** Moves values and computes none, so that there is nothing to round. */
const EXACT = new Set(
  (
    'fill reshape transpose broadcast slice pad concat oneHot gatherRows argMax greater equal sign abs negate relu ' +
    'reluInPlace gate maximum maxPool maxPoolGather largest'
  ).split(' '),
);

const PROGRAM = 'python/executors/torch/python/prunelens_torch/program.py';
const CODE = '{CODE[call](attributes, args)}';

/** What the study adds to the code of programs: kinds that were met are noted, those in ROUNDED are rounded. */
const HELPERS = `
import os

ROUNDED = set(os.environ.get("ROUNDED", "").split())
MET = os.environ.get("MET")


def rounding(call, code):
    return f"rounded({call!r}, {code})"


def rounded(call, value):
    if MET and call not in SEEN:
        SEEN.add(call)
        with open(MET, "a") as file:
            file.write(call + "\\n")
    if call not in ROUNDED and "all" not in ROUNDED:
        return value
    parts = value if isinstance(value, tuple) else (value,)
    parts = tuple(part.float().double() if getattr(part, "dtype", None) == torch.float64 else part for part in parts)
    return parts if isinstance(value, tuple) else parts[0]


SEEN = set()
`;

/** A copy of the build whose programs can be told what to round. */
function preparedBuild(folder: string): string {
  const dist = join(folder, 'dist');
  cpSync(resolve('dist'), dist, { recursive: true });
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  const path = join(dist, PROGRAM);
  const source = readFileSync(path, 'utf8');
  const environment = '"DTYPE": dtype}';
  if (!source.includes(CODE) || !source.includes(environment))
    throw new Error(`${PROGRAM} is not what this study knows.`);
  writeFileSync(
    path,
    source
      .replace(CODE, '{rounding(call, CODE[call](attributes, args))}')
      .replace(environment, '"DTYPE": dtype, "rounded": rounded}')
      .replace('class Program:', `${HELPERS}\n\nclass Program:`),
  );
  return join(dist, 'prunelens.js');
}

type Scores = Float32Array;

/** Scores of all weights, one tensor after the other. */
async function readScores(path: string): Promise<Scores> {
  const { tensors } = await readSafetensors(path);
  const parts = Array.from(tensors.values(), ({ data }) => data as Float32Array);
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The mask of the largest scores. */
function maskOf(scores: Scores, sparsity: number): Set<number> {
  const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) => scores[b] - scores[a]);
  return new Set(order.subarray(0, Math.round(scores.length * (1 - sparsity))));
}

function maskIou(a: Set<number>, b: Set<number>): number {
  const both = [...a].filter((index) => b.has(index)).length;
  return both / (a.size + b.size - both);
}

async function main(): Promise<void> {
  const [model, data, ...options] = process.argv.slice(2);
  if (data === undefined) throw new Error('Usage: npm run study:rounding -- MODEL DATA [options of prunelens score]');
  const folder = mkdtempSync(join(tmpdir(), 'prunelens-rounding-'));
  try {
    const command = preparedBuild(folder);
    const out = join(folder, 'scores.safetensors');
    const met = join(folder, 'met');
    const score = async (kinds: readonly string[], precision = 'float64'): Promise<Scores> => {
      const args = [
        'score',
        model,
        '--data',
        data,
        '--backend',
        'torch',
        '--precision',
        precision,
        '--out',
        out,
        ...options,
      ];
      const env = { ...process.env, ROUNDED: kinds.join(' '), MET: met };
      await promisify(execFile)(process.execPath, [command, ...args], { env, maxBuffer: 2 ** 28 });
      return readScores(out);
    };
    const exact = await score([]);
    const kinds = [...new Set(readFileSync(met, 'utf8').split('\n'))].filter((kind) => kind !== '' && !EXACT.has(kind));
    console.log('| rounded to float32 | mask IoU at 98 % | rank correlation |');
    console.log('| :-- | --: | --: |');
    const print = (title: string, scores: Scores) => {
      const iou = maskIou(maskOf(exact, 0.98), maskOf(scores, 0.98));
      console.log(`| ${title} | ${iou.toFixed(3)} | ${rankCorrelation(exact, scores).toFixed(4)} |`);
    };
    for (const kind of kinds) print(kind, await score([kind]));
    print('all of them', await score(kinds));
    print('float32 all through', await score([], 'float32'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
