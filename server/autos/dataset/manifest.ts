/** `manifest.json` of a survival data set: which iterative prunings it holds, and a shard file for each. */
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { writeJsonAtomic } from '../../files/atomic';
import { errorCode, fileFailure } from '../../files/failures';
import { readText } from '../../files/regular';
import { UserError, usageError } from '../../protocol/errors';
import type { Shape } from '../../protocol/tensor';
import type { SurvivalRun } from '../types';

const FORMAT = 'prunelens-survival';
const VERSION = 1;

export interface ManifestEntry extends Omit<SurvivalRun, 'layers'> {
  /** Unique in the data set; also the name of the shard, and of the folder in `runs` that the pruning was done in. */
  readonly name: string;
  readonly shard: {
    /** Path from the folder of the data set, with `/` between its parts. */
    readonly file: string;
    readonly sha256: string;
    readonly bytes: number;
  };
  /** Prunable weight tensors, in the order of the network. */
  readonly weights: readonly { readonly weight: string; readonly shape: Shape }[];
}

export interface Manifest {
  readonly format: typeof FORMAT;
  readonly version: typeof VERSION;
  readonly entries: readonly ManifestEntry[];
}

export const emptyManifest: Manifest = { format: FORMAT, version: VERSION, entries: [] };

/** Paths in the folder of a data set. */
export function datasetFiles(folder: string) {
  return {
    manifest: join(folder, 'manifest.json'),
    shards: join(folder, 'shards'),
    run: (name: string) => join(folder, 'runs', name),
  };
}

/** Name of a run in a data set: the same for the same model, data, way of pruning and seed. */
export function entryName({ label, data, settings }: Pick<SurvivalRun, 'label' | 'data' | 'settings'>): string {
  const { criterion, schedule, iterations, finalSparsity, rewindEpoch, seed } = settings;
  const way = [
    criterion,
    schedule,
    `${iterations}x`,
    finalSparsity,
    ...(rewindEpoch > 0 ? [`epoch${rewindEpoch}`] : []),
  ];
  const parts = [label, basename(data), ...way, `seed${seed}`];
  return parts.map((part) => String(part).replace(/[^\w.-]/g, '_')).join('-');
}

/** The manifest in `folder`, undefined where there is none. */
export async function findManifest(folder: string): Promise<Manifest | undefined> {
  const { manifest: path } = datasetFiles(folder);
  const text = await readText(path).catch((error) => {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw fileFailure(error, 'read', path);
  });
  return text === undefined ? undefined : parseManifest(text, path);
}

/**
 * The manifest in `folder`.
 * @throws a usage error where there is none; a UserError where it is damaged or of another version.
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const manifest = await findManifest(folder);
  if (manifest) return manifest;
  throw usageError(
    `There is no survival data set in ${folder}: it has no manifest.json.`,
    'Make one with `prunelens autos dataset`.',
  );
}

export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error) => {
    throw fileFailure(error, 'write', folder);
  });
  await writeJsonAtomic(datasetFiles(folder).manifest, manifest);
}

function parseManifest(text: string, path: string): Manifest {
  const damaged = (what: string) =>
    new UserError(`${path} is damaged: ${what}.`, { hint: 'Restore it from a copy, or make the data set anew.' });
  let value: Partial<Manifest> | null;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged('it is not JSON');
  }
  if (typeof value !== 'object' || value?.format !== FORMAT) {
    throw new UserError(`${path} is not the manifest of a survival data set.`, {
      hint: 'Name a folder that `prunelens autos dataset` has made.',
    });
  }
  if (value.version !== VERSION) {
    throw new UserError(
      `${path} has version ${value.version} of its format, and this PruneLens reads version ${VERSION}.`,
      {
        hint: 'Use the PruneLens that wrote it, or make the data set anew.',
      },
    );
  }
  if (!Array.isArray(value.entries)) throw damaged('it has no list of entries');
  value.entries.forEach((entry, i) => {
    if (!isEntry(entry)) throw damaged(`its entry ${i + 1} is incomplete`);
  });
  return value as Manifest;
}

/** Whether what the readers rely on is there; the path of the shard must stay inside the data set. */
function isEntry(entry: Partial<ManifestEntry> | null): boolean {
  if (typeof entry !== 'object' || entry === null) return false;
  const { name, label, modelHash, data, settings, iterations, shard, weights } = entry;
  return (
    [name, label, modelHash, data, shard?.sha256].every((text) => typeof text === 'string') &&
    /^shards\/[\w.-]+\.safetensors$/.test(shard?.file ?? '') &&
    Number.isInteger(settings?.iterations) &&
    Number.isInteger(settings?.seed) &&
    Array.isArray(iterations) &&
    Array.isArray(weights) &&
    weights.every(
      ({ weight, shape }) => typeof weight === 'string' && Array.isArray(shape) && shape.every(Number.isInteger),
    )
  );
}
