/** Answers of the loader process: as they were sent, or refused, whatever a model's code writes into its channel. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeAnswer, readAnswer } from '../../../../server/frontends/keras/loaderAnswer';
import type { LoadAnswer } from '../../../../server/frontends/keras/loaderProtocol';
import { createFrameReader, encodeFrame, FrameError } from '../../../../server/processes/frames';
import { failureOf, load, temporaryFolder } from '../../../support/models';
import { childrenOf, runs } from '../../../support/processes';
import { until } from '../../../support/workerFiles';

const SOURCE = { file: '/model.ts', line: 3, column: 1 };
const INPUT = { layer: 'input', call: 0, output: 0 };

function layer(name: string, more: object = {}) {
  return { name, className: 'Dense', config: { units: 2, bias: null }, calls: [[INPUT]], source: [SOURCE], ...more };
}

function weight(...values: number[]) {
  return { shape: [values.length], data: Float32Array.from(values) };
}

function modelWith(...layers: object[]) {
  return { name: 'm', file: '/model.ts', layers, inputs: [INPUT], outputs: [INPUT] };
}

/** What arrives of an answer. */
function send(answer: unknown): LoadAnswer {
  const reader = createFrameReader({ header: 2 ** 20, body: 2 ** 20 });
  const [frame] = reader.push(Buffer.concat(encodeAnswer(answer as LoadAnswer)));
  return readAnswer(frame);
}

describe('an answer', () => {
  it('arrives as it was sent, with the values of weights', () => {
    const inner = modelWith(layer('deep', { weights: { kernel: weight(1, -0.5, Number.NaN) } }));
    const outer = modelWith(layer('first', { weights: { kernel: weight(7), bias: weight() } }), {
      ...layer('nested'),
      model: inner,
    });
    const answer = { type: 'model', description: { ...outer, exportName: 'default' } };
    expect(send(answer)).toEqual(answer);
    const failure = { type: 'failure', kind: 'usage', message: 'no', hint: 'yes', location: SOURCE };
    expect(send(failure)).toEqual(failure);
  });

  it.each([
    ['the answer is missing', null],
    ['type is missing', { type: 'other' }],
    ['kind is missing', { type: 'failure', message: 'no' }],
    ['description is missing', { type: 'model' }],
    ['description.layers is missing', { type: 'model', description: { ...modelWith(), layers: {} } }],
    ['description.layers[0].name is missing', { type: 'model', description: modelWith({ ...layer('a'), name: 1 }) }],
    [
      'description.layers[0].calls[0][0].call is missing',
      { type: 'model', description: modelWith(layer('a', { calls: [[{ ...INPUT, call: -1 }]] })) },
    ],
    [
      'description.layers[0].weights.kernel has more values than there are',
      { type: 'model', description: modelWith(layer('a', { weights: { kernel: { shape: [1e9], data: 0 } } })) },
    ],
  ])('is refused: %s', (message, answer) => {
    expect(() => send(answer)).toThrow(FrameError);
    expect(() => send(answer)).toThrow(message);
  });

  it('is refused where it is nested without measure', () => {
    const depth = 100_000;
    const open = JSON.stringify(modelWith(layer('a', { model: 0 }))).split('"model":0');
    const text = `{"type":"model","description":${open[0]}${`"model":${open[0]}`.repeat(depth)}"x":0${open[1].repeat(depth + 1)}}`;
    const frame = { header: JSON.parse(text), body: new Uint8Array() };
    expect(() => readAnswer(frame)).toThrow('nested too deep');
  });
});

const MODEL = `
  export default () =>
    tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [4], activation: 'softmax' })] });`;

/** A module that does something before it gives a model. */
function modelAfter(code: string): string {
  return join(
    temporaryFolder({ 'model.ts': `import * as tf from '@tensorflow/tfjs';\n${code}\n${MODEL}` }),
    'model.ts',
  );
}

const forged = Buffer.concat(encodeFrame({ type: 'model', description: { layers: [] } })).toString('base64');

it.each([
  ['bytes without meaning', 'Buffer.alloc(1000, 255)', 'is not a model: its header would have 4294967295 bytes.'],
  ['zeros', 'Buffer.alloc(1000)', 'is not a model: its header is not JSON.'],
  ['a text', "'hello world'", 'is not a model: its header would have'],
  ['an answer of its own', `Buffer.from('${forged}', 'base64')`, 'description.name is missing'],
])('code that writes %s into the channel ends in one message', async (_, bytes, message) => {
  const model = modelAfter(`import { writeSync } from 'node:fs';\nwriteSync(3, ${bytes});`);
  const failure = await failureOf(load(model, { onOutput: () => {} }));
  expect(failure.message).toContain('What the process of the model code answered');
  expect(failure.message).toContain(message);
  expect(failure.location).toMatchObject({ file: model });
  expect(failure.hint).toContain('file descriptor 3');
});

it.runIf(process.platform === 'linux')('what a model file has started ends with its loader', async () => {
  const lines: string[] = [];
  const model = modelAfter(
    `import { spawn } from 'node:child_process';\nconsole.log(spawn('sleep', ['1000'], { stdio: 'inherit' }).pid);`,
  );
  const setup = { allow: ['processes'] } as const;
  const { layers } = await load(model, { onOutput: (line) => lines.push(line), setup });
  expect(layers).toHaveLength(2);
  const child = Number(lines[0]);
  expect(child).toBeGreaterThan(0);
  try {
    await until(() => !runs(child, 'sleep'), 'the end of the child', 30);
  } finally {
    if (runs(child, 'sleep')) process.kill(child, 'SIGKILL');
  }
  expect(childrenOf(process.pid).filter((pid) => runs(pid, 'loader.js'))).toEqual([]);
});
