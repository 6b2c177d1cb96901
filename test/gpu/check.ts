/**
 * The check of the backend torch on a device: `node dist/gpuCheck.js [--device cuda] [--python PYTHON] [--small] [--parts a,b]
 * [--skip a,b] [--data FOLDER] [--out FOLDER] [--seconds N] [--minutes N]`. What it finds is written after each finding, so that a machine that goes
 * away leaves what was found until then.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createTorchExecutor } from '../../server/executors/torch/executor';
import type { Executor } from '../../server/executors/types';
import type { Precision } from '../../server/protocol/catalogue/options';
import { findInterpreter } from '../../server/python/find';
import { probeInterpreter } from '../../server/python/probe';
import { RESNET_18, RESNET_50, type ResidualForm, residualOf, SMALL_18, SMALL_50 } from './networks';
import { criteria } from './parts/criteria';
import { devices } from './parts/devices';
import { experiment } from './parts/experiment';
import { golden } from './parts/golden';
import { memory } from './parts/memory';
import { operations } from './parts/operations';
import { otherBackends } from './parts/otherBackends';
import { prospr } from './parts/prospr';
import { sameSeed } from './parts/sameSeed';
import { semiStructured } from './parts/semiStructured';
import { sideBySide } from './parts/sideBySide';
import { largeStep, step } from './parts/step';
import { training } from './parts/training';
import { type PlainPytorch, startPlain } from './plain';
import { type PartReport, type Report, writeReport } from './report';
import { RESNET_20, residualNetwork, SMALL_RESNET } from './resnet';
import type { CheckContext, Finding, Part, Sizes, Subject } from './types';

/** In the order of worth. */
const PARTS: readonly Part[] = [
  ...[operations, golden, sameSeed, memory, step, prospr, sideBySide, largeStep, criteria],
  ...[devices, semiStructured, otherBackends, training, experiment],
];

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
  photographBatch: 32,
  synflowRounds: 100,
  trainings: 16,
  trainingSteps: 100,
  epochs: 2,
};

const SMALL: Sizes = {
  batch: 8,
  everyCase: 16,
  golden: ['mlp', 'resnet_bn'],
  trainedSteps: 4,
  timedSteps: 2,
  rounds: 1,
  calls: 50,
  prosprBatch: 6,
  prosprSteps: 2,
  photographBatch: 4,
  synflowRounds: 3,
  trainings: 2,
  trainingSteps: 2,
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
  readonly minutes: number | undefined;
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
      minutes: text,
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
    minutes: values.minutes === undefined ? undefined : Number(values.minutes),
  };
}

function subjectOf(form: ResidualForm, batch: number): Subject {
  return { title: form.name, network: residualOf(form), size: form.size, batch, asked: { form } };
}

/** The networks that are measured beside plain PyTorch's. */
function subjectsOf(small: boolean): Pick<CheckContext, 'resnet' | 'resnet20' | 'resnet18' | 'resnet50'> {
  const { batch } = small ? SMALL : FULL;
  const size = small ? SMALL_RESNET : RESNET_20;
  const resnet = { ...size, network: residualNetwork(size) };
  return {
    resnet,
    resnet20: { title: 'ResNet-20', batch, asked: { width: size.width, blocks: size.blocks }, ...resnet },
    resnet18: subjectOf(small ? SMALL_18 : RESNET_18, batch),
    resnet50: subjectOf(small ? SMALL_50 : RESNET_50, batch),
  };
}

/** The device of an executor: what stands in brackets in its description, or the CPU. */
function deviceOf(executor: Executor): string {
  return /\((cuda|xpu|mps)(:\d+)?\)/.exec(executor.device)?.[0].slice(1, -1) ?? 'cpu';
}

/** One process of plain PyTorch for all parts, since importing it takes seconds; another one after one that has failed. */
function sharedPlain(start: () => PlainPytorch) {
  let running: PlainPytorch | undefined;
  const ask: PlainPytorch['ask'] = async (request) => {
    running ??= start();
    try {
      return await running.ask(request);
    } catch (error) {
      running = undefined;
      throw error;
    }
  };
  return {
    start: async (): Promise<PlainPytorch> => ({
      ask,
      // Its memory is for the next part.
      close: async () => {
        if (running) await ask({ do: 'forget' });
      },
    }),
    end: async () => running?.close(),
  };
}

/** How many devices there are of a device's kind; 1 where nothing tells. */
async function countCards(python: string, device: string): Promise<number> {
  const probe = await probeInterpreter(python, { trusted: true });
  if ('reason' in probe) return 1;
  const kindOf = (name: string) => name.replace(/:.*/, '');
  return probe.interpreter.devices.filter((one) => kindOf(one.device) === kindOf(device)).length;
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
    createTorchExecutor({ path: python }, { note, ...(options.device && { device: options.device }), ...computing });
  const shared = new Map<Precision, Promise<Executor>>();
  const share = (precision: Precision) => {
    const opened = shared.get(precision) ?? open({ precision });
    shared.set(precision, opened);
    return opened;
  };
  const first = await share('float32');
  const device = deviceOf(first);
  const cards = await countCards(python, device);
  const subjects = subjectsOf(small);
  const plain = sharedPlain(() => startPlain(python, join(ROOT, 'test', 'gpu', 'plain.py'), device));
  const report: Report = {
    started: new Date().toISOString(),
    device: first.device,
    isSmall: small,
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
      ...subjects,
      kind: device.replace(/:.*/, ''),
      device,
      cards,
      ...{ root: ROOT, out: options.out, python, isSmall: small, minutes: options.minutes },
      goldenFolder: join(ROOT, 'test', 'fixtures', 'golden'),
      data: options.data,
      share,
      open,
      startPlain: plain.start,
      tell,
    };
    if (!part.hasOwnTime && (performance.now() - began) / 1000 > options.seconds) {
      Object.assign(found, { state: 'left out', reason: `${options.seconds} seconds were over (--seconds).` });
    } else {
      await runPart(part, context, found);
    }
    if (found.reason !== undefined) console.log(`  ${found.state}: ${found.reason}`);
    writeReport(options.out, report);
  }
  for (const opened of shared.values()) await (await opened).dispose();
  await plain.end();
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
