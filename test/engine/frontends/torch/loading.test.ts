/** PyTorch models loaded in the real Python: what is run, what is refused, and what is said where it goes wrong. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createKeeper, type LoadOptions } from '../../../../server/frontends';
import { loadExported } from '../../../../server/frontends/torch/loadExported';
import type { ModelSetup } from '../../../../server/protocol/modelSetup';
import { failureOf, temporaryFolder } from '../../../support/models';
import { TEST_PYTHON, whyNoPython } from '../../../support/python';

const missing = whyNoPython();

const HEAD = 'import torch\nimport torch.nn as nn\n';

const NET = `class Net(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.layers = nn.Sequential(*[block(width) for _ in range(2)])

    def forward(self, x):
        return self.layers(x)

def block(width):
    return nn.Linear(width, width)
`;

const FOUR: ModelSetup = { inputs: [{ shape: [4] }] };

interface Try extends Partial<LoadOptions> {
  readonly files: Readonly<Record<string, string>>;
  readonly construct?: string;
  readonly file?: string;
  /** Whether it is loaded in a process of its own, as the command does it; else in a fork of one that has PyTorch ready, in a tenth of the time. */
  readonly isAlone?: boolean;
}

const keeper = createKeeper();
afterAll(() => keeper.end());

/** Loads a model of new files; `output` receives what is printed. */
async function tryToLoad({ files, construct, file = 'net.py', isAlone, ...options }: Try, output: string[] = []) {
  const folder = temporaryFolder({ '.git/HEAD': '', ...files });
  const specifier = { file: join(folder, file), ...(construct !== undefined && { exportName: construct }) };
  const loaded = await loadExported(specifier, {
    trusted: true,
    interpreter: { flag: TEST_PYTHON },
    onOutput: (line) => output.push(line),
    setup: FOUR,
    ...(!isAlone && { keeper }),
    ...options,
  });
  const where = (path: string) => path.slice(folder.length + 1);
  return { ...loaded, where };
}

/** `message`, `file:line` and hint of the failure. */
async function failing(attempt: Try) {
  const { message, kind, location, hint } = await failureOf(tryToLoad(attempt));
  return { message, kind, place: location && `${location.file.split('/').at(-1)}:${location.line}`, hint };
}

const title = missing === undefined ? 'loading' : `loading (left out because ${missing})`;

