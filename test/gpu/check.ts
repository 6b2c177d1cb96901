/**
 * The first check of the backend torch on a device: `node dist/gpuCheck.js [--device cuda] [--python PYTHON] [--small] [--parts a,b]
 * [--skip a,b] [--data FOLDER] [--out FOLDER] [--seconds N]`. What it finds is written after each finding, so that a machine that goes
 * away leaves what was found until then.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createTorchExecutor } from '../../server/executors/torch/executor';
import type { Executor } from '../../server/executors/types';
import type { Precision } from '../../server/protocol/catalogue/options';
import { findInterpreter } from '../../server/python/find';
import { golden } from './parts/golden';
import { memory } from './parts/memory';
import { operations } from './parts/operations';
import { prospr } from './parts/prospr';
import { sameSeed } from './parts/sameSeed';
import { semiStructured } from './parts/semiStructured';
import { step } from './parts/step';
import { training } from './parts/training';
import { startPlain } from './plain';
import { type PartReport, type Report, writeReport } from './report';
import { RESNET_20, residualNetwork, SMALL_RESNET } from './resnet';
import type { CheckContext, Finding, Part, Sizes } from './types';

const PARTS: readonly Part[] = [operations, golden, sameSeed, memory, step, prospr, semiStructured, training];

/** The repository, or what was packed of it: bundles lie in `dist`. */
const ROOT = join(__dirname, '..');

/** Seconds after which no part is begun. */
const LATEST = 200;

const FULL: Sizes = {
  batch: 128,
  everyCase: 1,
  golden: ['mlp', 'conv_pool', 'conv_odd', 'resnet_bn'],
  trainedSteps: 20,
  timedSteps: 50,
  rounds: 7,
  calls: 2000,
  prosprBatch: 128,
  prosprSteps: 3,
  epochs: 2,
};

const SMALL: Sizes = {
  batch: 8,
  everyCase: 16,
  golden: ['mlp', 'resnet_bn'],
  trainedSteps: 4,
  timedSteps: 3,
  rounds: 2,
  calls: 100,
  prosprBatch: 6,
  prosprSteps: 2,
  epochs: 1,
};

interface Options {
  readonly python: string;
  readonly device: string | undefined;
  readonly small: boolean;
  readonly parts: readonly Part[];
  readonly data: string | undefined;
  readonly out: string;
  readonly seconds: number;
}

/** Parts by their names. @throws Error where there is none of a name. */
function partsOf(names: string | undefined): readonly Part[] | undefined {
  return names?.split(',').map((name) => {
    const found = PARTS.find((part) => part.name === name);
    if (found) return found;
    throw new Error(`There is no part ${name}; there are ${PARTS.map((part) => part.name).join(', ')}.`);
  });
}

function parseOptions(): Options {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      python: text,
      device: text,
      small: { type: 'boolean', default: false },
      parts: text,
      skip: text,
      data: text,
      out: { ...text, default: '.' },
      seconds: { ...text, default: String(LATEST) },
    },
  });
  const { python, device, small, data } = values;
  const found = findInterpreter(python === undefined ? {} : { flag: python });
  if (!found) throw new Error('No Python is found: name one that has PyTorch with --python.');
  const skipped = partsOf(values.skip) ?? [];
  const packed = join(ROOT, 'data', 'cifar10');
  return {
    python: found.path,
    device,
    small,
    parts: (partsOf(values.parts) ?? PARTS).filter((part) => !skipped.includes(part)),
    data: data !== undefined ? resolve(data) : existsSync(packed) ? packed : undefined,
    out: resolve(values.out),
    seconds: Number(values.seconds),
  };
}

/** The device of an executor: what stands in brackets in its description, or the CPU. */
function deviceOf(executor: Executor): string {
  return /\((cuda|xpu|mps)(:\d+)?\)/.exec(executor.device)?.[0].slice(1, -1) ?? 'cpu';
}

async function runPart(part: Part, context: CheckContext, report: PartReport): Promise<void> {
  const reason = part.leftOut?.(context);
  if (reason !== undefined) {
    Object.assign(report, { state: 'left out', reason });
    return;
  }
  const started = performance.now();
  try {
    await part.run(context);
    report.state = report.findings.every(({ passed }) => passed !== false) ? 'passed' : 'failed';
  } catch (error) {
    Object.assign(report, { state: 'failed', reason: `It ended with: ${(error as Error).message}` });
  }
  report.seconds = (performance.now() - started) / 1000;
}

async function check(options: Options): Promise<boolean> {
  const began = performance.now();
  const { python, small } = options;
  mkdirSync(options.out, { recursive: true });
  const note = (text: string) => console.log(text);
  const open: CheckContext['open'] = (computing = {}) =>
    createTorchExecutor({ path: python }, { ...computing, note, ...(options.device && { device: options.device }) });
  const shared = new Map<Precision, Promise<Executor>>();
  const share = (precision: Precision) => {
    const opened = shared.get(precision) ?? open({ precision });
    shared.set(precision, opened);
    return opened;
  };
  const first = await share('float32');
  const device = deviceOf(first);
  const resnet = small ? SMALL_RESNET : RESNET_20;
  const report: Report = {
    started: new Date().toISOString(),
    device: first.device,
    versions: { ...first.versions, node: process.version },
    parts: [],
  };
  console.log(report.device);
  for (const part of options.parts) {
    const found: PartReport = { name: part.name, title: part.title, state: 'running', findings: [] };
    report.parts.push(found);
    writeReport(options.out, report);
    const tell = (finding: Finding) => {
      found.findings.push(finding);
      writeReport(options.out, report);
      console.log(`  ${finding.passed === false ? 'WRONG: ' : ''}${finding.what}: ${finding.value}`);
    };
    console.log(part.title);
    const context: CheckContext = {
      sizes: small ? SMALL : FULL,
      resnet: { ...resnet, network: residualNetwork(resnet) },
      kind: device.replace(/:.*/, ''),
      device,
      goldenFolder: join(ROOT, 'test', 'fixtures', 'golden'),
      data: options.data,
      share,
      open,
      startPlain: async () => startPlain(python, join(ROOT, 'test', 'gpu', 'plain.py'), device),
      tell,
    };
    if ((performance.now() - began) / 1000 > options.seconds) {
      Object.assign(found, { state: 'left out', reason: `${options.seconds} seconds were over.` });
    } else {
      await runPart(part, context, found);
    }
    if (found.reason !== undefined) console.log(`  ${found.state}: ${found.reason}`);
    writeReport(options.out, report);
  }
  for (const opened of shared.values()) await (await opened).dispose();
  return report.parts.every(({ state }) => state !== 'failed');
}

async function main(): Promise<void> {
  try {
    const passed = await check(parseOptions());
    process.exitCode = passed ? 0 : 1;
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 2;
  }
}

void main();
