/** The folder of the study, and the models and commands that its inputs are given to. */
import { mkdirSync, mkdtempSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const folder = mkdtempSync(join(tmpdir(), 'prunelens-hostile-'));
export const at = (...names) => join(folder, ...names);

export function write(name, content) {
  mkdirSync(dirname(at(name)), { recursive: true });
  writeFileSync(at(name), content);
  return at(name);
}

/** A file of so many bytes that takes hardly any room on the disk: zeros after its beginning. */
export function writeSparse(name, beginning, size) {
  truncateSync(write(name, beginning), size);
  return at(name);
}

export const layer = (className, config) => ({ class_name: className, config });

export const keras = (layers, more = {}) =>
  JSON.stringify({
    format: 'layers-model',
    modelTopology: { class_name: 'Sequential', config: { name: 'net', layers } },
    ...more,
  });

/** A model of images of 8x8. */
export const IMAGE = keras([
  layer('Flatten', { name: 'flat', batch_input_shape: [null, 8, 8, 1] }),
  layer('Dense', { name: 'logits', units: 2, activation: 'softmax' }),
]);

const model = write('image.json', IMAGE);

/** Commands, as arguments. */
export const score = (file, ...more) => ['score', file, '--method', 'magnitude', ...more];
export const scoreOn = (data) => ['score', model, '--method', 'snip', '--data', data];
export const scoreWith = (weights) => score(model, '--weights', weights);
export const code = (name, text) => score(write(name, `import * as tf from "@tensorflow/tfjs";\n${text}`));
export const sweep = (name, text) => ['sweep', write(name, text), '--out', at('out'), '--dry-run'];
