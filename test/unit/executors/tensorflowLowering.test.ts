/** What the TensorFlow executor makes of programs, and how it looks for its package: all that needs no TensorFlow. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { loadBinding } from '../../../server/executors/tfjs/binding';
import { type LoweredProgram, lowerProgram } from '../../../server/executors/tfjs/lower';
import { bindingFolder } from '../../../server/executors/tfjs/setup/place';
import { gradient } from '../../../server/graph/autodiff';
import { createBuilder } from '../../../server/graph/builder';
import { createProgram } from '../../../server/graph/program';
import type { ConvolutionGeometry, Node, PoolingGeometry } from '../../../server/graph/types';
import { forwardProgram, opCases, secondOrderProgram } from '../../parity/opCases';

const ops = ({ instructions }: LoweredProgram) => instructions.map(({ op }) => op);
const count = (lowered: LoweredProgram, op: string) => ops(lowered).filter((other) => other === op).length;
const attributeOf = (lowered: LoweredProgram, op: string, name: string) =>
  lowered.instructions.find((instruction) => instruction.op === op)?.attributes[name]?.value;

/** Replays the register file: every read finds a value, every value is freed exactly once or handed out. */
function expectSoundLifetimes({ inputs, outputs, constants, instructions }: LoweredProgram): void {
  const borrowed = new Set([...inputs, ...constants].map(({ register }) => register));
  const owned = new Set<number>();
  for (const instruction of instructions) {
    for (const register of instruction.inputs) {
      expect(borrowed.has(register) || owned.has(register), `${instruction.op} reads a live register`).toBe(true);
    }
    for (const register of instruction.outputs) {
      expect(borrowed.has(register) || owned.has(register)).toBe(false);
      owned.add(register);
    }
    for (const register of instruction.frees) expect(owned.delete(register), `${instruction.op} frees once`).toBe(true);
  }
  expect([...owned].sort()).toEqual(outputs.map(({ register }) => register).sort());
}

describe('lowering to TensorFlow', () => {
  it.each(opCases.map((entry) => [entry.name, entry] as const))('%s keeps exactly what is needed', (_name, entry) => {
    expectSoundLifetimes(lowerProgram(forwardProgram(entry)));
    const second = secondOrderProgram(entry);
    if (second) expectSoundLifetimes(lowerProgram(second));
  });

  it('runs batch norm and its gradient as one call each, sums included', () => {
    const b = createBuilder();
    const weights = ['gamma', 'beta'].map((name) => b.input(name, [3]));
    const x = b.input('x', [4, 5, 5, 3]);
    const y = b.relu(b.batchNorm(b.multiply(x, b.constant(2)), weights[0], weights[1], 1e-3));
    const gradients = gradient(b, b.reduceSum(b.multiply(y, y)), [x, ...weights]);
    const lowered = lowerProgram(createProgram('norm', Object.fromEntries(gradients.map((node, i) => [`${i}`, node]))));
    expect(count(lowered, 'FusedBatchNormV3')).toBe(1);
    expect(count(lowered, 'FusedBatchNormGradV3')).toBe(1);
    expect(count(lowered, 'Sum')).toBe(0);
  });

  it('does not repeat the statistics for another gamma over the same x', () => {
    const b = createBuilder();
    const x = b.input('x', [4, 3]);
    const normalize = (gamma: string) => b.batchNorm(x, b.input(gamma, [3]), b.input('beta', [3]), 1e-3);
    const lowered = lowerProgram(createProgram('norms', { first: normalize('gamma'), second: normalize('other') }));
    const training = lowered.instructions
      .filter(({ op }) => op === 'FusedBatchNormV3')
      .map(({ attributes }) => attributes.is_training.value);
    expect(training).toEqual([true, false]);
  });

  it('pools once for the value and its derivatives', () => {
    const b = createBuilder();
    const x = b.input('x', [1, 7, 7, 2]);
    const geometry: PoolingGeometry = { size: [3, 3], strides: [2, 2], padding: [1, 1, 1, 1] };
    const y = b.maxPool(x, geometry);
    const outputs = { y, gathered: b.maxPoolGather(x, x, geometry), scattered: b.maxPoolScatter(x, y, geometry) };
    expect(count(lowerProgram(createProgram('pool', outputs)), 'MaxPool')).toBe(1);
  });

  const paddings: readonly (readonly [string, number, number, ConvolutionGeometry['padding']])[] = [
    ['VALID', 8, 1, [0, 0, 0, 0]],
    ['SAME', 8, 1, [1, 1, 1, 1]],
    ['SAME', 8, 2, [0, 1, 0, 1]],
    ['SAME', 7, 2, [1, 1, 1, 1]],
    ['EXPLICIT', 8, 2, [1, 1, 1, 1]],
    ['EXPLICIT', 8, 1, [2, 0, 1, 1]],
  ];
  it.each(paddings)('asks for %s padding at size %i, stride %i and %j', (expected, size, stride, padding) => {
    const b = createBuilder();
    const geometry: ConvolutionGeometry = { strides: [stride, stride], padding, dilations: [1, 1], groups: 1 };
    const y = b.conv2d(b.input('x', [1, size, size, 2]), b.input('kernel', [3, 3, 2, 4]), geometry);
    const lowered = lowerProgram(createProgram('conv', { y }));
    expect(attributeOf(lowered, 'Conv2D', 'padding')).toBe(expected);
    expect(attributeOf(lowered, 'Conv2D', 'explicit_paddings')).toEqual(
      expected === 'EXPLICIT' ? [0, 0, ...padding, 0, 0] : undefined,
    );
  });

  it('copies inputs, constants and repeated nodes that are outputs, and nothing else', () => {
    const b = createBuilder();
    const x: Node = b.input('x', [2]);
    const sum = b.add(x, b.constant(1));
    const outputs = { x, stopped: b.stopGradient(x), one: b.constant(1), sum, again: sum };
    const lowered = lowerProgram(createProgram('outputs', outputs));
    expect(ops(lowered).sort()).toEqual(['AddV2', 'Identity', 'Identity', 'Identity', 'Identity']);
    expectSoundLifetimes(lowered);
  });
});

