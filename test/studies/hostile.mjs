#!/usr/bin/env node
/**
 * What hostile inputs cost the command, as a table: exit code, seconds, and the most memory of all its processes. After
 * `node esbuild.mjs`: `npm run study:hostile [-- WORD]`, those with a word in their name.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateSync, gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { watchMemory } from './processTree.mjs';

const PRUNELENS = join(dirname(fileURLToPath(import.meta.url)), '../../dist/prunelens.js');
const folder = mkdtempSync(join(tmpdir(), 'prunelens-hostile-'));
const at = (...names) => join(folder, ...names);

function write(name, content) {
  mkdirSync(dirname(at(name)), { recursive: true });
  writeFileSync(at(name), content);
  return at(name);
}

const layer = (className, config) => ({ class_name: className, config });
const keras = (layers) =>
  JSON.stringify({
    format: 'layers-model',
    modelTopology: { class_name: 'Sequential', config: { name: 'net', layers } },
  });
const IMAGE = keras([
  layer('Flatten', { name: 'flat', batch_input_shape: [null, 8, 8, 1] }),
  layer('Dense', { name: 'logits', units: 2, activation: 'softmax' }),
]);
const model = write('image.json', IMAGE);
const tensorflow = 'import * as tf from "@tensorflow/tfjs";\n';

function npyHeader(shape) {
  const said = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`;
  const text = `${said.padEnd(117)}\n`;
  const head = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]);
  return Buffer.concat([head, Buffer.from(text)]);
}

function safetensors(header, length = Buffer.byteLength(header)) {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(length));
  return Buffer.concat([size, Buffer.from(header)]);
}

function pngChunk(kind, data) {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(data.length);
  // Checksums are not looked at before sizes are.
  return Buffer.concat([size, Buffer.from(kind), data, Buffer.alloc(4)]);
}

function png(width, height) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = deflateSync(Buffer.alloc(1000));
  return Buffer.concat([signature, pngChunk('IHDR', head), pngChunk('IDAT', data), pngChunk('IEND', Buffer.alloc(0))]);
}

const jpeg = Buffer.concat([
  Buffer.from([0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0xff, 0xff, 0xff, 0xff, 1, 1, 0x11, 0]),
  Buffer.from([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0xff, 0xd9]),
]);

/** A folder of images by class with one hostile image. */
function images(name, extension, content) {
  for (const split of ['train', 'test'])
    for (const kind of ['a', 'b']) write(`${name}/${split}/${kind}/0.${extension}`, content);
  return at(name);
}

/** Zeros by the gigabyte, in kilobytes. */
const zeros = (megabytes) => Buffer.alloc(megabytes * 2 ** 20);

function idxFolder() {
  const head = Buffer.from([0, 0, 8, 3, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 8, 0, 0, 0, 8]);
  const bomb = gzipSync(Buffer.concat([head, zeros(512)]));
  for (const part of ['train', 't10k']) {
    write(`idx/${part}-images-idx3-ubyte.gz`, bomb);
    write(`idx/${part}-labels-idx1-ubyte.gz`, gzipSync(Buffer.from([0, 0, 8, 1, 0x7f, 0xff, 0xff, 0xff])));
  }
  return at('idx');
}

const score = (data) => ['score', model, '--method', 'snip', '--data', data];
const weights = (name, content) => ['score', model, '--method', 'magnitude', '--weights', write(name, content)];
const code = (name, text) => ['score', write(name, `${tensorflow}${text}`), '--method', 'magnitude'];
const sweep = (name, text) => ['sweep', write(name, text), '--out', at('out'), '--dry-run'];
const aliases = Array.from(
  { length: 9 },
  (_, i) =>
    `a${i}: &a${i} [${Array(9)
      .fill(i === 0 ? '1' : `*a${i - 1}`)
      .join(', ')}]`,
);

function unknownKeys() {
  const keys = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`key${i}`, i]));
  write('keys/prunelens.json', JSON.stringify(keys));
  return ['score', write('keys/image.json', IMAGE), '--method', 'magnitude'];
}

const CASES = [
  ['IDX of 2 billion images, 512 MB of zeros in a gzip', () => score(idxFolder())],
  [
    'npz of one array with 10^12 values',
    () => score(write('huge.npz', zipSync({ 'x_train.npy': npyHeader([1e6, 1e6]) }))),
  ],
  ['npz with 512 MB of zeros in 0.5 MB', () => score(write('bomb.npz', zipSync({ 'x_train.npy': zeros(512) })))],
  ['safetensors with a header of 2^60 bytes', () => weights('long.safetensors', safetensors('{}', 2 ** 60))],
  [
    'safetensors with a header nested 100,000 deep',
    () => weights('deep.safetensors', safetensors('['.repeat(100_000))),
  ],
  ['PNG of 60,000 x 60,000', () => score(images('png', 'png', png(60_000, 60_000)))],
  ['JPEG of 65,535 x 65,535', () => score(images('jpeg', 'jpg', jpeg))],
  ['model.json nested 100,000 deep', () => ['models', write('deep.json', '{"a":'.repeat(100_000))]],
  [
    'model.json of a layer with 10^12 units',
    () => [
      'score',
      write('wide.json', keras([layer('Dense', { name: 'd', units: 1e12, batch_input_shape: [null, 8] })])),
      '--method',
      'magnitude',
    ],
  ],
  [
    '.keras archive with 512 MB of zeros in 0.5 MB',
    () => [
      'score',
      write('bomb.keras', zipSync({ 'config.json': zeros(512), 'metadata.json': Buffer.from('{}') })),
      '--method',
      'magnitude',
    ],
  ],
  [
    '.h5 of random bytes',
    () => [
      'score',
      write('noise.h5', Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7919) % 256))),
      '--method',
      'magnitude',
    ],
  ],
  ['YAML with aliases of aliases, 9^9 values', () => sweep('aliases.yaml', `${aliases.join('\n')}\nmodels: *a8\n`)],
  [
    'sweep of 10^9 runs',
    () => sweep('many.yaml', `models: [image.json]\nmethods: [random]\nsparsities: [0.5]\nseeds: 1000000000\n`),
  ],
  ['prunelens.json with 20,000 unknown keys', unknownKeys],
  ['CSV of one line of 200 MB', () => score(write('line.csv', zeros(200).fill('1')))],
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

async function run(args) {
  const start = performance.now();
  const child = spawn(process.execPath, [PRUNELENS, ...args], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const most = watchMemory(child.pid);
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    if (stderr.length < 1e5) stderr += chunk;
  });
  const [code, signal] = await new Promise((resolve) => child.on('close', (...ended) => resolve(ended)));
  const message =
    stderr
      .trim()
      .split('\n')
      .filter((line) => !/^Reading|^$/.test(line))
      .at(0) ?? '';
  return { ended: code ?? signal, seconds: (performance.now() - start) / 1000, megabytes: most(), message };
}

try {
  console.log('| input | exit | seconds | MB | message |');
  console.log('| :-- | --: | --: | --: | :-- |');
  for (const [name, make] of CASES.filter(([one]) => one.includes(process.argv[2] ?? ''))) {
    const { ended, seconds, megabytes, message } = await run(make());
    const told = message.replaceAll(folder, '').replaceAll('|', '\\|').slice(0, 140);
    console.log(`| ${name} | ${ended} | ${seconds.toFixed(1)} | ${Math.round(megabytes)} | ${told} |`);
    if (ended !== 1 && ended !== 2) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
