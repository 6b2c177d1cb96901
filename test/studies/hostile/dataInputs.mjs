/** Hostile data sets and files of weights, each with the command that reads it. */
import { symlinkSync } from 'node:fs';
import { deflateSync, gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { hdf5, idx, JPEG, npy, png, safetensors, zeros } from './bytes.mjs';
import { at, keras, layer, score, scoreOn, scoreWith, write, writeSparse } from './workspace.mjs';

/** A folder of images by class, all of them hostile. */
function images(name, extension, content) {
  for (const split of ['train', 'test'])
    for (const kind of ['a', 'b']) write(`${name}/${split}/${kind}/0.${extension}`, content);
  return at(name);
}

/** A data set of IDX; `writeImages` writes a file of images under a name. */
function idxFolder(name, writeImages) {
  for (const part of ['train', 't10k']) {
    writeImages(`${name}/${part}-images-idx3-ubyte`);
    write(`${name}/${part}-labels-idx1-ubyte.gz`, gzipSync(Buffer.from([0, 0, 8, 1, 0x7f, 0xff, 0xff, 0xff])));
  }
  return at(name);
}

const npz = (name, array) => scoreOn(write(name, zipSync({ 'x_train.npy': array })));

const dense = (units) => keras([layer('Dense', { name: 'd', units, batch_input_shape: [null, 8] })]);

/** A model of JSON whose weights are in a file of its folder. */
function withWeights(name, units, makeWeights) {
  makeWeights(`${name}/w.bin`);
  const weights = [{ name: 'd/kernel', shape: [8, units], dtype: 'float32' }];
  const topology = JSON.parse(dense(units));
  const manifest = { ...topology, weightsManifest: [{ paths: ['w.bin'], weights }] };
  return score(write(`${name}/model.json`, JSON.stringify(manifest)));
}

const archive = (name, weights) => {
  const config = JSON.stringify(JSON.parse(dense(4)).modelTopology);
  const parts = { 'config.json': Buffer.from(config), 'metadata.json': Buffer.from('{}'), 'model.weights.h5': weights };
  return score(write(name, zipSync(parts)));
};

export const DATA_INPUTS = [
  [
    'IDX of 2 billion images, 512 MB of zeros in a gzip',
    () =>
      scoreOn(idxFolder('idx', (name) => write(`${name}.gz`, gzipSync(Buffer.concat([idx(2 ** 31 - 1), zeros(512)]))))),
  ],
  [
    'IDX of 2 billion images in a file of 128 GiB without any blocks',
    () => scoreOn(idxFolder('sparse', (name) => writeSparse(name, idx(2 ** 31 - 1), 16 + 64 * (2 ** 31 - 1)))),
  ],
  ['npz of one array with 10^12 values', () => npz('huge.npz', npy([1e6, 1e6]))],
  ['npz with 512 MB of zeros in 0.5 MB', () => npz('bomb.npz', zeros(512))],
  ['npz of 3 values with 512 MB behind them', () => npz('more.npz', Buffer.concat([npy([3]), zeros(512)]))],
  ['npz of objects, 512 MB', () => npz('objects.npz', Buffer.concat([npy([2 ** 26], '|O'), zeros(512)]))],
  ['safetensors with a header of 2^60 bytes', () => scoreWith(write('long.safetensors', safetensors('{}', 2 ** 60)))],
  [
    'safetensors with a header nested 100,000 deep',
    () => scoreWith(write('deep.safetensors', safetensors('['.repeat(100_000)))),
  ],
  [
    'safetensors of 1 TiB without any blocks',
    () => {
      const [size, end] = [2 ** 40, 2 ** 40];
      const header = JSON.stringify({ a: { dtype: 'F32', shape: [size / 4], data_offsets: [0, end] } });
      return scoreWith(writeSparse('tera.safetensors', safetensors(header), 8 + header.length + end));
    },
  ],
  ['PNG of 60,000 x 60,000', () => scoreOn(images('png', 'png', png(60_000, 60_000)))],
  [
    'PNG of one pixel, interlaced, with 512 MB of zeros',
    () => scoreOn(images('pixel', 'png', png(1, 1, deflateSync(zeros(512)), true))),
  ],
  ['JPEG of 65,535 x 65,535', () => scoreOn(images('jpeg', 'jpg', JPEG))],
  ['CSV of one line of 200 MB', () => scoreOn(write('line.csv', zeros(200).fill('1')))],
  [
    'CSV of 1,000,000 columns',
    () => scoreOn(write('columns.csv', `${'a,'.repeat(999_999)}label\n${'1,'.repeat(999_999)}0\n`)),
  ],
  ['noise of 10^12 classes', () => scoreOn('noise:8x8x1:1000000000000')],
  ['noise of 10^10 values', () => scoreOn('noise:100000x100000x1:2')],
  [
    'weights of a model.json that are a link to /dev/zero',
    () =>
      withWeights('endless', 4, (name) => {
        write(`${name}.txt`, '');
        symlinkSync('/dev/zero', at(name));
      }),
  ],
  [
    'weights of a model.json of 64 GB without any blocks',
    () => withWeights('sparse-weights', 2e9, (name) => writeSparse(name, '', 64e9)),
  ],
  [
    '.keras archive with 512 MB of zeros in 0.5 MB',
    () => score(write('bomb.keras', zipSync({ 'config.json': zeros(512), 'metadata.json': Buffer.from('{}') }))),
  ],
  ['.keras archive whose weights are 512 MB of zeros', () => archive('weights.keras', zeros(512))],
  [
    '.keras archive whose weights claim 64 bytes and are 512 MB',
    () => archive('claims.keras', Buffer.concat([hdf5(64), zeros(512)])),
  ],
  [
    '.h5 of random bytes',
    () => score(write('noise.h5', Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7919) % 256)))),
  ],
  ['.h5 of 64 GB without any blocks', () => score(writeSparse('large.h5', hdf5(64e9), 64e9))],
];
