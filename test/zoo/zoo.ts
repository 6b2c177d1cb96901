/**
 * Public architectures against PyTorch's float64, the engine's programs in float64 too: zoo.ts PYTHON MODELS.PY [NAME …]. A row of a table on
 * standard output for each.
 */
import { spawn } from 'node:child_process';
import { createOnnxExecutor } from '../../server/executors/onnx';
import { createTorchExecutor } from '../../server/executors/torch/executor';
import type { Executor } from '../../server/executors/types';
import { type ExportedModel, readExported } from '../../server/frontends/torch/exported';
import { createFrameReader, type Frame } from '../../server/processes/frames';
import { UserError } from '../../server/protocol/errors';
import { readReferences } from '../support/exportTorch';
import { compareFloat32, comparePasses } from '../support/torchParity';

const LIMIT = 2 ** 31;
/** How far logits, gradients and products may be from PyTorch's. */
const TOLERANCE = 1e-4;
/** How many times PyTorch's own error in float32 that of scores may be, in the median of the draws, where it is more than rounding. */
const FLOAT32_FACTOR = 3;
const ROUNDING = 1e-6;

/** Errors of SNIP's scores in float32: the engine's, and PyTorch's own. */
interface Float32Errors {
  readonly own: number;
  readonly ofPyTorch: number;
}

/** A model with one draw of its weights and examples. */
interface Draw {
  readonly name: string;
  readonly family: string;
  readonly draw: number;
  readonly parameters?: number;
  /** Of logits, gradient and product, relative to the largest value; of the first draw alone. */
  readonly differences?: readonly number[];
  readonly float32?: Float32Errors;
  readonly problem?: string;
}

/** A model: its first draw, with the medians of the errors in float32 over all of them. */
type Row = Omit<Draw, 'draw'>;

async function* framesOf(python: string, script: string, names: readonly string[]): AsyncGenerator<Frame> {
  const child = spawn(python, ['-W', 'ignore', script, ...names], { stdio: ['ignore', 'pipe', 'inherit'] });
  const reader = createFrameReader({ header: LIMIT, body: LIMIT });
  for await (const chunk of child.stdout) yield* reader.push(chunk);
}

function countOf({ tensors }: ExportedModel): number {
  return tensors.filter(({ kind }) => kind === 'parameter').reduce((total, { values }) => total + values.length, 0);
}

interface Executors {
  readonly float64: Executor;
  readonly float32: Executor;
}

async function compare(
  { float64, float32 }: Executors,
  model: ExportedModel,
  frame: Frame,
  draw: number,
): Promise<Partial<Draw>> {
  const parameters = countOf(model);
  try {
    const references = readReferences(frame);
    const errors = await compareFloat32(float32, model, references);
    if (draw > 0) return { parameters, float32: errors };
    const { logits, evaluated, gradient, product } = await comparePasses(float64, model, references);
    return { parameters, differences: [Math.max(logits, evaluated), gradient, product], float32: errors };
  } catch (error) {
    return { parameters, problem: error instanceof UserError ? error.message : String((error as Error).stack) };
  }
}

async function* drawsOf(frames: AsyncGenerator<Frame>, executors: Executors): AsyncGenerator<Draw> {
  const next = async () => (await frames.next()).value as Frame | undefined;
  for (let frame = await next(); frame; frame = await next()) {
    const row = frame.header as Pick<Draw, 'name' | 'family' | 'draw'>;
    const exported = (await next())!;
    const { failed, refused } = exported.header as { failed?: string; refused?: string };
    const references = (failed ?? refused) ? undefined : (await next())!;
    // PyTorch computes the references after the export.
    const problem = failed ?? refused ?? (references!.header as { failed?: string }).failed;
    if (problem !== undefined) yield { ...row, problem };
    else
      yield {
        ...row,
        ...(await compare(executors, readExported(exported.header, exported.body), references!, row.draw)),
      };
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** One row of the draws of a model. A problem of any draw is the model's. */
function rowOf(draws: readonly Draw[]): Row {
  const failed = draws.find(({ problem }) => problem !== undefined);
  if (failed) return failed;
  const errors = draws.map(({ float32 }) => float32!);
  const float32 = {
    own: median(errors.map(({ own }) => own)),
    ofPyTorch: median(errors.map(({ ofPyTorch }) => ofPyTorch)),
  };
  return { ...draws[0], float32 };
}

async function* rowsOf(draws: AsyncGenerator<Draw>): AsyncGenerator<Row> {
  let gathered: Draw[] = [];
  for await (const draw of draws) {
    if (draw.draw === 0 && gathered.length > 0) {
      yield rowOf(gathered);
      gathered = [];
    }
    gathered.push(draw);
  }
  if (gathered.length > 0) yield rowOf(gathered);
}

function isGood({ differences, float32 }: Row): boolean {
  const isEqual = differences?.every((one) => one < TOLERANCE) ?? false;
  return isEqual && float32!.own <= Math.max(FLOAT32_FACTOR * float32!.ofPyTorch, ROUNDING);
}

function print({ name, family, parameters, differences, float32, problem }: Row): void {
  const size = parameters === undefined ? '' : `${(parameters / 1e6).toFixed(2)} M`;
  const numbers = differences && [...differences, float32!.own, float32!.ofPyTorch];
  const cells = numbers?.map((one) => one.toExponential(0)) ?? [problem ?? '', '', '', '', ''];
  process.stdout.write(`| ${[name, family, size, ...cells].join(' | ')} |\n`);
}

async function main([python, script, ...names]: readonly string[]): Promise<void> {
  const executors: Executors = {
    float64: await createTorchExecutor({ path: python }, { device: 'cpu', precision: 'float64' }),
    float32: await createOnnxExecutor({ provider: 'cpu' }),
  };
  process.stdout.write(
    '| model | family | parameters | logits | gradient | Hessian-vector product | scores | by PyTorch |\n',
  );
  process.stdout.write(`|${' --- |'.repeat(8)}\n`);
  let failures = 0;
  for await (const row of rowsOf(drawsOf(framesOf(python, script, names), executors))) {
    print(row);
    if (!isGood(row)) failures++;
  }
  await Promise.all([executors.float64.dispose(), executors.float32.dispose()]);
  process.exitCode = failures > 0 ? 1 : 0;
}

void main(process.argv.slice(2));
