/** PyTorch models by the command: found, loaded in the real Python, scored under the names of their state_dict. */
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../server/files/safetensors';
import { floatTensor, intTensor } from '../../server/protocol/tensor';
import { prunelens, temporaryFolder } from '../support/command';
import { TEST_PYTHON, whyNoPython } from '../support/python';

const missing = whyNoPython();
const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const python = ['--python', TEST_PYTHON, '--backend', 'cpu'];

const NET = `import torch.nn as nn

class Net(nn.Module):
    def __init__(self, classes=3):
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3)
        self.bn = nn.BatchNorm2d(4)
        self.fc = nn.Linear(4, classes)

    def forward(self, x):
        return self.fc(self.bn(self.conv(x)).relu().mean((2, 3)))

class Deep(Net):
    def __init__(self, depth):
        super().__init__()

train_all_night()
`;

describe.skipIf(missing !== undefined)(
  `prunelens with PyTorch${missing ? ` (left out because ${missing})` : ''}`,
  () => {
    writeFileSync(at('net.py'), NET);

    it('scores by weights, batches and the names of the state_dict', async () => {
      const shapes: [name: string, shape: number[]][] = [
        ['conv.weight', [4, 2, 3, 3]],
        ['conv.bias', [4]],
        ['fc.weight', [3, 4]],
        ['fc.bias', [3]],
      ];
      const values = (shape: readonly number[], scale: number) =>
        floatTensor(
          shape,
          Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i + 1) * scale),
        );
      await writeSafetensors(at('w.safetensors'), new Map(shapes.map(([name, shape]) => [name, values(shape, 0.5)])));
      await writeSafetensors(
        at('b.safetensors'),
        new Map([
          ['0/x', values([6, 2, 5, 5], 1)],
          ['0/y', intTensor([6], Int32Array.of(0, 1, 2, 0, 1, 2))],
        ]),
      );
      const { code, stdout, stderr } = await prunelens([
        ...['score', `${at('net.py')}#Net`, ...python, '--method', 'snip', '--weights', at('w.safetensors')],
        ...['--batches', at('b.safetensors'), '--out', at('s.safetensors'), '--json'],
      ]);
      expect([code, stderr]).toEqual([0, expect.not.stringContaining('train_all_night')]);
      expect(JSON.parse(stdout)).toMatchObject({ method: 'snip', prunable: 84 });
      const { tensors } = await readSafetensors(at('s.safetensors'));
      expect([...tensors].map(([name, { shape }]) => [name, shape])).toEqual([
        ['conv.weight', [4, 2, 3, 3]],
        ['fc.weight', [3, 4]],
      ]);
    });

    it('scores a model of several inputs, by batches with their names or by noise', async () => {
      const two = `import torch
import torch.nn as nn

class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(9, 4)
        self.side = nn.Linear(2, 4)
        self.fc = nn.Linear(4, 3)

    def forward(self, tokens, side):
        return self.fc((self.table(tokens).mean(1) * self.side(side)).relu())
`;
      writeFileSync(at('two.py'), two);
      const tokens = Int32Array.from({ length: 30 }, (_, i) => (i * 5) % 9);
      const side = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i + 1));
      await writeSafetensors(
        at('two.safetensors'),
        new Map([
          ['0/x/tokens', intTensor([6, 5], tokens)],
          ['0/x/side', floatTensor([6, 2], side)],
          ['0/y', intTensor([6], Int32Array.of(0, 1, 2, 0, 1, 2))],
        ]),
      );
      const reference = `import json, sys
sys.path.insert(0, ${JSON.stringify(folder)})
from two import *
torch.manual_seed(3)
net = Two()
x = torch.tensor(${JSON.stringify([...tokens])}).reshape(6, 5), torch.tensor(${JSON.stringify([...side])}).reshape(6, 2)
nn.functional.cross_entropy(net(*x), torch.tensor([0, 1, 2, 0, 1, 2])).backward()
print(json.dumps({name: (one * one.grad).abs().flatten().tolist() for name, one in net.named_parameters()}))
`;
      const expected = JSON.parse(execFileSync(TEST_PYTHON, ['-B', '-c', reference], { encoding: 'utf8' }));
      const args = ['score', `${at('two.py')}#Two`, ...python, '--method', 'snip', '--seed', '3'];
      const scored = await prunelens([...args, '--batches', at('two.safetensors'), '--out', at('t.safetensors')]);
      expect([scored.code, scored.stderr]).toEqual([0, expect.anything()]);
      const { tensors } = await readSafetensors(at('t.safetensors'));
      expect([...tensors.keys()]).toEqual(['side.weight', 'fc.weight']);
      for (const [name, { data }] of tensors) {
        for (const [i, value] of [...data].entries()) expect(value).toBeCloseTo(expected[name][i], 5);
      }
      const inputs = ['--input', 'side=2', '--input', 'tokens=5:int64<4'];
      const noise = await prunelens([...args, ...inputs, '--data', 'noise', '--json']);
      expect([noise.code, JSON.parse(noise.stdout).prunable]).toEqual([0, 20]);
      const unnamed = await prunelens([...args, '--input', '5:int64', '--data', 'noise']);
      expect([unnamed.code, unnamed.stderr]).toEqual([2, expect.stringContaining('--input side=…')]);
    });

    it('takes weights that torch.save has written, unwrapped, and refuses objects', async () => {
      const script = `import os, torch
fc = torch.arange(12.0).reshape(3, 4)
state = {'module.fc.weight': fc, 'module.bn.num_batches_tracked': torch.tensor(7)}
torch.save({'epoch': 3, 'state_dict': state}, ${JSON.stringify(at('w.pth'))})
class Mine:
    def __reduce__(self):
        return os.system, (${JSON.stringify(`echo >"${at('ran')}"`)},)
torch.save({'model': Mine()}, ${JSON.stringify(at('mine.pt'))})
`;
      execFileSync(TEST_PYTHON, ['-c', script]);
      const args = ['score', `${at('net.py')}#Net`, ...python, '--method', 'magnitude', '--input', '2,8,8'];
      const { code } = await prunelens([...args, '--weights', at('w.pth'), '--out', at('m.safetensors')]);
      expect(code).toBe(0);
      const { tensors } = await readSafetensors(at('m.safetensors'));
      expect([...tensors.get('fc.weight')!.data]).toEqual(Array.from({ length: 12 }, (_, i) => i));
      const refused = await prunelens([...args, '--weights', at('mine.pt')]);
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('objects other than tensors')]);
      expect(existsSync(at('ran'))).toBe(false);
    });

    it('lists models with their lines, and what needs arguments', async () => {
      const { stdout } = await prunelens([
        'models',
        at('net.py'),
        '--python',
        TEST_PYTHON,
        '--input',
        '2,8,8',
        '--json',
      ]);
      const { models } = JSON.parse(stdout);
      expect(models).toHaveLength(2);
      expect(models[0]).toMatchObject({ export: 'Net', kind: 'builder', name: 'Net', classes: 3, line: 3 });
      expect(models[0].layers.find(({ name }: { name: string }) => name === 'conv')).toMatchObject({
        class: 'Conv2d',
        outputShape: [6, 6, 4],
        line: 6,
      });
      expect(models[1]).toMatchObject({
        export: 'Deep',
        kind: 'needs-arguments',
        error: expect.stringContaining('needs arguments'),
      });
    });

    it('takes construct, inputs and Python from prunelens.json, a flag before them', async () => {
      writeFileSync(
        at('prunelens.json'),
        JSON.stringify({
          python: TEST_PYTHON,
          models: [
            { file: 'net.py', construct: 'Deep(depth=2)', inputs: [{ shape: [2, 9, 9] }] },
            { file: 'net.py', inputs: [{ shape: [2, 7, 7] }] },
          ],
        }),
      );
      const inputs = async (args: readonly string[]) => {
        const { stdout, stderr } = await prunelens(['models', at('net.py'), '--json', ...args]);
        return JSON.parse(stdout || stderr).models.map(({ inputShape }: { inputShape: number[] }) => inputShape);
      };
      expect(await inputs([])).toEqual([
        [7, 7, 2],
        [9, 9, 2],
      ]);
      expect(await inputs(['--input', '2,8,8'])).toEqual([
        [8, 8, 2],
        [8, 8, 2],
      ]);
    });

    it('draws the initial weights of each seed by the model itself', async () => {
      const weightsOf = async (seed: number) => {
        const args = ['score', `${at('net.py')}#Net`, ...python, '--method', 'magnitude', '--input', '2,8,8'];
        await prunelens([...args, '--seed', String(seed), '--out', at('m.safetensors')]);
        return [...(await readSafetensors(at('m.safetensors'))).tensors.get('fc.weight')!.data];
      };
      const [zero, one] = [await weightsOf(0), await weightsOf(1)];
      expect(zero).not.toEqual(one);
      expect(await weightsOf(1)).toEqual(one);
    });
  },
);
