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
/** How many times PyTorch's own error in float32 that of scores may be, where it is more than rounding. */
const FLOAT32_FACTOR = 3;
const ROUNDING = 1e-6;

interface Row {
  readonly name: string;
  readonly family: string;
  readonly parameters?: number;
  /** Of logits, gradient and product, relative to the largest value. */
  readonly differences?: readonly number[];
  /** Errors of SNIP's scores in float32: the engine's, and PyTorch's own. */
  readonly float32?: { readonly own: number; readonly ofPyTorch: number };
  readonly problem?: string;
}

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

async function compare({ float64, float32 }: Executors, model: ExportedModel, frame: Frame): Promise<Partial<Row>> {
  const parameters = countOf(model);
  try {
    const references = readReferences(frame);
    const { logits, evaluated, gradient, product } = await comparePasses(float64, model, references);
    const differences = [Math.max(logits, evaluated), gradient, product];
    return { parameters, differences, float32: await compareFloat32(float32, model, references) };
  } catch (error) {
    return { parameters, problem: error instanceof UserError ? error.message : String((error as Error).stack) };
  }
}

async function* rowsOf(frames: AsyncGenerator<Frame>, executors: Executors): AsyncGenerator<Row> {
  const next = async () => (await frames.next()).value as Frame | undefined;
  for (let frame = await next(); frame; frame = await next()) {
    const row = frame.header as { name: string; family: string };
    const exported = (await next())!;
    const { failed, refused } = exported.header as { failed?: string; refused?: string };
    const references = (failed ?? refused) ? undefined : (await next())!;
    // PyTorch computes the references after the export.
    const problem = failed ?? refused ?? (references!.header as { failed?: string }).failed;
    if (problem !== undefined) yield { ...row, problem };
    else yield { ...row, ...(await compare(executors, readExported(exported.header, exported.body), references!)) };
  }
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
  for await (const row of rowsOf(framesOf(python, script, names), executors)) {
    print(row);
    if (!isGood(row)) failures++;
  }
  await Promise.all([executors.float64.dispose(), executors.float32.dispose()]);
  process.exitCode = failures > 0 ? 1 : 0;
}

void main(process.argv.slice(2));
