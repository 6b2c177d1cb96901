/** PyTorch models for tests, exported by the interpreter of `python.ts`. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { type ExportedModel, readExported } from '../../server/frontends/torch/exported';
import { createFrameReader, type Frame } from '../../server/processes/frames';
import { TEST_PYTHON } from './python';

/** Shape of one example, dtype, and for whole numbers the bound below which they are. */
export type InputSpec = readonly [shape: readonly number[], dtype?: 'float32' | 'int64', bound?: number];

/** The model that `expression` makes among the names of a file. */
export interface ExportJob {
  readonly file: string;
  readonly expression: string;
  readonly inputs: readonly InputSpec[];
  /** Whether what PyTorch computes in float64 is wanted too. */
  readonly references?: boolean;
  /** Scores are wanted instead, but for these names. */
  readonly withoutScores?: readonly string[];
}

const SCRIPT = resolve(__dirname, 'export_torch.py');
const FIXTURES = resolve(__dirname, '../fixtures/torch');
const LIMIT = 2 ** 30;

/** A file of PyTorch models among the fixtures. */
export function torchFixture(name: string): string {
  return resolve(FIXTURES, name);
}

/** What `export_torch.py` answers to each job, in one process: starting PyTorch takes longer than most exports. */
export function exportFrames(jobs: readonly ExportJob[]): readonly Frame[] {
  const input = JSON.stringify(
    jobs.map(({ inputs, ...job }) => ({
      ...job,
      inputs: inputs.map(([shape, dtype = 'float32', bound = 0]) => [shape, dtype, bound]),
    })),
  );
  const { status, stdout, stderr } = spawnSync(TEST_PYTHON, [SCRIPT], { input, maxBuffer: LIMIT });
  if (status !== 0) throw new Error(`export_torch.py: ${stderr}`);
  return createFrameReader({ header: LIMIT, body: LIMIT }).push(stdout);
}

/** The models of the jobs. */
export function exportTorch(jobs: readonly ExportJob[]): readonly ExportedModel[] {
  return exportFrames(jobs).map(({ header, body }) => readExported(header, body));
}

/** A tensor of float64. */
export interface Reference {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** What PyTorch computes: see `references` in `export_torch.py`. */
export type References = ReadonlyMap<string, Reference>;

/** The references in a frame. */
export function readReferences({ header, body }: Frame): References {
  let place = 0;
  return new Map(
    (header as [string, number[]][]).map(([name, shape]) => {
      const length = shape.reduce((product, extent) => product * extent, 1);
      const data = new Float64Array(body.buffer, place, length);
      place += data.byteLength;
      return [name, { shape, data }];
    }),
  );
}

/** The models of the jobs, each with what PyTorch computes. */
export function exportWithReferences(
  jobs: readonly ExportJob[],
): readonly { readonly model: ExportedModel; readonly references: References }[] {
  const frames = exportFrames(jobs.map((job) => ({ ...job, references: true })));
  return jobs.map((_, i) => ({
    model: readExported(frames[2 * i].header, frames[2 * i].body),
    references: readReferences(frames[2 * i + 1]),
  }));
}
