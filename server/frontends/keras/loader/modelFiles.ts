/** `tf.loadLayersModel('file://…')`, which TensorFlow.js has in its package for Node only. */
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ModelArtifacts, ModelHandler, Tensorflow } from './tensorflowShapes';

const SCHEME = 'file://';

interface ModelJson {
  readonly modelTopology?: unknown;
  readonly weightsManifest?: readonly { readonly paths: readonly string[]; readonly weights: readonly unknown[] }[];
}

/** The path in an address; one that is no proper address (`file://./model.json`) is taken as tfjs-node takes it. */
function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    return resolve(decodeURI(url.slice(SCHEME.length)));
  }
}

async function readRegularFile(path: string): Promise<Buffer> {
  if (!(await stat(path)).isFile()) throw new Error(`${path} is no regular file`);
  return readFile(path);
}

async function readArtifacts(path: string): Promise<ModelArtifacts> {
  const json = JSON.parse((await readRegularFile(path)).toString('utf8')) as ModelJson;
  const groups = json.weightsManifest ?? [];
  const shards: Buffer[] = [];
  for (const shard of groups.flatMap(({ paths }) => paths))
    shards.push(await readRegularFile(join(dirname(path), shard)));
  const weightData = Uint8Array.from(Buffer.concat(shards)).buffer;
  const weightSpecs = groups.flatMap(({ weights }) => weights);
  return { modelTopology: json.modelTopology ?? json, ...(groups.length > 0 && { weightSpecs, weightData }) };
}

/** `tf.io.fileSystem(path)` of the package for Node, for reading. */
export function modelFile(path: string | readonly string[]): ModelHandler {
  const file = typeof path === 'string' ? path : path[0];
  return { load: () => readArtifacts(file.startsWith(SCHEME) ? pathOf(file) : resolve(file)) };
}

/** Lets `tf.loadLayersModel` read the addresses of files. */
export function readModelsFromFiles({ io }: Tensorflow): void {
  io.registerLoadRouter((url) => {
    const [first] = typeof url === 'string' ? [url] : url;
    return first?.startsWith(SCHEME) ? modelFile(first) : null;
  });
}