describe.skipIf(missing !== undefined)(title, () => {
  it('describes the model with the lines its modules were made on, by the seed', async () => {
    const { model, where } = await tryToLoad({ files: { 'net.py': HEAD + NET }, seed: 3, isAlone: true });
    const lines = Object.fromEntries(
      model.modules.map(({ path, source }) => [path, source.map(({ file, line }) => `${where(file)}:${line}`)]),
    );
    expect(lines).toEqual({
      '': ['net.py:4'],
      layers: ['net.py:6'],
      'layers.0': ['net.py:12', 'net.py:6'],
      'layers.1': ['net.py:12', 'net.py:6'],
    });
    expect(model.inputs).toEqual([{ name: 'x', shape: [4], dtype: 'float32' }]);
    // torch.manual_seed(3); nn.Linear(4, 4).weight[0, :2]
    const [first, second] = model.tensors.find(({ name }) => name === 'layers.0.weight')!.values;
    expect([first, second]).toEqual([expect.closeTo(-0.4957, 3), expect.closeTo(-0.3944, 3)]);
  });

  it('needs no package that is only used outside of what makes the model', async () => {
    const log = '    def log(self):\n        absent.write(self, names.first)\n\n';
    const imports = 'import os, absent as absent\nfrom absent.more import names, others as rest\n';
    const { model } = await tryToLoad({
      files: { 'net.py': HEAD + imports + NET.replace('    def forward', `${log}    def forward`) },
    });
    expect(model.name).toBe('Net');
  });

  it('runs just what the model needs, of its file and of those it imports', async () => {
    const files = {
      'pkg/__init__.py': 'from .absent import nothing\n',
      'pkg/blocks.py':
        `${HEAD}raise SystemExit\n`.replace('raise', 'if False: raise') + `import absent_too\nprint('blocks')\n${NET}`,
      'config.py': 'width = 4\nother = undefined_name\n',
      'net.py': `import sys, argparse\nfrom pkg.blocks import Net\nfrom config import *\nimport absent\nprint('main')
parser = argparse.ArgumentParser()
parser.add_argument('--width', type=int, default=width)
args = parser.parse_args()
sizes = {}
sizes.update(width=args.width)
data = absent.download()
for _ in range(10 ** 12): pass
def make():
    return Net(sizes['width'])
net = make()
net = train(net) if False else net
if __name__ == '__main__':
    raise SystemError
`,
    };
    const output: string[] = [];
    const { model, leftOut, where, read } = await tryToLoad({ files, construct: 'make' }, output);
    expect(model.name).toBe('Net');
    expect(output).toEqual([]);
    expect(leftOut.filter(({ file }) => where(file) === 'net.py').map(({ first }) => first)).toEqual([
      4, 5, 11, 12, 15, 16, 17,
    ]);
    expect(read.map(where)).toEqual(['config.py', 'net.py', 'pkg/__init__.py', 'pkg/blocks.py']);
  });

  it('runs what is set in other modules of the workspace, and in the arguments of scripts', async () => {
    const files = {
      'train.py': `${HEAD}import argparse
parser = argparse.ArgumentParser()
parser.add_argument('width', type=int)
width = parser.parse_args().width
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(width, args.units)
    def forward(self, x):
        return self.fc(x)
if __name__ == '__main__':
    args = None
`,
      'net.py': 'from train import Net\n',
      'net_model.py': `import types, absent; import sys; sys.argv = ['train.py', '4']
import train, net
train.args = types.SimpleNamespace(units=3)
absent.setting = 5
model = net.Net()
`,
    };
    const { model } = await tryToLoad({ files, file: 'net_model.py', construct: 'model' });
    expect(model.tensors.map(({ shape }) => shape)).toEqual([[3, 4], [3]]);
  });

  it('passes inputs by name that have nothing else, keeps what lies in slots, and completes lazy layers', async () => {
    const files = {
      'net.py': `${HEAD}class Net(nn.Module):
    __slots__ = ('factor',)

    def __init__(self):
        super().__init__()
        self.factor = 3
        self.layer = nn.LazyLinear(2)

    def forward(self, *, x):
        return self.layer(x) * self.factor
`,
    };
    const output: string[] = [];
    const { model } = await tryToLoad({ files, construct: 'Net' }, output);
    expect(model.inputs.map(({ name }) => name)).toEqual(['x']);
    expect(model.tensors.map(({ name, shape }) => `${name} ${shape}`)).toEqual(['layer.weight 2,4', 'layer.bias 2']);
    expect(output).toEqual([expect.stringMatching(/^Lazy layers have the sizes of an example/)]);
  });

  it('tells of hooks on gradients, in forward and on modules', async () => {
    const files = {
      'net.py': `${HEAD}class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 2)
        self.layer.register_full_backward_hook(lambda module, into, out: None)

    def forward(self, x):
        y = self.layer(x)
        if y.requires_grad:
            y.register_hook(lambda gradient: 2 * gradient)
        return y
`,
    };
    const output: string[] = [];
    await tryToLoad({ files, construct: 'Net' }, output);
    const places = output.map((line) => /net\.py:(\d+): Hooks on gradients are not run/.exec(line)?.[1]);
    expect(places).toEqual(['6', '12']);
  });

  it('names the inputs that forward goes without', async () => {
    const code = `class Asks(Net):
    def forward(self, x, targets=None, scale=1.0, *, mask=None):
        return super().forward(x)
`;
    const files = { 'net.py': HEAD + NET + code };
    expect((await tryToLoad({ files, construct: 'Asks' })).leftToDefault).toEqual(['targets', 'mask']);
    const setup = {
      inputs: [
        { name: 'x', shape: [4] },
        { name: 'targets', shape: [4] },
      ],
    };
    expect((await tryToLoad({ files, construct: 'Asks', setup })).leftToDefault).toEqual(['mask']);
  });

  it('tells the files of the workspace that it read, whatever opened them', async () => {
    const files = {
      'net.py': `import json, os, pathlib
from parts import Net
def make():
    width = json.load(open('config/net.json'))['width']
    pathlib.Path('config/net.yaml').read_text()
    os.close(os.open('config/raw', os.O_RDONLY))
    open('/etc/hostname').close()
    return Net(width)
`,
      'parts.py': HEAD + NET,
      'config/net.json': '{"width": 4}',
      'config/net.yaml': '',
      'config/raw': '',
    };
    const { read, where } = await tryToLoad({ files, construct: 'make' });
    expect(read.map(where)).toEqual(['config/net.json', 'config/net.yaml', 'config/raw', 'net.py', 'parts.py']);
  });

  it('imports as when the file is run, or is a part of its package', async () => {
    const files = {
      'src/helpers/parts.py': HEAD + NET,
      'models/__init__.py': '',
      'models/base.py': 'from helpers.parts import Net\n',
      'models/deep/net.py': 'from ..base import Net\nfrom . import other\n\nclass Mine(Net):\n    pass\n',
      'models/deep/other.py': '',
    };
    const { model } = await tryToLoad({ files, file: 'models/deep/net.py', construct: 'Mine' });
    expect(model.name).toBe('Mine');
  });

  it('takes unsaved texts, of the file and of what it imports', async () => {
    const folder = temporaryFolder({ 'net.py': 'from parts import Net\n', 'parts.py': '' });
    const unsaved = [{ file: join(folder, 'parts.py'), text: HEAD + NET }];
    const specifier = { file: join(folder, 'net.py'), exportName: 'Net(4)' };
    const { model } = await loadExported(specifier, {
      trusted: true,
      interpreter: { flag: TEST_PYTHON },
      setup: FOUR,
      unsaved,
      keeper,
    });
    expect(model.modules).toHaveLength(4);
  });

  it('runs whole files where something is missing, and says so', async () => {
    const files = { 'net.py': `${HEAD}exec("size = 4")\n${NET}\ndef make():\n    return Net(size)\n` };
    const output: string[] = [];
    const { model } = await tryToLoad({ files, construct: 'make' }, output);
    expect(model.name).toBe('Net');
    expect(output).toEqual([expect.stringMatching(/net\.py:16: NameError: name 'size' is not defined.*whole/)]);
  });

  it('answers CUDA with the CPU', async () => {
    const files = {
      'net.py': `${HEAD}${NET}
class Cuda(Net):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(4, device='cuda').to(torch.device('cuda:0')))
        self.cuda()

    def forward(self, x):
        return super().forward(x.cuda()) * self.scale + torch.zeros(4, device='cuda')
`,
    };
    const output: string[] = [];
    const { model } = await tryToLoad({ files, construct: 'Cuda' }, output);
    expect(model.tensors.map(({ name }) => name)).toContain('scale');
    expect(output).toEqual([expect.stringContaining('made on the CPU')]);
    // Also where its name is not written down in the code.
    const told = `${HEAD}import json\n${NET}
class Told(Net):
    def __init__(self):
        super().__init__()
        self.place = json.load(open('net.json'))['place']

    def forward(self, x):
        return super().forward(x.to(self.place)) + torch.zeros(4, device=self.place)
`;
    const { notes } = await tryToLoad({
      files: { 'net.py': told, 'net.json': '{"place": "cuda"}' },
      construct: 'Told',
    });
    expect(notes).toEqual([expect.stringContaining('made on the CPU')]);
  });

  it('takes the batch that is used where one is written down, and says so', async () => {
    const code = `class Fixed(Net):
    def forward(self, x):
        return super().forward(x) + torch.zeros(6, 1)
`;
    const output: string[] = [];
    const files = { 'net.py': HEAD + NET + code };
    const { model } = await tryToLoad({ files, construct: 'Fixed', batchSize: 6 }, output);
    expect(model.batch).toEqual({ size: 6, dynamic: false });
    expect(output).toEqual([expect.stringMatching(/written down in the code of Fixed.* 6 examples a batch/)]);
    expect((await tryToLoad({ files, construct: 'Net', batchSize: 6 })).model.batch.dynamic).toBe(true);
    expect((await failing({ files, construct: 'Fixed', batchSize: 5 })).place).toBe('net.py:15');
  });

  it('finds inputs in the flags, the model, or the data', async () => {
    const files = {
      'net.py': `${HEAD}${NET}
class Mine(Net):
    def __init__(self):
        super().__init__()
        self.example_input_array = torch.zeros(1, 7, 4)
class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(9, 4)
    def forward(self, tokens, mask):
        return self.table(tokens) * mask
`,
    };
    const inputsOf = async (construct: string, options: Partial<LoadOptions>) =>
      (await tryToLoad({ files, construct, ...options })).model.inputs.map(
        ({ name, shape, dtype }) => `${name} ${shape} ${dtype}`,
      );
    expect(await inputsOf('Mine', { setup: {} })).toEqual(['x 7,4 float32']);
    expect(await inputsOf('Net', { setup: {}, example: async () => ({ shape: [2, 4] }) })).toEqual(['x 2,4 float32']);
    const inputs = [
      { name: 'mask', shape: [5, 1], dtype: 'float32' },
      { name: 'tokens', shape: [5], dtype: 'int64', below: 9 },
    ];
    expect(await inputsOf('Two', { setup: { inputs } })).toEqual(['mask 5,1 float32', 'tokens 5 int64']);
    expect(await failing({ files, construct: 'Net', setup: {} })).toMatchObject({
      message: "The shape of the model's input is not known.",
      kind: 'usage',
      place: 'net.py:8',
      hint: expect.stringContaining('--input 3,32,32'),
    });
    expect(await failing({ files, construct: 'Two' })).toMatchObject({
      message: 'forward needs 2 inputs: tokens, mask.',
      place: 'net.py:22',
    });
  });
});

