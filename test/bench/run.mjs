#!/usr/bin/env node
/**
 * Times the engine: `npm run bench -- [--python PYTHON] [--backends cpu,tensorflow,torch] [--cases a,b] [--rounds N] [--write]`. With
 * `--batch N` only training steps are taken, on batches of N examples: a quick trial of the script.
 *
 * With a Python that has torch, backends and the same work in PyTorch take turns, all alive at once; figures are to be read as ratios
 * to the faster of PyTorch's NCHW and channels-last forms, medians over the rounds. `--write` puts the tables into docs/benchmarks.md.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { alternate, ratios, spread } from './alternate.mjs';
import { bundle } from './bundle.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Targets are ratios to PyTorch's time. Those without `alone` have the same work in `reference.py`. */
const cases = [
  {
    name: 'step-resnet20',
    title: 'ResNet-20 training step, batch 128',
    target: { cpu: 2, tensorflow: 1.3, torch: 1.05 },
  },
  {
    name: 'step-vgg16',
    title: 'VGG-16 training step, batch 64',
    target: { cpu: 1.5, tensorflow: 1.3, torch: 1.05 },
  },
  {
    name: 'step-lstm',
    title: 'LSTM of 128 units over 64 steps, training step, batch 64',
  },
  {
    name: 'step-attention',
    title: 'Attention block (4 heads, 64 tokens of 64 values), training step, batch 64',
  },
  { name: 'shrunk-vgg16', alone: true, title: 'VGG-16 training step, batch 64, dense and shrunk' },
  {
    name: 'compact-vgg16',
    alone: true,
    title: 'VGG-16 training step, batch 64, masked by SNIP: whole and compact',
    weights: true,
  },
  {
    name: 'snip-resnet20',
    title: 'SNIP on ResNet-20, batch 128',
    target: { torch: 1.05 },
  },
  {
    name: 'prospr-resnet20',
    title: 'ProsPr (exact, M = 3) on ResNet-20, batch 128',
    target: { cpu: 1.5, tensorflow: 1.5, torch: 0.8 },
  },
  { name: 'prospr-30-resnet20', alone: true, title: 'ProsPr (exact, M = 30) on ResNet-20, batch 128' },
];

const { values: options } = parseArgs({
  options: {
    python: { type: 'string' },
    backends: { type: 'string', default: 'cpu,tensorflow' },
    cases: { type: 'string' },
    write: { type: 'boolean', default: false },
    batch: { type: 'string' },
    rounds: { type: 'string', default: '7' },
  },
});

function lastJson(text) {
  return JSON.parse(text.trim().split('\n').at(-1));
}

function run(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (status !== 0) {
    const message = stderr.split('\n').find((line) => /Error: |cannot|failed/i.test(line));
    return { failure: (message ?? `exit code ${status}`).trim().slice(0, 200) };
  }
  return lastJson(stdout);
}

const fixed = (value, digits = 2) => (value === undefined ? '' : value.toFixed(digits));
const trial = options.batch === undefined ? [] : ['--batch', options.batch];
const python = options.python ? ['--python', options.python] : [];

/** PyTorch's forms, as the user's environment has them, and the faster one once more in that of the backend torch. */
const FORMS = ['nchw', 'channels-last'];
const KEPT = 'channels-last, memory kept';

function participants(measure, name, backends) {
  const ours = backends.map((backend) => [
    backend,
    { command: 'node', args: [measure, name, backend, ...python, ...trial], cwd: root },
  ]);
  if (!options.python) return Object.fromEntries(ours);
  const environment = run('node', [measure, 'environment']);
  const reference = (form) => ({
    command: options.python,
    args: ['test/bench/reference.py', name, form, '--threads', String(availableParallelism()), ...trial],
    cwd: root,
  });
  const theirs = FORMS.map((form) => [form, reference(form)]);
  return Object.fromEntries([...ours, ...theirs, [KEPT, { ...reference('channels-last'), environment }]]);
}

const between = ({ median, low, high }) => `${fixed(median)} (${fixed(low)} to ${fixed(high)})`;

