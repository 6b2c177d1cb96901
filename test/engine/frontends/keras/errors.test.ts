import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failureOf, fixture, load, temporaryFolder } from '../../../support/models';

const quiet = { onOutput: () => {} };

describe('failures of the model code', () => {
  it.each([
    ['throws', /^RangeError: no such size$/, 4],
    ['shapeOnApply', /Input 0 is incompatible with layer conv: expected ndim=4, found ndim=2/, 14],
    ['shapeOnAdd', /expected ndim=4, found ndim=2/, 21],
    ['noInputShape', /first layer in a Sequential model must get an `inputShape`/, 27],
    ['pending', /never finished/, 1],
    ['exits', /ended its process \(process\.exit\(3\)\)/, 38],
    ['later', /^Error: thrown in a timer$/, 53],
    ['rejects', /^TypeError: rejected$/, 60],
    ['throwsText', /^just text/, 1],
    ['nothing', /The function "nothing" returned undefined, not a tf\.LayersModel/, 67],
    ['array', /returned an array/, 68],
    ['layer', /The export "layer" is the layer "lonely"/, 69],
    ['output', /returned the output of the layer "last"/, 70],
    ['tensor', /returned a tensor of shape \[2, 3\]/, 71],
    ['needsArguments', /needs 1 argument/, 72],
  ])('%s', async (exportName, message, line) => {
    const failure = await failureOf(load(`${fixture('failures.ts')}#${exportName}`, quiet));
    expect(failure.message).toMatch(message);
    expect(failure.location).toMatchObject({ file: fixture('failures.ts'), line });
    expect(failure.kind).toBe('failed');
  });

  // Windows has no signals.
  if (process.platform !== 'win32')
    it('tells a crash', async () => {
      const failure = await failureOf(load(`${fixture('failures.ts')}#crashes`, quiet));
      expect(failure.message).toMatch(/crashed \(SIGSEGV\)/);
    });

  it('ends an endless loop at the deadline', async () => {
    const failure = await failureOf(load(`${fixture('failures.ts')}#endless`, { ...quiet, timeoutSeconds: 1.5 }));
    expect(failure.message).toBe('The model code did not finish within 1.5 seconds.');
  });

  it('ends code that takes too much memory', async () => {
    const failure = await failureOf(load(`${fixture('failures.ts')}#allocates`, { ...quiet, memoryLimitMiB: 300 }));
    expect(failure.message).toMatch(/used up its memory/);
  });

  it('rejects with the reason of an abort, during and before', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 200);
    const endless = `${fixture('failures.ts')}#endless`;
    await expect(load(endless, { ...quiet, signal: controller.signal })).rejects.toThrow('enough');
    await expect(load(endless, { ...quiet, signal: controller.signal })).rejects.toThrow('enough');
  });

  it('tells an empty model with the place where it was made', async () => {
    const failure = await failureOf(load(`${fixture('sequential-forms.ts')}#empty`));
    expect(failure.message).toMatch(/The model "nothing" is empty/);
    expect(failure.location).toMatchObject({ line: 33 });
  });
});

describe('topologies that cannot be described', () => {
  it('rejects a layer that is part of two of the nested models', async () => {
    const text = `import * as tf from '@tensorflow/tfjs';
const shared = tf.layers.dense({ name: 'shared', units: 2, inputShape: [2] });
const stack = (name) => {
  const input = tf.input({ shape: [2] });
  return tf.model({ name, inputs: input, outputs: shared.apply(input) });
};
const input = tf.input({ shape: [2] });
const outputs = [stack('a'), stack('b')].map((model) => model.apply(input));
export default tf.model({ inputs: input, outputs });
`;
    const folder = temporaryFolder({ 'model.js': text });
    const failure = await failureOf(load(join(folder, 'model.js')));
    expect(failure.message).toBe('The layer "shared" is part of two models, "a" and "b".');
    expect(failure.location).toMatchObject({ line: 2 });
  });
});

describe('exports', () => {
  it('lists what there is when the named one is missing', async () => {
    const failure = await failureOf(load(`${fixture('several.ts')}#third`));
    expect(failure.message).toBe('There is no export "third"; exported is "first", "second", "units".');
    expect(failure.kind).toBe('usage');
  });

  it('asks which of several is meant', async () => {
    const failure = await failureOf(load(fixture('several.ts')));
    expect(failure.message).toBe('There are several exports that can be the model: "first", "second".');
    expect(failure.hint).toContain('several.ts#first');
  });

  it('says that none can be a model', async () => {
    expect((await failureOf(load(fixture('no-model.ts')))).message).toMatch(/No export can be a model/);
  });
});

describe('files that cannot be run', () => {
  it('names the place of a syntax error, also in an imported file', async () => {
    const folder = temporaryFolder({
      'model.ts': "import { size } from './part';\nexport default () => size;\n",
      'part.ts': 'export const size = 3;\n\nexport const broken = (;\n',
    });
    const failure = await failureOf(load(join(folder, 'model.ts')));
    expect(failure.message).toBe('Unexpected ";".');
    expect(failure.location).toEqual({ file: join(folder, 'part.ts'), line: 3, column: 24 });
  });

  it('names an import that cannot be found and how to get it', async () => {
    const folder = temporaryFolder({
      'model.ts': "\nimport { blocks } from 'absent-package';\nexport default blocks;\n",
    });
    const failure = await failureOf(load(join(folder, 'model.ts')));
    expect(failure.message).toBe('The import "absent-package" cannot be found.');
    expect(failure.hint).toContain('npm install absent-package');
    expect(failure.location).toMatchObject({ line: 2, column: 24 });
  });

  it('refuses imports from inside TensorFlow.js', async () => {
    const text =
      "import { Dense } from '@tensorflow/tfjs-layers/dist/layers/core';\nexport default () => new Dense({});\n";
    const folder = temporaryFolder({ 'model.js': text });
    const failure = await failureOf(load(join(folder, 'model.js')));
    expect(failure.message).toMatch(/reaches inside TensorFlow\.js/);
    expect(failure.location).toMatchObject({ line: 1 });
  });

  it.each([
    ['absent.ts', /does not exist/],
    ['../models', /is a folder/],
    ['keras3-sequential.json#model', /has no export "model"/],
    ['several.ts#', /No export is named/],
  ])('rejects %s as wrong use', async (name, message) => {
    const failure = await failureOf(load(fixture(name)));
    expect(failure.message).toMatch(message);
    expect(failure.kind).toBe('usage');
  });

  it('rejects other kinds of files', async () => {
    const folder = temporaryFolder({ 'model.rb': '' });
    expect((await failureOf(load(join(folder, 'model.rb')))).message).toMatch(/extension is "\.rb"/);
  });
});
