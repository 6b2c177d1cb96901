#!/usr/bin/env node
/**
 * Halves the channels of public architectures by structured SNIP and ProsPr, and has PyTorch prove each: `npm run zoo:shrink -- --python PYTHON
 * [NAME …]`, after `node esbuild.mjs`. The interpreter needs torch, torchvision, timm and transformers. A row of a table on standard output for
 * each; of what is refused, its place and the reason.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const FILE = join(root, 'test', 'zoo', 'shrinking.py');
/** ProsPr with an inner step that is given: finding one scores some ten times over, and no proof depends on it. */
const METHODS = { snip: [], prospr: ['--steps', '3', '--inner-lr', '0.01'] };
const TEXTS = ['small_texts', 'bert', 'gpt2', 'llama', 'lstm', 'lstm_layers', 'written_down'];

/** Images of another size than 64 pixels. */
const SIZES = { small_images: 32, small_cells: 32, small_residuals: 32 };

/** What each is there for. The first ones are several small models together, which is quick. */
const FAMILIES = {
  small_images: 'heads of nn.MultiheadAttention, DenseNet, Inception, U-Net',
  small_cells: 'ShuffleNet, RegNet, GhostNet',
  small_residuals: 'ResNets, squeeze-excite, ConvNeXt, MobileNet, VGG, MLP',
  small_texts: 'BERT, GPT-2, Llama, LSTM',
  mlp: 'linear layers',
  vgg11: 'plain convolutions, flattened',
  resnet18: 'residual',
  wide_bottlenecks: 'residual, grouped',
  mobilenet_v2: 'depthwise, residual',
  mobilenet_v3: 'depthwise, squeeze-excite',
  efficientnet_b0: 'depthwise, squeeze-excite',
  densenet: 'concatenation',
  googlenet: 'concatenation (Inception)',
  squeezenet: 'concatenation',
  shufflenet: 'halves, shuffled',
  regnet: 'grouped, squeeze-excite',
  convnext: 'depthwise, layer scale',
  se_resnet18: 'squeeze-excite',
  ghostnet: 'cheap channels, concatenation',
  repvgg: 'sums of branches',
  unet: 'transposed, concatenation',
  group_norms: 'groups of a normalization',
  mixer: 'MLP-Mixer',
  vit_timm: 'heads, hidden layers',
  vit_torchvision: 'heads of nn.MultiheadAttention, hidden layers',
  bert: 'heads, hidden layers',
  gpt2: 'heads, hidden layers',
  llama: 'shared keys, gated hidden layers',
  swin: 'windows',
  lstm: 'LSTM of one layer',
  lstm_layers: 'LSTM of two layers',
  written_down: 'heads as wide as the input says',
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { python: { type: 'string', default: join(root, '.cache', 'python', 'bin', 'python') } },
});

/** Runs the command; gives its result, or what it says. */
function shrink(name, method, out) {
  const size = SIZES[name] ?? 64;
  const input = TEXTS.includes(name) ? '16:int64<1000' : `3,${size},${size}`;
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      ...[
        join(root, 'dist', 'prunelens.js'),
        'shrink',
        `${FILE}#${name}`,
        '--python',
        values.python,
        '--backend',
        'cpu',
      ],
      ...['--input', input, '--data', 'noise', '--batch-size', '8', '--pruning-batch-size', '8'],
      ...['--method', method, '--sparsity', '0.5', '--selection', 'per-layer', '--measure', '--json', '--out', out],
      ...METHODS[method],
    ],
    { encoding: 'utf8', cwd: root },
  );
  if (status === 0) return JSON.parse(readFileSync(join(out, 'result.json'), 'utf8'));
  const lines = stderr.trim().split('\n');
  const first = lines.findIndex((line) => /error|:\d+:\d+:/i.test(line));
  return { problem: lines.slice(Math.max(first, 0)).join(' ').replaceAll('|', '/') };
}

const change = ({ denseSeconds, shrunkSeconds }) => `${Math.round(100 * (1 - shrunkSeconds / denseSeconds))}%`;
const megabytes = (bytes) => (bytes / 1e6).toFixed(1);

function rowOf(name, results) {
  const refused = results.find(({ problem }) => problem !== undefined);
  if (refused) return [name, FAMILIES[name], refused.problem, '', '', '', '', ''];
  const [{ channels, keptChannels, bytes, measured }] = results;
  return [
    name,
    FAMILIES[name],
    `${channels} → ${keptChannels}`,
    `${megabytes(bytes.before)} → ${megabytes(bytes.after)}`,
    change(measured),
    change(measured.evaluation),
    ...results.map(({ difference, differenceFloat32 }) =>
      [difference, differenceFloat32].map((one) => one.toExponential(0)).join(', '),
    ),
  ];
}

process.stdout.write(
  '| architecture | what it has | channels | MB | less time a step | an evaluation | SNIP | ProsPr |\n',
);
process.stdout.write(`|${' --- |'.repeat(8)}\n`);
for (const name of positionals.length > 0 ? positionals : Object.keys(FAMILIES)) {
  const folder = mkdtempSync(join(tmpdir(), 'prunelens-zoo-'));
  try {
    const results = Object.keys(METHODS).map((method) => shrink(name, method, join(folder, method)));
    process.stdout.write(`| ${rowOf(name, results).join(' | ')} |\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