const bad = missing === undefined ? 'what goes wrong' : `what goes wrong (left out because ${missing})`;

describe.skipIf(missing !== undefined)(bad, () => {
  const inConstructor = (code: string): Try => ({
    files: {
      'net.py': `${HEAD}class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        ${code}\n`,
    },
    construct: 'Net',
  });

  it.each<[string, Try, object]>([
    [
      'a syntax error',
      { files: { 'net.py': `${HEAD}def f(:\n` }, construct: 'f' },
      { message: /SyntaxError: /, place: 'net.py:3' },
    ],
    [
      'an exception',
      inConstructor('self.x = 1 / 0'),
      { message: /^ZeroDivisionError: division by zero$/, place: 'net.py:6' },
    ],
    [
      'a module that is not installed',
      { files: { 'net.py': 'import absent.x as a\nNet = a.Net\n' }, construct: 'Net' },
      { message: /^The module absent is not installed\.$/, place: 'net.py:1', hint: /-m pip install absent/ },
    ],
    [
      'a module that is not installed, where it is needed',
      {
        files: { 'net.py': `import os\nimport absent, os.path as p\n${HEAD}class Net(absent.Base):\n    pass\n` },
        construct: 'Net',
      },
      { message: /^The module absent is not installed\.$/, place: 'net.py:2' },
    ],
    [
      'a name that only the main part sets',
      {
        files: {
          'net.py': `${HEAD}class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.fc = nn.Linear(width, 1)\n\nif __name__ == '__main__':\n    width = 3\n`,
        },
        construct: 'Net',
      },
      {
        message: /^NameError: name 'width' is not defined$/,
        place: 'net.py:6',
        hint: /width is set on line 9, which only/,
      },
    ],
    [
      'an input that forward has not',
      { files: { 'net.py': HEAD + NET }, construct: 'Net', setup: { inputs: [{ name: 'images', shape: [4] }] } },
      { message: /^forward has no input images; its inputs are \w+\.$/, kind: 'usage' },
    ],
    [
      'TorchScript that steps by what it draws',
      {
        files: {
          'net.py': `${HEAD}class Net(torch.jit.ScriptModule):\n    @torch.jit.script_method\n    def forward(self, x):\n        if torch.equal(torch.bernoulli(torch.tensor(0.5)), torch.tensor(1.0)):\n            x = x * 2\n        return x\n\nclass Whole(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.fc = nn.Linear(4, 3)\n        self.part = Net()\n\n    def forward(self, x):\n        return self.part(self.fc(x))\n`,
        },
        construct: 'Whole',
      },
      { message: /^A part of the model is TorchScript/, place: 'net.py:6', hint: /torch\.jit/ },
    ],
    [
      'sys.exit',
      inConstructor('import sys; sys.exit(3)'),
      { message: /ended its process \(sys\.exit\(3\)\)/, place: 'net.py:6' },
    ],
    [
      'arguments of its script',
      inConstructor(
        "import argparse; p = argparse.ArgumentParser(); p.add_argument('--data', required=True); p.parse_args()",
      ),
      { message: /needs arguments of the command line/, place: 'net.py:6', hint: /file of your own/ },
    ],
    [
      'a kill, as the system does where memory runs out',
      { ...inConstructor('import os; os.kill(os.getpid(), 9)'), isAlone: true },
      {
        message: /was ended by SIGKILL before it gave a model/,
        place: 'net.py:1',
        hint: /memory runs out.*sizes of its layers/,
      },
    ],
    [
      'os._exit',
      { ...inConstructor('import os; os._exit(3)'), isAlone: true },
      { message: /ended with exit code 3 before it gave a model/, place: 'net.py:1' },
    ],
    [
      'arguments that are needed',
      { files: { 'net.py': HEAD + NET }, construct: 'block' },
      {
        message: /^block needs arguments: width\.$/,
        kind: 'usage',
        place: 'net.py:11',
        hint: /net\.py#block\(width=…\)/,
      },
    ],
    [
      'a name that is not there',
      { files: { 'net.py': HEAD + NET }, construct: 'Nett' },
      { message: /no "Nett" in the file/, kind: 'usage', hint: /It defines Net, block/ },
    ],
    [
      'no model',
      { files: { 'net.py': 'Net = dict\n' }, construct: 'Net' },
      { message: /^Net gives 'dict', and no nn\.Module\.$/, kind: 'usage' },
    ],
    [
      'no expression',
      { files: { 'net.py': HEAD + NET }, construct: 'Net(' },
      { message: /is not a Python expression/, kind: 'usage' },
    ],
    [
      'an endless loop',
      { ...inConstructor('\n        while True: pass'), timeoutSeconds: 2 },
      { message: /did not finish within 2 seconds/, place: 'net.py:7' },
    ],
    [
      'an endless loop at import',
      {
        files: { 'net.py': `${HEAD}while True:\n    pass\n${NET}` },
        construct: 'Net',
        setup: { ...FOUR, whole: true },
        timeoutSeconds: 2,
      },
      { message: /did not finish within 2 seconds/, place: /^net\.py:[34]$/ },
    ],
    [
      'steps that depend on values, all at once',
      {
        files: {
          'net.py': `${HEAD}class Net(nn.Module):\n    def forward(self, x):\n        if x.sum() > 0:\n            x = x * 2\n        return x * int(x.max().item())\n`,
        },
        construct: 'Net',
      },
      {
        message: /depends on the values of a tensor \(`if x\.sum\(\) > 0:`\).* at net\.py:7 \(`return x \* int/,
        place: 'net.py:5',
        hint: /torch\.where/,
      },
    ],
    [
      'a torch that is too old',
      {
        files: { 'net.py': `${HEAD}torch.__version__ = '2.5.1'\n${NET}` },
        construct: 'Net',
        setup: { ...FOUR, whole: true },
      },
      { message: /^PyTorch 2\.5\.1 is too old: .* 2\.6 or newer/, hint: /Upgrade it/ },
    ],
    [
      'too much memory',
      { ...inConstructor('self.x = torch.ones(10 ** 10)'), memoryLimitMiB: 1500 },
      { message: /used more than 1500 MiB|asks for more memory than there is/, place: 'net.py:6' },
    ],
    [
      'a process',
      inConstructor('import os; os.system("pip install -U timm")'),
      {
        message: /starts a process \(pip install -U timm\), which is refused/,
        place: 'net.py:6',
        hint: /"allow": \["processes"\]/,
      },
    ],
    [
      'a fork',
      inConstructor('import os; os.fork()'),
      { message: /starts a process \(a fork of itself\)/, place: 'net.py:6' },
    ],
    [
      'a signal to another process',
      inConstructor('import os; os.kill(os.getppid(), 0)'),
      { message: /starts a process \(a signal to \d+\)/, place: 'net.py:6' },
    ],
    [
      'the network',
      inConstructor('import urllib.request; urllib.request.urlopen("http://example.org/x.pth")'),
      { message: /goes to the network \(example\.org\)/, place: 'net.py:6', hint: /"network"/ },
    ],
    [
      'a write into the workspace',
      inConstructor('import os; os.makedirs("runs/1")'),
      { message: /writes into the workspace \(runs\)/, place: 'net.py:6', hint: /"writes"/ },
    ],
    [
      'a database in the workspace',
      inConstructor('import sqlite3; sqlite3.connect(":memory:").close(); sqlite3.connect("runs.db")'),
      { message: /writes into the workspace \(runs\.db\)/, place: 'net.py:6', hint: /"writes"/ },
    ],
    [
      'a shape that does not fit',
      { files: { 'net.py': HEAD + NET }, construct: 'Net(5)' },
      { message: /^RuntimeError: /, place: 'net.py:9' },
    ],
    [
      'a relative import of nothing',
      {
        files: { 'pkg/__init__.py': '', 'pkg/net.py': 'from .blocks import Net\n' },
        file: 'pkg/net.py',
        construct: 'Net',
      },
      { message: 'There is no module blocks in pkg.', place: 'net.py:1', hint: /whether a file or folder is missing/ },
    ],
    [
      'a question to whoever types',
      inConstructor('int(input("width? "))'),
      { message: /waits for somebody to type/, place: 'net.py:6' },
    ],
    ['a model without forward', inConstructor('self.x = 1'), { message: 'Net has no forward.', place: 'net.py:4' }],
    [
      'a sparse parameter',
      inConstructor('self.w = nn.Parameter(torch.ones(2, 2).to_sparse())'),
      { message: 'The parameter w of Net is a sparse tensor, which is not supported.', place: 'net.py:4' },
    ],
    [
      'TorchScript',
      inConstructor('self.l = torch.jit.script(nn.Linear(4, 4))'),
      { message: /^'l' \(RecursiveScriptModule\) is TorchScript/ },
    ],
    [
      'a quantized layer',
      inConstructor('self.l = torch.ao.nn.quantized.dynamic.Linear(4, 4)'),
      { message: /^'l' \(Linear\) is quantized/, place: 'net.py:6' },
    ],
    [
      'a garbled answer',
      {
        ...inConstructor(
          'import os\n        for i in range(3, 30):\n            try: os.write(i, b"x" * 9)\n            except OSError: pass',
        ),
        isAlone: true,
      },
      { message: /not a model/, place: 'net.py:1' },
    ],
  ])('tells of %s', async (_, attempt, expected) => {
    const told = await failing(attempt);
    for (const [key, value] of Object.entries(expected)) {
      expect(told[key as keyof typeof told]).toEqual(value instanceof RegExp ? expect.stringMatching(value) : value);
    }
  });

  it('goes on where what is refused is allowed, or caught', async () => {
    const code = `${HEAD}${NET}
class Mine(Net):
    def __init__(self):
        super().__init__()
        import os
        try:
            os.mkdir('cache')
        except OSError:
            pass
`;
    const output: string[] = [];
    await tryToLoad({ files: { 'net.py': code }, construct: 'Mine' }, output);
    expect(output).toEqual([expect.stringMatching(/net\.py:19: refused .* writes into the workspace \(cache\)/)]);
    const allowed: string[] = [];
    await tryToLoad({ files: { 'net.py': code }, construct: 'Mine', setup: { ...FOUR, allow: ['writes'] } }, allowed);
    expect(allowed).toEqual([]);
  });

  it('refuses what is done past Python, too', async () => {
    const attempts = [
      "torch.save(self.state_dict(), 'net.pt')",
      "torch.save({}, pathlib.Path('below') / 'net.pt')",
      "torch.jit.script(nn.Linear(2, 2)).save('script.pt')",
      "multiprocessing.get_context('spawn').Process(target=print).start()",
      "socket.gethostbyaddr('127.0.0.1')",
      "numpy.zeros(3).tofile('zeros.bin')",
    ];
    const tried = attempts.map((one) => `        try: ${one}\n        except OSError: pass\n`).join('');
    const code = `${HEAD}import io, multiprocessing, numpy, pathlib, socket\n${NET}
class Mine(Net):
    def __init__(self):
        super().__init__()
        # Elsewhere, and nowhere.
        torch.save({}, '/dev/null'); torch.save({}, io.BytesIO())
${tried}`;
    const output: string[] = [];
    await tryToLoad({ files: { 'net.py': code }, construct: 'Mine' }, output);
    const refused = output.map((line) => / (?:starts|goes|writes) .*\(.*\)/.exec(line)?.[0]);
    expect(refused).toEqual([
      ' writes into the workspace (net.pt)',
      ' writes into the workspace (below/net.pt)',
      ' writes into the workspace (script.pt)',
      expect.stringContaining(' starts a process ('),
      ' goes to the network (127.0.0.1)',
      ' writes into the workspace (zeros.bin)',
    ]);
  });

  it('passes on a part of what is printed without end', async () => {
    const output: string[] = [];
    const code = `print('x' * 1000)\nclass Loud(Net):\n    def __init__(self):\n        super().__init__()\n        for _ in range(50_000): print('y' * 2000)\n`;
    await tryToLoad({ files: { 'net.py': HEAD + NET + code }, construct: 'Loud' }, output);
    expect(output.join('').length).toBeLessThan(300_000);
    expect(output.at(-1)).toContain('the rest is left out');
  });

  it('says what a Python lacks', async () => {
    const files = { 'net.py': HEAD + NET };
    const absent = await failing({ files, interpreter: { flag: '/nowhere/python' }, isAlone: true });
    expect(absent.message).toContain('There is no Python at /nowhere/python');
    // -S: without the folders of packages.
    const bare = join(temporaryFolder({ python: `#!/bin/sh\nexec ${TEST_PYTHON} -S "$@"\n` }), 'python');
    chmodSync(bare, 0o755);
    expect(await failing({ files, interpreter: { flag: bare }, isAlone: true })).toMatchObject({
      message: expect.stringMatching(/^Python 3\S* at \S* has no torch: install it with "\S* -m pip install torch"/),
      place: 'net.py:1',
    });
  });

  it('ends when it is told to', async () => {
    const abort = new AbortController();
    const loading = tryToLoad({
      ...inConstructor('\n        while True: pass'),
      signal: abort.signal,
      isAlone: true,
    });
    setTimeout(() => abort.abort(new Error('enough')), 1500);
    await expect(loading).rejects.toThrow('enough');
  });
});
