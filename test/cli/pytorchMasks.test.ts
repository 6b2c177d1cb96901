/** Masks back in PyTorch: a training script with two more lines keeps its weights pruned, whatever trains them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { prunelens, temporaryFolder } from '../support/command';
import { TEST_PYTHON, whyNoPython } from '../support/python';

const missing = whyNoPython();
const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const SCRIPT = resolve(__dirname, '../fixtures/torch/under_masks.py');

const NET = `import torch.nn as nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3)
        self.bn = nn.BatchNorm2d(4)
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(self.bn(self.conv(x)).relu().mean((2, 3)))
`;
/** Of 84 weights. */
const KEPT = 17;

/** Cases of the script, after each of which no removed weight is anything but zero. */
const HOLD = ['sgd', 'adamw', 'momentum before', 'compile', 'ddp', 'load', 'copies', 'inner'];

/** TorchInductor needs a compiler of C++; the tensors' hooks are the same without it. */
const COMPILE_BACKEND = spawnSync('g++', ['--version']).status === 0 ? 'inductor' : 'aot_eager';

function python(script: string, args: readonly string[]): string {
  const options = { encoding: 'utf8', env: { ...process.env, COMPILE_BACKEND }, stdio: 'pipe' } as const;
  return execFileSync(TEST_PYTHON, [script, ...args], options);
}

const prune = (out: string) =>
  prunelens([
    ...['prune', `${at('net.py')}#Net`, '--python', TEST_PYTHON, '--backend', 'cpu', '--input', '2,8,8'],
    ...['--method', 'magnitude', '--sparsity', '0.8', '--out', at(out)],
  ]);

describe.skipIf(missing !== undefined)(`masks in PyTorch${missing ? ` (left out because ${missing})` : ''}`, () => {
  beforeAll(async () => {
    writeFileSync(at('net.py'), NET);
    const { code, stderr } = await prune('net.masks.py');
    expect([code, stderr]).toEqual([0, expect.stringMatching(/net\.masks\.py and \S*net\.masks\.safetensors/)]);
  });

  const report = (cases: readonly string[]) =>
    python(SCRIPT, [folder, ...cases])
      .trim()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));

  it('hold through every optimizer, compiled, in two processes, and after loading', () => {
    const reports = report([...HOLD, 'revived', 'other', 'fsdp']);
    expect(reports).toHaveLength(HOLD.length + 3);
    const sparsity = expect.closeTo(1 - KEPT / 84, 12);
    for (const [i, name] of HOLD.entries()) {
      const whole = { sparsity, weights: 84, revived: 0, layers: ['conv.weight', 'fc.weight'] };
      expect(reports[i], name).toEqual(whole);
    }
    const [revived, other, shards] = reports.slice(HOLD.length);
    expect(revived.revived).toBeGreaterThan(30);
    expect(other.error).toContain('The model has no weight conv.weight, fc.weight');
    expect(shards.error).toContain('FSDP splits weights into shards');
  });

  it('have a callback where there is Lightning', () => {
    const lightning = ['lightning', '__init__.py'];
    const package_ = at('packages');
    execFileSync('mkdir', ['-p', join(package_, 'lightning', 'pytorch')]);
    writeFileSync(join(package_, ...lightning), '');
    writeFileSync(join(package_, 'lightning', 'pytorch', '__init__.py'), 'class Callback: pass\n');
    const script = `import runpy, sys
sys.path[:0] = ${JSON.stringify([folder, package_])}
from net import Net
module, model = runpy.run_path(${JSON.stringify(at('net.masks.py'))}), Net()
callback = module["callback"]()
callback.on_fit_start(None, model)
print(module["check"](model)["revived"], type(callback).__mro__[1].__module__)
`;
    writeFileSync(at('callback.py'), script);
    expect(python(at('callback.py'), []).trim()).toBe('0 lightning.pytorch');
  });

  it('do not replace a file that nobody has named', async () => {
    copyFileSync(at('net.masks.safetensors'), at('mine.safetensors'));
    expect((await prune('mine.py')).code).toBe(0);
    writeFileSync(at('other.safetensors'), 'weights');
    const { code, stderr } = await prune('other.py');
    expect([code, stderr]).toEqual([2, expect.stringContaining('where something else is')]);
    expect(existsSync(at('other.py'))).toBe(false);
  });
});
