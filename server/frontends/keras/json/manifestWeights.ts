/** The weight values that a tfjs `model.json` brings along in binary files beside it. */
import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { checkMemory } from '../../../files/memory';
import { readRegular } from '../../../files/regular';
import { UserError } from '../../../protocol/errors';
import { type Shape, sizeOf } from '../../../protocol/tensor';
import type { LayerDescription, ModelDescription } from '../description';

interface ManifestWeight {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: string;
  readonly quantization?: unknown;
}

interface ManifestGroup {
  readonly paths: readonly string[];
  readonly weights: readonly ManifestWeight[];
}

type Values = NonNullable<LayerDescription['weights']>[string];

const BYTES = Float32Array.BYTES_PER_ELEMENT;

function failure(file: string, message: string, hint?: string): UserError {
  return new UserError(message, { location: { file, line: 1, column: 1 }, ...(hint !== undefined && { hint }) });
}

/**
 * The shards of a group, which are regular files in the folder of the model: what they lead to by links may be anything.
 * @throws UserError for any other file, before it is read.
 */
async function readShards(file: string, paths: readonly string[], expected: number): Promise<Buffer> {
  const folder = await realpath(dirname(file));
  const shards: Buffer[] = [];
  let left = expected;
  for (const path of paths) {
    const place = await realpath(join(folder, path));
    if (!place.startsWith(folder + sep)) {
      throw failure(
        file,
        `The weight file ${path} is not in the folder of the model.`,
        'Copy it beside the JSON file.',
      );
    }
    const shard = await readRegular(place, (bytes) => {
      if (bytes > left) throw wrongSize(file, paths, `more than ${expected}`, expected);
    });
    left -= shard.length;
    shards.push(shard);
  }
  if (left !== 0) throw wrongSize(file, paths, String(expected - left), expected);
  return Buffer.concat(shards);
}

function wrongSize(file: string, paths: readonly string[], found: string, expected: number): UserError {
  return failure(
    file,
    `The files ${paths.join(', ')} have ${found} bytes where the weights need ${expected}.`,
    'Copy all .bin files of the model anew.',
  );
}

/** Bytes of the weights of a group. */
function sizeIn({ weights }: ManifestGroup): number {
  return weights.reduce((sum, { shape }) => sum + sizeOf(shape) * BYTES, 0);
}

async function readGroup(file: string, group: ManifestGroup): Promise<[string, Values][]> {
  const { weights } = group;
  for (const { name, dtype, quantization } of weights) {
    if (dtype === 'float32' && quantization === undefined) continue;
    throw failure(
      file,
      `The weight "${name}" is stored as ${quantization ? 'quantized numbers' : dtype}, not as float32.`,
      'Save the model without quantization, or delete its .bin files to have it initialized.',
    );
  }
  const bytes = await readShards(file, group.paths, sizeIn(group));
  let offset = 0;
  return weights.map(({ name, shape }) => {
    const length = sizeOf(shape) * BYTES;
    // The copy is aligned, which a slice of a shard need not be; the files are little-endian, as is every host of Node.
    const data = new Float32Array(new Uint8Array(bytes.subarray(offset, offset + length)).buffer);
    offset += length;
    return [name, { shape, data }];
  });
}

/** @throws UserError where the manifest is not a list of groups of files and weights. */
function checkManifest(file: string, manifest: unknown): asserts manifest is readonly ManifestGroup[] {
  const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
    typeof value === 'object' && value !== null;
  const isExtent = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  const isWeight = (value: unknown) =>
    isObject(value) && typeof value.name === 'string' && Array.isArray(value.shape) && value.shape.every(isExtent);
  const isGroup = (value: unknown) =>
    isObject(value) &&
    Array.isArray(value.paths) &&
    value.paths.every((path) => typeof path === 'string' && !path.includes('\0')) &&
    Array.isArray(value.weights) &&
    value.weights.every(isWeight);
  if (Array.isArray(manifest) && manifest.every(isGroup)) return;
  throw failure(
    file,
    'Its "weightsManifest" is no list of groups, each with "paths" and "weights" of a name and a shape.',
    'Write the model anew with model.save().',
  );
}

/** Layers with the names of the models they are nested in. */
function* eachLayer(model: ModelDescription, path: readonly string[] = []): Generator<[LayerDescription, string[]]> {
  for (const layer of model.layers) {
    if (layer.model) yield* eachLayer(layer.model, [...path, layer.name]);
    else yield [layer, [...path, layer.name]];
  }
}

/**
 * The layer that a weight named `[…models/]layer/weight[:0]` belongs to, and the weight's short name, which has the names of layers
 * inside that one in front of it.
 */
function ownerOf(file: string, model: ModelDescription, name: string): [LayerDescription, string] {
  const all = name.replace(/:\d+$/, '').split('/');
  const layers = [...eachLayer(model)];
  const isLayer = (part: string) => layers.some(([layer]) => layer.name === part);
  const last = all.slice(0, -1).findLastIndex(isLayer);
  const parts = all.slice(0, last < 0 ? -1 : last + 1);
  const short = all.slice(parts.length).join('/');
  const named = layers.filter(([layer]) => layer.name === parts.at(-1));
  const inPlace = named.filter(([, path]) => parts.join('/').endsWith(path.join('/')));
  const deepest = Math.max(...inPlace.map(([, path]) => path.length));
  const matching = named.length > 1 ? inPlace.filter(([, path]) => path.length === deepest) : named;
  if (matching.length === 1) return [matching[0][0], short];
  throw failure(
    file,
    matching.length === 0
      ? `The weight "${name}" belongs to no layer of the model.`
      : `The weight "${name}" could belong to several layers named "${parts.at(-1)}".`,
    'Save topology and weights together again, with unique layer names.',
  );
}

function withWeights(
  model: ModelDescription,
  values: ReadonlyMap<LayerDescription, Record<string, Values>>,
): ModelDescription {
  const layers = model.layers.map((layer) => {
    if (layer.model) return { ...layer, model: withWeights(layer.model, values) };
    const weights = values.get(layer);
    return weights ? { ...layer, weights } : layer;
  });
  return { ...model, layers };
}

/**
 * Adds the values of the `weightsManifest` in `text` to `model`, where its binary files exist; without any of them the
 * model is left to be initialized.
 *
 * @throws UserError for a part of the files missing, wrong sizes, types other than float32, and unknown weights.
 */
export async function readManifestWeights(model: ModelDescription, text: string): Promise<ModelDescription> {
  const { file } = model;
  const { weightsManifest } = JSON.parse(text.replace(/^\uFEFF/, '')) as { weightsManifest?: unknown };
  if (weightsManifest === undefined) return model;
  checkManifest(file, weightsManifest);
  const paths = weightsManifest.flatMap((group) => group.paths);
  const missing = paths.filter((path) => !existsSync(join(dirname(file), path)));
  if (missing.length === paths.length) return model;
  if (missing.length > 0) {
    throw failure(
      file,
      `Of the model's weight files, ${missing.join(', ')} is missing.`,
      'Copy it beside the JSON file.',
    );
  }
  const claimed = weightsManifest.reduce((sum, group) => sum + sizeIn(group), 0);
  checkMemory(`The weights of ${file}`, claimed, 'file');
  const values = new Map<LayerDescription, Record<string, Values>>();
  for (const group of weightsManifest) {
    for (const [name, value] of await readGroup(file, group)) {
      const [layer, short] = ownerOf(file, model, name);
      values.set(layer, { ...values.get(layer), [short]: value });
    }
  }
  return withWeights(model, values);
}
