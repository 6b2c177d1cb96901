/**
 * Scores on disk, so that they are there again after a reload: a file each, named by everything that the scores follow from. What
 * was used last is kept up to a limit.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import packageJson from '../../../package.json';

import type { Executor } from '../../executors/types';
import { readSafetensors, writeSafetensors } from '../../files/safetensors';
import type { Versions } from '../../files/versions';
import { pathInDataName } from '../../protocol/catalogue/dataNames';
import { UserError } from '../../protocol/errors';
import { floatTensor } from '../../protocol/tensor';
import type { Criterion, Saliency } from '../../pruning';
import type { PreparedModel } from '../../request/model';
import type { DataChoice, ModelRequest } from '../../request/types';

/** Bytes of all files together. */
const LIMIT = 2 ** 29;
const EXTENSION = '.safetensors';

/** A saliency with the seconds that it took. */
export interface KeptScore {
  readonly saliency: Saliency;
  readonly seconds: number;
}

export interface KeptScores {
  /** Undefined where there is none, or its file is damaged. */
  read(key: string): Promise<KeptScore | undefined>;
  write(key: string, model: PreparedModel, score: KeptScore): Promise<void>;
}

export interface KeyOptions {
  readonly criterion: Criterion;
  readonly model: PreparedModel;
  readonly request: ModelRequest;
  readonly executor: Executor;
  readonly sparsity: number;
  readonly versions: Versions;
}

/** Where the data is; undefined where it has a name of its own, or is made up. */
function pathOf({ name, baseFolder = '.' }: DataChoice): string | undefined {
  const path = pathInDataName(name);
  return path === undefined ? undefined : resolve(baseFolder, path);
}

async function versionOf(path: string | undefined, versions: Versions): Promise<string | undefined> {
  return path === undefined ? undefined : versions.of(path);
}

/** The name of a score: equal names, equal scores. */
export async function scoreKey(options: KeyOptions): Promise<string> {
  const { criterion, model, request, executor, sparsity, versions } = options;
  const { data, scoring, objective, computing, batchSize } = request;
  const hash = createHash('sha256');
  for (const [name, values] of model.weights) {
    hash.update(name).update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  const facts = {
    version: packageJson.version,
    fingerprint: model.network.fingerprint,
    output: request.output,
    seed: model.seed,
    prunable: model.prunable,
    method: criterion.name,
    scoring,
    batchSize,
    predictor: await versionOf(scoring.predictor, versions),
    ...(criterion.aimsAtSparsity && { sparsity }),
    ...(criterion.needsData && {
      objective,
      data,
      contents: data && (await versionOf(pathOf(data), versions)),
    }),
    backend: executor.backend,
    device: executor.device,
    computing,
  };
  return hash.update(JSON.stringify(facts)).digest('hex').slice(0, 32);
}

/** Removes what was used longest ago, beyond the limit. */
async function forgetOldest(folder: string, limit: number): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(EXTENSION));
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      // Another process may have removed it meanwhile.
      const found = await stat(path).catch(() => undefined);
      return { path, size: found?.size ?? 0, time: found?.mtimeMs ?? 0 };
    }),
  );
  let total = 0;
  for (const { path, size } of files.toSorted((a, b) => b.time - a.time)) {
    total += size;
    if (total > limit) await rm(path, { force: true });
  }
}

/** @param limit Bytes of all files in the folder together. */
export function createKeptScores(folder: string, limit = LIMIT): KeptScores {
  const fileOf = (key: string) => join(folder, `${key}${EXTENSION}`);
  return {
    async read(key) {
      const file = fileOf(key);
      try {
        const { tensors, metadata } = await readSafetensors(file);
        const { kept, diagnostics, seconds } = JSON.parse(metadata.score);
        const scores = new Map([...tensors].map(([name, { data }]) => [name, Float32Array.from(data)]));
        await utimes(file, new Date(), new Date());
        const saliency = {
          scores,
          ...(kept && { kept: new Map<string, number>(kept) }),
          ...(diagnostics && { diagnostics }),
        };
        return { saliency, seconds };
      } catch (error) {
        // Not there, or written by another version: it is made anew.
        if (error instanceof UserError || error instanceof SyntaxError) return undefined;
        throw error;
      }
    },
    async write(key, { network }, { saliency, seconds }) {
      const { scores, kept, diagnostics } = saliency;
      const shapes = new Map(network.parameters.map(({ name, shape }) => [name, shape]));
      const tensors = new Map([...scores].map(([name, values]) => [name, floatTensor(shapes.get(name)!, values)]));
      await mkdir(folder, { recursive: true });
      const score = JSON.stringify({ seconds, diagnostics, ...(kept && { kept: [...kept] }) });
      await writeSafetensors(fileOf(key), tensors, { metadata: { score } });
      await forgetOldest(folder, limit);
    },
  };
}