/** The rows of a case whose backends and PyTorch's forms took turns. */
async function pairedRows(measure, entry, backends) {
  const results = await alternate(participants(measure, entry.name, backends), Number(options.rounds));
  const middle = (name) => (results[name]?.seconds ? spread(results[name].seconds).median : undefined);
  const forms = FORMS.filter((form) => middle(form) !== undefined).sort((a, b) => middle(a) - middle(b));
  return backends.map((backend) => {
    const { failure, seconds, compileSeconds, peakMegabytes } = results[backend];
    if (failure) return `| ${entry.title} | ${backend} | ${failure} | | | | | | |`;
    const [best] = forms;
    const ratio = best && ratios(seconds, results[best].seconds);
    const kept = results[KEPT]?.seconds && ratios(seconds, results[KEPT].seconds);
    const target = entry.target?.[backend];
    const verdict =
      ratio === undefined || !target ? '' : ` ${ratio.median <= target ? 'met' : '**missed**'} (${target})`;
    const theirs = FORMS.map((form) => fixed(middle(form), 3)).join(', ');
    const memory = [peakMegabytes, best && results[best].peakMegabytes].map((each) => fixed(each, 0));
    return `| ${entry.title} | ${backend} | ${fixed(middle(backend), 3)} | ${theirs} | ${ratio ? between(ratio) : ''} |${verdict} | ${kept ? fixed(kept.median) : ''} | ${fixed(compileSeconds)} | ${memory.filter(Boolean).join(' / ')} |`;
  });
}

/** A shrunk or compact model beside the dense one above it. */
function shrunkRow({ sparsity, seconds, ofTime, ofMacs }, backend, { weights = false }) {
  const removed = `${Math.round(100 * sparsity)} %`;
  const name = weights ? `… compact at ${removed} sparsity` : `… without ${removed} of its channels (ProsPr)`;
  const parts = `${fixed(100 * ofTime, 1)} % of the time, ${fixed(100 * ofMacs, 1)} % of the MACs`;
  return `| ${name} | ${backend} | ${fixed(seconds, 3)} | | ${parts} | | | | |`;
}

/** Seconds from starting the command to its result, the median of five. */
function firstScore() {
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    execFileSync(
      'node',
      ['dist/prunelens.js', 'score', 'samples/lenet-300-100.ts', '--method', 'snip', '--data', 'mnist', '--json'],
      {
        cwd: root,
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    return (performance.now() - start) / 1000;
  });
  return times.sort((a, b) => a - b)[2];
}

const measure = await bundle('measure.ts');
const { batch } = options;
const chosen = cases
  .filter(({ name }) => !options.cases || options.cases.split(',').includes(name))
  .filter(({ name }) => batch === undefined || name.startsWith('step-'));
const lines = [
  "| work | backend | seconds | PyTorch: NCHW, channels-last | ratio to the faster (spread) | target | to PyTorch in torch's environment | compile, s | peak memory, MB: ours / PyTorch |",
  '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
];
const print = (line) => {
  lines.push(line);
  console.log(line);
};
for (const line of lines) console.log(line);
const backends = options.backends.split(',');
for (const entry of chosen) {
  if (!entry.alone) {
    for (const line of await pairedRows(measure, entry, backends)) print(line);
    continue;
  }
  for (const backend of backends) {
    const {
      failure,
      seconds,
      compileSeconds,
      peakMegabytes,
      shrunk = [],
    } = run('node', [measure, entry.name, backend, ...python]);
    const figures = failure ?? fixed(seconds, 3);
    print(
      `| ${entry.title} | ${backend} | ${figures} | | | | | ${fixed(compileSeconds)} | ${fixed(peakMegabytes, 0)} |`,
    );
    for (const one of shrunk) print(shrunkRow(one, backend, entry));
  }
}
if (batch !== undefined) process.exit(0);
const single = run('node', [measure, 'select-11-million']);
const autos = run('node', [measure, 'predictor', 'cpu']);
const others = [
  `Selecting 2 % of 11 million weights: ${fixed(single.seconds * 1000, 0)} ms.`,
  `AutoS, 11 million weights: table ${fixed(autos.building)} s once, looking up ${fixed(autos.lookingUp)} s on one core (target: under 1 s), with calibration ${fixed(autos.scoring)} s. Running the network instead: the shipped one ${fixed(autos.network, 1)} s (${fixed(autos.network / autos.lookingUp, 0)} times), the paper's ${fixed(autos.paperNetwork, 0)} s (${fixed(autos.paperNetwork / autos.lookingUp, 0)} times; target: 100).`,
  `From starting the command to SNIP scores of LeNet-300-100 on MNIST: ${fixed(firstScore())} s (target: under 3 s).`,
];
for (const line of others) console.log(line);

if (options.write) {
  const file = join(root, 'docs', 'benchmarks.md');
  const text = readFileSync(file, 'utf8');
  const machine = `${cpus()[0].model}, ${availableParallelism()} cores, Node ${process.version}`;
  const table = [
    '<!-- table -->',
    '',
    `Measured on ${machine}.`,
    '',
    ...lines,
    '',
    ...others.map((line) => `- ${line}`),
    '',
    '<!-- end of table -->',
  ];
  writeFileSync(file, text.replace(/<!-- table -->[\s\S]*<!-- end of table -->/, table.join('\n')));
  console.log(`written to ${file}`);
}
