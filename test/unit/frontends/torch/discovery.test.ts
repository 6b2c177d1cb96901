/** Which models a Python text defines, found without running it. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findDefinitions as findModules } from '../../../../server/frontends/python/discovery/findModels';
import { temporaryFolder } from '../../../support/models';

const found = (text: string, file = '/m/net.py') =>
  findModules(text, file).map(({ exportName, kind }) => `${exportName} ${kind}`);

const NET = `class Net(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.fc = nn.Linear(3, classes)

    def forward(self, x):
        return self.fc(x)
`;

describe('classes', () => {
  it('are found with their range, however torch is imported', () => {
    expect(findModules(`import torch.nn as nn\n\n${NET}\n\nx = 1\n`, '/m/net.py')).toEqual([
      {
        exportName: 'Net',
        kind: 'builder',
        range: { start: { line: 3, column: 1 }, end: { line: 9, column: 26 } },
      },
    ]);
    for (const [imports, base] of [
      ['import torch', 'torch.nn.Module'],
      ['from torch import nn', 'nn.Module'],
      ['from torch.nn import Module', 'Module'],
      ['from torch.nn import Module as M', 'M'],
      ['from torch.nn import *', 'Module'],
      ['import torch.nn', 'torch.nn.Module'],
      ['import lightning as L', 'L.LightningModule'],
      ['import pytorch_lightning as pl', 'pl.LightningModule'],
      ['from torch import nn\nBase = nn.Module', 'Base'],
      ['import timm.models.vision_transformer as vit', 'vit.VisionTransformer'],
      ['try:\n    from torch import nn\nexcept ImportError:\n    nn = None', 'nn.Module'],
    ]) {
      expect([base, found(`${imports}\n${NET.replace('nn.Module', base)}`)]).toEqual([base, ['Net builder']]);
    }
  });

  it('of other frameworks, losses, and what has no layers or no forward, are none', () => {
    for (const text of [
      `import flax.linen as nn\n${NET}`,
      `from mine import nn\n${NET}`,
      `import torch.nn as nn\n${NET.replace('Net', 'FocalLoss')}`,
      `import torch.nn as nn\n${NET.replace('forward', 'infer')}`,
      'import torch.nn as nn\nclass Swish(nn.Module):\n    def forward(self, x):\n        return x * x.sigmoid()\n',
      'import torch.nn as nn\nclass Flat(nn.Module):\n    def __init__(self, dim=1):\n        super().__init__()\n        self.dim = dim\n    def forward(self, x):\n        return x\n',
      'class Net:\n    pass\n',
    ]) {
      expect(found(text)).toEqual([]);
    }
  });

  it('are told apart by whether they need arguments', () => {
    const withParameters = (list: string) => `import torch.nn as nn\n${NET.replace('self, classes=10', list)}`;
    expect(found(withParameters('self'))).toEqual(['Net builder']);
    expect(found(withParameters('self, a: int = 3, *rest, b=4, **more'))).toEqual(['Net builder']);
    expect(found(withParameters('self, config'))).toEqual(['Net needs-arguments']);
    expect(found(withParameters('self, *, layers'))).toEqual(['Net needs-arguments']);
    expect(found(withParameters('self, in_channels, num_classes'))).toEqual(['Net needs-arguments']);
  });

  it('that others are made of have no lens of their own', () => {
    const block = NET.replace('Net', 'Block').replace('classes=10', 'in_planes, planes');
    const part = NET.replace('Net', 'Attention').replace('classes=10', 'config');
    const net = NET.replace('nn.Linear(3, classes)', 'Attention(3)');
    expect(found(`import torch.nn as nn\n${block}\n${part}\n${net}`)).toEqual(['Net builder']);
  });

  it('derive through classes of the file and of the workspace', () => {
    const folder = temporaryFolder({
      'pkg/__init__.py': 'from .base import Base as Exported\n',
      'pkg/base.py': `from torch import nn\n${NET.replace('Net', 'Base').replace('classes=10', 'config')}`,
      'src/helpers/layers.py': `from torch.nn import *\n${NET.replace('nn.Module', 'Module').replace('Net', 'Stage')}`,
    });
    const text = `import pkg
import pkg.base as base
from pkg import Exported
from helpers.layers import *
class A(Exported):
    def __init__(self):
        super().__init__({})
class B(A): pass
class C(base.Base): pass
class D(pkg.base.Base):
    def __init__(self):
        super().__init__({})
class E(Stage): pass
class F(Absent): pass
`;
    expect(found(text, join(folder, 'net.py'))).toEqual([
      'A builder',
      'B builder',
      'C needs-arguments',
      'D builder',
      'E builder',
    ]);
    expect(found('from .base import Base\nclass A(Base): pass\n', join(folder, 'pkg/net.py'))).toEqual([
      'A needs-arguments',
    ]);
  });
});

it('finds functions that return models, and variables', () => {
  const text = `import torch.nn as nn, timm
import torchvision.models as models
${NET}
def small(depth=2): return nn.Sequential(nn.Linear(1, depth))
def chosen(kind='a'):
    if kind == 'a':
        net = Net(10)
    else:
        net = None
    return net.to('cpu')
def annotated() -> nn.Module:
    return make()
def wrapped(): return small()
def layer(): return nn.ReLU()
def both(): return Net(), 3
def main(): return Net()
def number(): return 3
def conv3x3(in_planes, out_planes): return nn.Sequential(nn.Conv2d(in_planes, out_planes, 3))
made = lambda n=3: Net(n)
net = Net() if True else None
resnet = models.resnet18()
vit = timm.create_model('vit_tiny_patch16_224').cuda()
loss = nn.CrossEntropyLoss()
if __name__ == '__main__':
    hidden = Net()
`;
  expect(found(text)).toEqual([
    'Net builder',
    'small builder',
    'chosen builder',
    'annotated builder',
    'wrapped builder',
    'made builder',
    'net model',
    'resnet model',
    'vit model',
  ]);
});

it('finds what stands before and after unfinished text', () => {
  const other = NET.replace('Net', 'Other');
  for (const unfinished of ['class Half(nn.Mod', 'def f(', 'x = [1, 2', '    self.a = nn.', '"""', 'class (']) {
    expect([unfinished, found(`import torch.nn as nn\n${NET}\n${unfinished}\n`)]).toEqual([
      unfinished,
      ['Net builder'],
    ]);
  }
  expect(found(`import torch.nn as nn\n${NET}\nclass Half(nn.Module\n\n${other}`)).toContain('Net builder');
});

it('bounds what it reads', () => {
  expect(found(`import torch.nn as nn\n${NET}\n${'# comment\n'.repeat(120_000)}`)).toEqual([]);
  const files = Object.fromEntries(
    Array.from({ length: 100 }, (_, i) => [`m${i}.py`, `from m${i + 1} import *\n`] as const),
  );
  const folder = temporaryFolder(files);
  expect(found('from m0 import *\nclass A(B): pass\n', join(folder, 'net.py'))).toEqual([]);
  const circle = temporaryFolder({ 'a.py': 'from b import *\n', 'b.py': 'from a import *\n' });
  expect(found('from a import *\nclass A(B): pass\n', join(circle, 'net.py'))).toEqual([]);
  // Each of a package imports all of each: there are 16^16 ways through it.
  const names = Array.from({ length: 16 }, (_, i) => `m${i}`);
  const star = names.map((name) => `from ${name} import *\n`).join('');
  const tangle = temporaryFolder(Object.fromEntries(names.map((name) => [`${name}.py`, star])));
  expect(found(`${star}class A(B): pass\ndef make(): return build()\n`, join(tangle, 'net.py'))).toEqual([]);
});
