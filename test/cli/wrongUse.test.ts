/** Bad input: one clear message, the right exit code, nothing on standard output, nothing half-written. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeSafetensors } from '../../server/files/safetensors';
import { floatTensor, intTensor } from '../../server/protocol/tensor';
import { prunelens, ROOT, temporaryFolder } from '../support/command';

const folder = temporaryFolder();
const at = (...names: string[]) => join(folder, ...names);
const LENET = join(ROOT, 'samples', 'lenet-300-100.ts');
const FAILED = 1;
const WRONG = 2;

const model = (layers: string) => `import * as tf from '@tensorflow/tfjs';
export default () => tf.sequential({ layers: [
  ${layers}
] });
`;
const files: { readonly [name: string]: string } = {
  'throws.ts': `export default () => {\n  throw new Error('no luck');\n};\n`,
  'exits.ts': `export default () => process.exit(0);\n`,
  'number.ts': `export default () => 42;\n`,
  'syntax.ts': `export default () => {\n  const = 3;\n};\n`,
  'shape.ts': model(`tf.layers.conv2d({ inputShape: [4, 4, 1], filters: 2, kernelSize: 7 }),`),
  'volume.ts': model(
    `tf.layers.conv3d({ inputShape: [4, 4, 4, 1], filters: 2, kernelSize: 3 }),\n  tf.layers.flatten(),`,
  ),
  'small.ts': model(`tf.layers.dense({ name: 'd', inputShape: [4], units: 3 }),`),
  'text.txt': 'hello',
};
for (const [name, text] of Object.entries(files)) writeFileSync(at(name), text);
mkdirSync(at('full'));
writeFileSync(at('full', 'something'), '');
mkdirSync(at('settings'));
writeFileSync(at('settings', 'm.ts'), files['small.ts']);
writeFileSync(at('settings', 'prunelens.json'), '{\n  "epochs": 0,\n  "optimiser": {}\n}\n');

const tensors = (entries: { readonly [name: string]: Parameters<typeof floatTensor>[0] }) =>
  new Map(
    Object.entries(entries).map(([name, shape]) => [
      name,
      floatTensor(shape, new Float32Array(shape.reduce((a, b) => a * b, 1))),
    ]),
  );
await writeSafetensors(at('unknown.safetensors'), tensors({ 'fc9/kernel': [2, 2] }));
await writeSafetensors(at('shape.safetensors'), tensors({ 'd/kernel': [3, 4] }));
await writeSafetensors(at('nan.safetensors'), new Map([['d/bias', floatTensor([3], Float32Array.of(0, NaN, 0))]]));
await writeSafetensors(at('no-labels.safetensors'), tensors({ '0/x': [2, 4] }));
const x = floatTensor([2, 4], new Float32Array(8));
await writeSafetensors(
  at('bad-label.safetensors'),
  new Map([
    ['0/x', x],
    ['0/y', intTensor([2], Int32Array.of(0, 3))],
  ]),
);
await writeSafetensors(
  at('grey-mask.safetensors'),
  new Map([['d/kernel', floatTensor([4, 3], new Float32Array(12).fill(0.5))]]),
);

const snip = ['--method', 'snip'];
const magnitude = ['--method', 'magnitude'];
const out = ['--out', at('out.safetensors')];
const small = at('small.ts');
const NOISE = ['--data', 'noise:4:3'];

const cases: readonly (readonly [what: string, args: readonly string[], code: number, message: RegExp])[] = [
  ['no command', [], WRONG, /Usage: prunelens/],
  ['an unknown command', ['scroe'], WRONG, /unknown command 'scroe'/],
  ['an unknown option', ['score', LENET, ...snip, '--speed'], WRONG, /unknown option '--speed'/],
  ['a missing option', ['score', LENET], WRONG, /--method/],
  ['an unknown method', ['score', LENET, '--method', 'snap'], WRONG, /"snap".*\n.*snip, .*magnitude/],
  ['a sparsity of 1', ['score', LENET, ...snip, '--sparsity', '1'], WRONG, /--sparsity/],
  ['a negative sparsity', ['score', LENET, ...snip, '--sparsity=-0.1'], WRONG, /--sparsity/],
  ['a sparsity that is no number', ['score', LENET, ...snip, '--sparsity', 'much'], WRONG, /--sparsity/],
  ['an unknown backend', ['score', LENET, ...snip, '--backend', 'abacus'], WRONG, /abacus.*\n?.*auto, tensorflow/],
  [
    'an unknown variant',
    ['score', LENET, '--method', 'prospr', '--variant', 'x'],
    WRONG,
    /exact, first-order, released/,
  ],
  ['an unknown data set', ['score', LENET, ...snip, '--data', 'mnits'], WRONG, /'mnits'.*\n.*mnist/],
  ['no data where it is needed', ['score', small, ...snip], WRONG, /--data/],
  ['data that does not fit', ['score', small, ...snip, '--data', 'mnist'], FAILED, /\[4\].*\[28, 28, 1\]/],
  ['a missing model', ['score', at('none.ts'), ...snip], WRONG, /none\.ts does not exist/],
  ['a missing export', ['score', `${small}#other`, ...magnitude], WRONG, /other/],
  ['a file that is no model', ['score', at('text.txt'), ...snip], WRONG, /text\.txt/],
  ['a model that throws', ['score', at('throws.ts'), ...magnitude], FAILED, /throws\.ts:2:\d+.*no luck/],
  ['a model that ends the process', ['score', at('exits.ts'), ...magnitude], FAILED, /exits\.ts:1/],
  ['a function that gives no model', ['score', at('number.ts'), ...magnitude], FAILED, /number\.ts:1/],
  ['a syntax error', ['score', at('syntax.ts'), ...magnitude], FAILED, /syntax\.ts:2:\d+/],
  ['a shape error', ['score', at('shape.ts'), ...magnitude], FAILED, /shape\.ts:2:\d+/],
  ['an unknown layer', ['score', at('volume.ts'), ...magnitude], FAILED, /volume\.ts:3:\d+.*Conv3D/],
  [
    'weights with an unknown name',
    ['score', small, ...magnitude, '--weights', at('unknown.safetensors')],
    WRONG,
    /'fc9\/kernel'.*\n.*d\/kernel/,
  ],
  [
    'weights of another shape',
    ['score', small, ...magnitude, '--weights', at('shape.safetensors')],
    WRONG,
    /'d\/kernel'.*\[3, 4\].*\[4, 3\]/,
  ],
  [
    'weights that are not finite',
    ['score', small, ...magnitude, '--weights', at('nan.safetensors')],
    WRONG,
    /'d\/bias' is NaN/,
  ],
  [
    'a weights file that is missing',
    ['score', small, ...magnitude, '--weights', at('none')],
    FAILED,
    /none.*does not exist/,
  ],
  [
    'a weights file of another kind',
    ['score', small, ...magnitude, '--weights', at('text.txt')],
    FAILED,
    /not a safetensors file/,
  ],
  [
    'batches without labels',
    ['score', small, ...snip, '--batches', at('no-labels.safetensors')],
    WRONG,
    /0\/y is missing/,
  ],
  [
    'a label out of range',
    ['score', small, ...snip, '--batches', at('bad-label.safetensors')],
    WRONG,
    /row 1 of 0\/y: the label 3/,
  ],
  [
    'a pattern that matches nothing',
    ['score', small, ...magnitude, '--include', 'conv*'],
    WRONG,
    /conv\* matches no layer.*\n.*d\./,
  ],
  ['nothing left to prune', ['score', small, ...magnitude, '--exclude', 'd'], WRONG, /left to prune/],
  [
    'settings with mistakes',
    ['score', at('settings', 'm.ts'), ...magnitude],
    WRONG,
    /prunelens\.json:2:\d+.*\n.*prunelens\.json:3:\d+: There is no setting "optimiser"/,
  ],
  [
    'an output in a missing folder',
    ['prune', small, ...magnitude, '--sparsity', '.5', '--out', at('no', 'm')],
    WRONG,
    /does not exist/,
  ],
  [
    'an output that is a folder',
    ['prune', small, ...magnitude, '--sparsity', '.5', '--out', at('full')],
    WRONG,
    /is a folder/,
  ],
  [
    'more kept per layer than stays',
    ['prune', small, ...magnitude, '--sparsity', '.9', '--min-per-layer', '5', ...out],
    WRONG,
    /--min-per-layer/,
  ],
  [
    'masks with other values',
    ['train', small, '--masks', at('grey-mask.safetensors'), ...NOISE, '--out', at('run')],
    WRONG,
    /0\.5; a mask holds 0 and 1/,
  ],
  ['a folder that is in use', ['train', small, ...NOISE, '--out', at('full')], WRONG, /not empty/],
  ['nothing to resume', ['train', small, ...NOISE, '--out', at('full'), '--resume'], WRONG, /no run to resume/],
  ['training without data', ['train', small, '--out', at('run')], WRONG, /--data/],
  [
    'momentum with adam',
    ['train', small, ...NOISE, '--optimizer', 'adam', '--momentum', '.9', '--out', at('run')],
    WRONG,
    /momentum/,
  ],
  [
    'a learning rate that diverges',
    ['train', small, ...NOISE, '--lr', '1e30', '--out', at('diverged'), '--batch-size', '8'],
    FAILED,
    /loss/,
  ],
  [
    'a method twice',
    ['compare', small, '--methods', 'snip,snip', '--sparsities', '.9', '--out', at('c')],
    WRONG,
    /twice/,
  ],
  [
    'an unknown method to compare',
    ['compare', small, '--methods', 'snip,x', '--sparsities', '.9', '--out', at('c')],
    WRONG,
    /"x"/,
  ],
  [
    'a comparison in a folder in use',
    ['compare', small, '--methods', 'snip', '--sparsities', '.9', '--out', at('full')],
    WRONG,
    /not empty/,
  ],
  ['a missing folder of models', ['models', at('none')], WRONG, /none does not exist/],
];

describe.concurrent('wrong use and bad input', () => {
  it.for(cases)('%s', async ([, args, code, message], { expect }) => {
    const backend = args.includes('--backend') || ['models', undefined].includes(args[0]) ? [] : ['--backend', 'cpu'];
    const ended = await prunelens(args.length > 1 ? [...args, ...backend] : args, { cwd: folder });
    expect(ended.stderr).toMatch(message);
    expect(ended.code).toBe(code);
    expect(ended.stdout).toBe('');
    expect(ended.stderr).not.toMatch(/^ +at .*:\d+:\d+|is an internal error/m);
  });
});

describe('after all that', () => {
  it('nothing half-written is left', async () => {
    const names = readdirSync(folder);
    for (const name of ['out.safetensors', 'run', 'c']) expect(names).not.toContain(name);
    expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe('help', () => {
  it('goes to standard output and ends well', async () => {
    const { code, stdout, stderr } = await prunelens(['train', '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('--weight-decay <wd>');
  });
});
