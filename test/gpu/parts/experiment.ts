/**
 * What processors could not do: ResNet-20 on CIFAR-10 for 20 epochs, by the methods and sparsities of most interest first, as far as the
 * time goes. It goes on where it was the next time, in the same folder.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SweepResults } from '../../../server/protocol/sweep';
import type { CheckContext, Part } from '../types';

const FIRST = ['prospr', 'snip', 'synflow', 'random-erk'];

/** One folder for both: the second adds methods and sparsities. */
const STAGES = [
  { methods: FIRST, sparsities: [0.98] },
  { methods: [...FIRST, 'grasp', 'autos', 'random'], sparsities: [0.9, 0.95, 0.98] },
] as const;

function sweepOf({ root, data, device, kind, python, isSmall }: CheckContext, stage: (typeof STAGES)[number]) {
  const isCuda = kind === 'cuda';
  return {
    title: 'ResNet-20 on CIFAR-10, 20 epochs',
    models: [join(root, 'samples', 'pytorch', 'resnet20.py')],
    data,
    methods: stage.methods,
    sparsities: stage.sparsities,
    seeds: isSmall ? 1 : 3,
    dense: false,
    ...{ backend: 'torch', device, python, ...(isCuda && { precision: 'bf16' }) },
    settings: {
      variant: ['exact', 'first-order', 'released'],
      ...{ epochs: isSmall ? 1 : 20, 'batch-size': 128, lr: 0.1, schedule: 'cosine', crop: 4, flip: true },
      ...(isSmall && { limit: 256 }),
    },
  };
}

/** Runs a stage until it is done or the time is up; whether it is done. @throws Error where it fails before. */
async function runStage({ root, out }: CheckContext, file: string, until: number): Promise<boolean> {
  const folder = join(out, 'experiment');
  const bundle = join(root, 'dist', 'prunelens.js');
  const args = [
    bundle,
    'sweep',
    file,
    '--out',
    folder,
    ...(existsSync(join(folder, 'sweep.json')) ? ['--resume'] : []),
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (data) => {
    said = `${said}${data}`.slice(-2000);
  });
  let isLate = false;
  const late = setTimeout(
    () => {
      isLate = true;
      child.kill('SIGINT');
    },
    Math.max(0, until - performance.now()),
  );
  const code = await new Promise((resolve) => child.on('close', resolve));
  clearTimeout(late);
  if (code !== 0 && !isLate) throw new Error(said.trim().split('\n').slice(-3).join(' '));
  return !isLate;
}

function tellResults({ out, tell }: CheckContext): void {
  const file = join(out, 'experiment', 'results.json');
  if (!existsSync(file)) {
    tell({ what: 'runs', value: 'none is finished' });
    return;
  }
  const { summary, runs, device } = JSON.parse(readFileSync(file, 'utf8')) as SweepResults;
  tell({ what: 'runs', value: `${runs.length} are finished, on ${device}` });
  for (const { method, sparsity, runs: count, mean, deviation } of summary) {
    const spread = deviation === null ? '' : ` ± ${(100 * deviation).toFixed(1)}`;
    tell({ what: `${method}, ${100 * sparsity} %`, value: `${(100 * mean).toFixed(1)}${spread} % (${count})` });
  }
}

export const experiment: Part = {
  name: 'experiment',
  title: 'ResNet-20 on CIFAR-10, 20 epochs',
  hasOwnTime: true,
  leftOut: ({ minutes, data }) =>
    minutes === undefined
      ? 'Say how long it may take with --minutes.'
      : data === undefined
        ? 'CIFAR-10 is not at hand: name its folder with --data.'
        : undefined,
  async run(context) {
    const until = performance.now() + context.minutes! * 60_000;
    mkdirSync(context.out, { recursive: true });
    for (const [i, stage] of STAGES.entries()) {
      const file = join(context.out, `experiment-${i + 1}.yaml`);
      // JSON is YAML.
      writeFileSync(file, `${JSON.stringify(sweepOf(context, stage), null, 2)}\n`);
      if (!(await runStage(context, file, until))) break;
    }
    tellResults(context);
  },
};