describe('looking for the TensorFlow package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'prunelens-binding-'));
  // None that somebody has built here.
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  /** A project with a stand-in for the package, whose locator points to `native`. */
  function project(name: string, native: string | undefined): string {
    const packageFolder = join(folder, name, 'node_modules/@tensorflow/tfjs-node-gpu');
    const locator = join(packageFolder, 'node_modules/@mapbox/node-pre-gyp');
    mkdirSync(locator, { recursive: true });
    writeFileSync(join(packageFolder, 'package.json'), '{}');
    const path = join(packageFolder, 'native.js');
    writeFileSync(join(locator, 'index.js'), `exports.find = () => ${JSON.stringify(path)};`);
    if (native !== undefined) writeFileSync(path, native);
    return join(folder, name, 'index.js');
  }

  it('loads the native module the package names', () => {
    const loaded = loadBinding(project('works', 'exports.isUsingGpuDevice = () => true;'));
    expect(loaded).toMatchObject({ origin: '@tensorflow/tfjs-node-gpu' });
    expect('binding' in loaded && loaded.binding.isUsingGpuDevice()).toBe(true);
  });

  it.skipIf(process.platform !== 'linux')('takes the module that was built first, and says where it is broken', () => {
    const place = bindingFolder();
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'tfjs_binding.node'), 'nothing');
    const record = {
      format: 'prunelens-tensorflow-1',
      tensorflow: '2.21.0',
      folder: '/site/tensorflow',
      python: '/python',
    };
    writeFileSync(join(place, 'binding.json'), JSON.stringify(record));
    expect(loadBinding(project('besides', undefined))).toEqual({
      reason: expect.stringMatching(
        /^The binding for TensorFlow 2\.21\.0 in \/site\/tensorflow cannot be loaded \(.+\): run "prunelens setup tensorflow" again/,
      ),
    });
    expect(loadBinding(project('instead', 'exports.isUsingGpuDevice = () => true;'))).toHaveProperty('binding');
    rmSync(place, { recursive: true });
  });

  it('says in one sentence what is wrong and how to get it', () => {
    const missing = loadBinding(project('unbuilt', undefined));
    expect(missing).toEqual({
      reason: expect.stringMatching(
        /^@tensorflow\/tfjs-node-gpu is installed without its native module: run "prunelens setup/,
      ),
    });
    const broken = loadBinding(project('broken', 'throw new Error("libtensorflow.so.2: cannot open\\nsecond line");'));
    expect(broken).toEqual({
      reason: expect.stringMatching(
        /^The native module .* cannot be loaded \(libtensorflow\.so\.2: cannot open\): run/,
      ),
    });
  });
});
