/** The manifest of a sweep on Slurm: made where the command is, read on every node. */
import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { hashOf, identityOf } from '../../comparison/identity';
import { finishedRun, writeOutcome } from '../../comparison/outcome';
import { placeOf, runsFolder as runsFolderOf } from '../../comparison/place';
import type { BackendRequest } from '../../executors/select';
import { errorCode, fileFailure } from '../../files/failures';
import { LEASE_TIMING } from '../../files/lease';
import { UserError, usageError } from '../../protocol/errors';
import type { SweepPlan, SweepRun } from '../expand';
import type { ResolvedRun } from '../messages';
import { reportedNetwork } from '../results';
import type { PreparedSweep } from '../session';
import { placedRun } from '../sweep';
import { slurmFiles } from './files';
import { packRuns } from './pack';
import { checkPaths, processorsOf } from './script';
import type { Manifest, PlannedRun, SharedRequest, SlurmOptions } from './types';

export interface ManifestParts {
  readonly plan: SweepPlan;
  readonly sweep: PreparedSweep;
  readonly options: SlurmOptions;
  /** The command's own bundle. */
  readonly command: string;
  /** What computes: the same on all nodes. */
  readonly asked: BackendRequest;
  readonly computed: Pick<Manifest, 'backend' | 'computation'>;
}

async function checkProgram(path: string, what: string): Promise<void> {
  await access(path, constants.R_OK).catch((error) => {
    throw fileFailure(error, 'read', `${path} (${what})`);
  });
}

/** @throws a usage error where Python is named by a path that no other process could find. */
async function checkPython({ interpreter }: BackendRequest): Promise<void> {
  const named = [interpreter?.flag, interpreter?.setting].filter((path) => path !== undefined);
  for (const path of named.filter((one) => isAbsolute(one))) await checkProgram(path, 'Python');
}

/** Everything about the runs, with what is done already as far as earlier versions have not said so. */
async function planRuns({ plan, sweep, computed }: ManifestParts) {
  const requests: SharedRequest[] = [];
  const numbers = new Map<string, number>();
  const runs: PlannedRun[] = [];
  const left: number[] = [];
  const nameOf = ({ key }: SweepRun) => JSON.stringify([key.model, key.method]);
  for (const [index, run] of plan.runs.entries()) {
    const placed = placedRun(sweep, run, computed);
    if (!numbers.has(nameOf(run))) {
      numbers.set(nameOf(run), requests.length);
      const { method, request, content, settings } = sweep.resolve(run);
      requests.push({ method, request, content, settings });
    }
    const folder = await placeOf(placed);
    const outcome = await finishedRun(placed);
    if (outcome) await writeOutcome(folder, placed, outcome);
    else left.push(index);
    const place = relative(runsFolderOf(placed), folder).split(sep).join('/');
    runs.push({ key: run.key, request: numbers.get(nameOf(run))!, folder: place, hash: hashOf(identityOf(placed)) });
  }
  return { requests, runs, left };
}

/** @throws UserError where a program is not where its path says. */
export async function createManifest(parts: ManifestParts): Promise<Manifest> {
  const { plan, sweep, options, command, asked, computed } = parts;
  const node = process.execPath;
  checkPaths([node, command, process.cwd(), resolve(plan.out)], resolve(plan.out));
  await checkProgram(node, 'Node');
  await checkProgram(command, 'the command');
  await checkPython(asked);
  const { requests, runs, left } = await planRuns(parts);
  const out = resolve(plan.out);
  const { runs: _, ...common } = plan;
  const threads = Math.max(1, Math.floor(processorsOf(options.sbatch) / options.sideBySide));
  const identity = hashOf({ runs: runs.map(({ hash, folder }) => [hash, folder]), options, asked, threads });
  return {
    format: 'prunelens-slurm-1',
    name: `prunelens-${hashOf([out, identity]).slice(0, 8)}`,
    plan: identity,
    ...computed,
    folder: process.cwd(),
    out,
    runsFolder: resolve(plan.runsFolder ?? join(plan.out, 'runs')),
    sharesRuns: plan.runsFolder !== undefined,
    node,
    command,
    asked,
    threads,
    timing: LEASE_TIMING,
    options,
    sweep: { ...common, out, ...(plan.runsFolder !== undefined && { runsFolder: resolve(plan.runsFolder) }) },
    networks: Array.from(sweep.networks.values(), reportedNetwork),
    requests,
    runs,
    ...packRuns(plan.runs, left, options.pack),
  };
}

/** @throws a usage error where there is none. */
export async function readManifest(path: string): Promise<Manifest> {
  const text = await readFile(path, 'utf8').catch((error) => {
    if (errorCode(error) !== 'ENOENT') throw fileFailure(error, 'read', path);
    throw usageError(`There is no sweep on Slurm in ${path}.`, 'Name the folder that --out has named.');
  });
  try {
    const manifest = JSON.parse(text) as Manifest;
    if (manifest.format === 'prunelens-slurm-1') return manifest;
  } catch {
    // Reported below, as for JSON that is something else.
  }
  throw new UserError(`${path} is damaged or was written by another version of PruneLens.`);
}

/** The manifest in the folder of a sweep; undefined where there is none. */
export async function findManifest(out: string): Promise<Manifest | undefined> {
  const path = slurmFiles(out).manifest;
  return (await access(path).then(
    () => true,
    () => false,
  ))
    ? readManifest(path)
    : undefined;
}

/** The plan of a manifest, for what shows and reports it. */
export function planOf({ sweep, runs }: Manifest): SweepPlan {
  const networks = new Map(sweep.networks.map((network) => [network.label, network]));
  const variants = new Map(sweep.variants.map((variant) => [variant.name, variant]));
  return {
    ...sweep,
    runs: runs.map(({ key }) => ({
      key,
      network: networks.get(key.model)!,
      variant: variants.get(key.method)!,
      flags: {},
      exclusive: [],
    })),
  };
}

/** A run as any process can do it. */
export function resolveRun(manifest: Manifest, index: number): ResolvedRun {
  const { runs, requests, out, runsFolder, sharesRuns, timing, sweep } = manifest;
  const { key, request } = runs[index];
  return {
    key,
    ...requests[request],
    out,
    ...(sharesRuns && { runs: runsFolder }),
    timing,
    sparsities: sweep.sparsities,
  };
}
