/**
 * What a sweep of many runs costs the machine that plans and follows it, with a scheduler that does each task at once by writing its
 * results: `node test/bench/clusterPlan.mjs [runs]`.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashOf, shortHash } from '../../server/comparison/identity';
import { expandSweep } from '../../server/sweep/expand';
import { createSweepResults } from '../../server/sweep/results';
import type { QueuedTask, Scheduler } from '../../server/sweep/slurm/commands';
import { slurmFiles } from '../../server/sweep/slurm/files';
import { planOf, readManifest } from '../../server/sweep/slurm/manifest';
import { packRuns } from '../../server/sweep/slurm/pack';
import { type Found, findOutcomes } from '../../server/sweep/slurm/state';
import { submitTasks, writeManifest } from '../../server/sweep/slurm/submit';
import type { Manifest } from '../../server/sweep/slurm/types';
import { writeResults } from '../../server/sweep/sweep';

const RUNS = Number(process.argv[2] ?? 100_000);
/** Methods x sparsities of the paper's figure 2, so that the rest is seeds. */
const METHODS = ['random', 'magnitude', 'snip', 'grasp', 'synflow', 'prospr', 'force', 'ntk-sap', 'lottery-ticket'];
const LAYERS = 20;

const out = mkdtempSync(join(tmpdir(), 'prunelens-plan-'));

function manifest(): Manifest {
  const seeds = Math.ceil(RUNS / (1 + METHODS.length * 18));
  const file = { models: ['net.ts'], methods: METHODS, sparsities: 'prospr' as const, seeds };
  const { runs, ...sweep } = expandSweep(file, { folder: out, name: 'plan', out });
  const layers = Array.from({ length: LAYERS }, (_, i) => ({ name: `layer${i}`, macs: 1000 }));
  return {
    format: 'prunelens-slurm-1',
    ...{ name: 'prunelens-plan', plan: '', backend: 'cpu', folder: out, out, runsFolder: join(out, 'runs') },
    ...{ sharesRuns: false, node: process.execPath, command: 'prunelens.js', asked: { backend: 'cpu' }, threads: 1 },
    timing: { heartbeat: 5000, patience: 12 },
    options: { pack: 10, sideBySide: 1, sbatch: [] },
    sweep,
    networks: [
      {
        label: 'net',
        data: 'noise',
        settings: {},
        dataset: { name: 'noise' },
        model: { network: { file: 'net.ts', layers } },
      },
    ],
    requests: [],
    runs: runs.map(({ key }) => {
      const hash = hashOf(key);
      return { key, request: 0, hash, folder: `net/${key.method}-${key.sparsity}-${key.seed}-${shortHash(hash)}` };
    }),
    ...packRuns(
      runs,
      runs.map((_, index) => index),
      10,
    ),
  };
}

/** As large as that of a ResNet-20. */
const layers = Array.from({ length: LAYERS }, (_, i) => ({
  ...{
    layer: `layer${i}`,
    weight: `layer${i}/kernel`,
    shape: [3, 3, 16, 16],
    total: 2304,
    kept: 230,
    effectiveKept: 200,
  },
  ...{ nodes: 16, effectiveNodes: 12, log10Paths: 3.25, file: 'net.ts', line: 10 + i },
}));

function finish({ runs, runsFolder }: Manifest, index: number): void {
  const { folder, hash } = runs[index];
  const pruning = { prunable: 8, kept: 4, effectiveKept: 4, collapsed: [], layers, seconds: 1 };
  const final = {
    epoch: 1,
    trainLoss: 1,
    trainAccuracy: 0.5,
    testLoss: 1,
    testAccuracy: Math.random(),
    learningRate: 0.1,
  };
  mkdirSync(join(runsFolder, folder), { recursive: true });
  const outcome = { pruning, final, seconds: 2 };
  writeFileSync(
    join(runsFolder, folder, 'outcome.json'),
    JSON.stringify({ format: 'prunelens-outcome-1', hash, run: {}, outcome }),
  );
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const value = await work();
  const seconds = ((performance.now() - start) / 1000).toFixed(2);
  const { user, system } = process.cpuUsage(cpu);
  const computed = ((user + system) / 1e6).toFixed(2);
  const memory = Math.round(process.memoryUsage().rss / 2 ** 20);
  console.log(
    `${what.padEnd(48)} ${seconds.padStart(8)} s, of the processor ${computed.padStart(6)} s ${String(memory).padStart(6)} MB`,
  );
  return value;
}

async function main(): Promise<void> {
  let arrays = 0;
  const scheduler: Scheduler = {
    isHere: async () => true,
    longestArray: async () => 1001,
    submit: async () => String(++arrays),
    queue: async () => [] as QueuedTask[],
    cancel: async () => {},
  };
  const planned = await timed('plan', async () => manifest());
  console.log(`${planned.runs.length} runs, ${planned.tasks.length} tasks`);
  await timed('write manifest and script', () => writeManifest(planned, scheduler));
  await timed('read the manifest, as each task does', () => readManifest(slurmFiles(out).manifest));
  const tasks = planned.tasks.map((_, task) => task);
  await timed('submit', () => submitTasks(planned, tasks, scheduler));
  console.log(`${arrays} arrays`);
  const found: Found = { outcomes: new Map(), failures: new Map() };
  await timed('look, nothing is there', () => findOutcomes(planned, found));
  const some = Math.min(10_000, planned.runs.length);
  for (let index = 0; index < some; index++) finish(planned, index);
  await timed(`look, ${some} results are new`, () => findOutcomes(planned, found));
  await timed('look again, nothing is new', () => findOutcomes(planned, found));
  const networks = new Map(planned.networks.map((network) => [network.label, network]));
  const plan = planOf(planned);
  const runs = [...found.outcomes.values()];
  await timed(`aggregate ${some} results into all files`, async () => {
    const results = createSweepResults({ plan, networks, backend: 'cpu', device: 'Slurm', runs, failures: [] });
    await writeResults(plan, networks, results);
  });
}

main().finally(() => rmSync(out, { recursive: true, force: true }));
