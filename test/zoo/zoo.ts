/**
 * Public architectures against PyTorch's float64, the engine's programs in float64 too: zoo.ts PYTHON MODELS.PY [NAME …]. A row of a table on
 * standard output for each.
 */
import { spawn } from 'node:child_process';
import { createTorchExecutor } from '../../server/executors/torch/executor';
import type { Executor } from '../../server/executors/types';
import { type ExportedModel, readExported } from '../../server/frontends/torch/exported';
import { createFrameReader, type Frame } from '../../server/processes/frames';
import { UserError } from '../../server/protocol/errors';
import { readReferences } from '../support/exportTorch';
import { comparePasses } from '../support/torchParity';

const LIMIT = 2 ** 31;
/** How far logits, gradients and products may be from PyTorch's. */
const TOLERANCE = 1e-4;

interface Row {
  readonly name: string;
  readonly family: string;
  readonly parameters?: number;
  /** Of logits, gradient and product, relative to the largest value. */
  readonly differences?: readonly number[];
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

async function compare(executor: Executor, model: ExportedModel, frame: Frame): Promise<Partial<Row>> {
  const parameters = countOf(model);
  try {
    const { logits, evaluated, gradient, product } = await comparePasses(executor, model, readReferences(frame));
    return { parameters, differences: [Math.max(logits, evaluated), gradient, product] };
  } catch (error) {
    return { parameters, problem: error instanceof UserError ? error.message : String((error as Error).stack) };
  }
}

async function* rowsOf(frames: AsyncGenerator<Frame>, executor: Executor): AsyncGenerator<Row> {
  const next = async () => (await frames.next()).value as Frame | undefined;
  for (let frame = await next(); frame; frame = await next()) {
    const row = frame.header as { name: string; family: string };
    const exported = (await next())!;
    const { failed, refused } = exported.header as { failed?: string; refused?: string };
    const problem = failed ?? refused;
    if (problem !== undefined) yield { ...row, problem };
    else yield { ...row, ...(await compare(executor, readExported(exported.header, exported.body), (await next())!)) };
  }
}

function print({ name, family, parameters, differences, problem }: Row): void {
  const size = parameters === undefined ? '' : `${(parameters / 1e6).toFixed(2)} M`;
  const cells = differences?.map((one) => one.toExponential(0)) ?? [problem ?? '', '', ''];
  process.stdout.write(`| ${[name, family, size, ...cells].join(' | ')} |\n`);
}

async function main([python, script, ...names]: readonly string[]): Promise<void> {
  const executor = await createTorchExecutor({ path: python }, { device: 'cpu', precision: 'float64' });
  process.stdout.write('| model | family | parameters | logits | gradient | Hessian-vector product |\n');
  process.stdout.write('| --- | --- | --- | --- | --- | --- |\n');
  let failures = 0;
  for await (const row of rowsOf(framesOf(python, script, names), executor)) {
    print(row);
    if (!row.differences?.every((one) => one < TOLERANCE)) failures++;
  }
  await executor.dispose();
  process.exitCode = failures > 0 ? 1 : 0;
}

void main(process.argv.slice(2));
