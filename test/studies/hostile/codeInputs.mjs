/** Hostile models, settings and sweeps, each with the command that reads it. */
import { at, code, IMAGE, keras, layer, score, sweep, write } from './workspace.mjs';

const aliases = Array.from(
  { length: 9 },
  (_, i) =>
    `a${i}: &a${i} [${Array(9)
      .fill(i === 0 ? '1' : `*a${i - 1}`)
      .join(', ')}]`,
);

function settings(name, text) {
  write(`${name}/prunelens.json`, text);
  return score(write(`${name}/image.json`, IMAGE));
}

const unknownKeys = () => JSON.stringify(Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`key${i}`, i])));

/** A bundle that names TensorFlow.js and has a large array. */
function bundle(megabytes) {
  const numbers = '1.2345678,'.repeat(100_000);
  write(
    'bundle/net.js',
    `import * as tf from '@tensorflow/tfjs';\nexport const data = [${numbers.repeat(megabytes)}];\n`,
  );
  return ['models', at('bundle')];
}

/** Writes bytes where a loader answers. */
const forged = (name, bytes) =>
  code(
    name,
    `import fs from 'node:fs';\nfs.writeSync(3, ${bytes});\nexport default tf.sequential({ layers: [tf.layers.dense({ units: 4, inputShape: [64] })] });\n`,
  );

export const CODE_INPUTS = [
  ['model.json nested 100,000 deep', () => ['models', write('deep.json', '{"a":'.repeat(100_000))]],
  [
    'model.json of a layer with 10^12 units',
    () => score(write('wide.json', keras([layer('Dense', { name: 'd', units: 1e12, batch_input_shape: [null, 8] })]))),
  ],
  [
    'model.json of 20,000 layers',
    () => {
      const first = layer('Dense', { name: 'd', units: 4, batch_input_shape: [null, 4] });
      const rest = Array.from({ length: 20_000 }, (_, i) => layer('Activation', { name: `a${i}`, activation: 'relu' }));
      return score(write('long.json', keras([first, ...rest])));
    },
  ],
  ['YAML with aliases of aliases, 9^9 values', () => sweep('aliases.yaml', `${aliases.join('\n')}\nmodels: *a8\n`)],
  ['YAML nested 100,000 deep', () => sweep('deep.yaml', `models: ${'['.repeat(100_000)}\n`)],
  [
    'sweep of 10^9 runs',
    () => sweep('many.yaml', `models: [image.json]\nmethods: [random]\nsparsities: [0.5]\nseeds: 1000000000\n`),
  ],
  ['prunelens.json with 20,000 unknown keys', () => settings('keys', unknownKeys())],
  ['prunelens.json nested 100,000 deep', () => settings('deep', '{"data":'.repeat(100_000))],
  ['folder with a bundle of 100 MB that names TensorFlow.js', () => bundle(100)],
  ['model file that writes garbage into its channel', () => forged('garbage.ts', 'Buffer.alloc(1000, 255)')],
  [
    'model file that announces an answer of 4 GB',
    () => forged('announced.ts', 'Buffer.from([2, 0, 0, 0, 255, 255, 255, 255, 123, 125])'),
  ],
  [
    'model file that prints without end',
    () => code('flood.ts', "for (;;) console.log('x'.repeat(1e6));\nexport default tf.sequential();\n"),
  ],
  [
    'model file that allocates without end',
    () =>
      code(
        'memory.ts',
        'const all: unknown[] = [];\nfor (;;) all.push(new Float64Array(1e6).fill(1));\nexport default tf.sequential();\n',
      ),
  ],
  ['model file that never ends', () => code('loop.ts', 'for (;;);\nexport default tf.sequential();\n')],
];
