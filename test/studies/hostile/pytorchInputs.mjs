/** Hostile models in Python, and files of torch.save, each with the command that reads it. */
import { spawnSync } from 'node:child_process';
import { zipSync } from 'fflate';
import { zeros } from './bytes.mjs';
import { at, score, write } from './workspace.mjs';

const net = (before, made) =>
  `import torch\nfrom torch import nn\n\n${before}\n\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        ${made}\n        self.layer = nn.Linear(4, 2)\n\n    def forward(self, x):\n        return self.layer(x)\n`;

/** The inputs, for a Python with PyTorch. */
export function pytorchInputs(python) {
  const flags = ['--input', '4', '--python', python];
  const load = (name, made, before = '') => score(write(name, net(before, made)), ...flags);
  const saved = (name, expression) => {
    spawnSync(python, ['-c', `import torch; torch.save({"layer.weight": ${expression}}, "${at(name)}")`], {
      stdio: 'inherit',
    });
    return score(write('net.py', net('', 'pass')), ...flags, '--weights', at(name));
  };
  return [
    ['Python file that never ends', () => load('loop.py', 'for _ in iter(int, 1): pass')],
    [
      'Python file that allocates without end',
      () => load('memory.py', 'self.all = [torch.ones(10**6) for _ in iter(int, 1)]'),
    ],
    ['Python file that forks without end', () => load('forks.py', 'for _ in iter(int, 1): os.fork()', 'import os')],
    ['Python file that installs a package', () => load('install.py', 'os.system("pip install x")', 'import os')],
    ['.pt of 10^12 values that are one', () => saved('repeated.pt', 'torch.zeros(1).expand(10**6, 10**6)')],
    [
      '.pt of a sparse tensor of 10^12 values',
      () => saved('sparse.pt', 'torch.sparse_coo_tensor([[0], [0]], [1.0], (10**6, 10**6))'),
    ],
    [
      '.pt with 4.5 GB of zeros in 4.5 MB',
      () => {
        const parts = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`archive/data/${i}`, zeros(512)]));
        write('bomb.pt', zipSync(parts, { level: 9 }));
        return score(write('net.py', net('', 'pass')), ...flags, '--weights', at('bomb.pt'));
      },
    ],
  ];
}
