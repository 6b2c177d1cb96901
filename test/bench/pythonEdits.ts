/** From an edit of a PyTorch model to the hints of what it has become, with the processor time of each process that takes part. */
import { serverCommands } from '../../server/protocol/editor';
import { makeWorkspace, startClient, type TestClient } from '../lsp/client';
import { TEST_PYTHON, whyNoPython } from '../support/python';
import { childrenOf, processorTime } from './processorTime';

/** ResNet-18 for images of 32 x 32 pixels: 11.2 million weights. */
const RESNET18 = `import torch.nn as nn
import torch.nn.functional as F


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(out)) + self.shortcut(x))


class ResNet18(nn.Module):
    def __init__(self, widths=(64, 128, 256, 512), classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        blocks, inputs = [], 64
        for stage, width in enumerate(widths):
            for index in range(2):
                blocks.append(Block(inputs, width, 2 if stage > 0 and index == 0 else 1))
                inputs = width
        self.blocks = nn.Sequential(*blocks)
        self.linear = nn.Linear(inputs, classes)

    def forward(self, x):
        out = self.blocks(F.relu(self.bn1(self.conv1(x))))
        return self.linear(F.adaptive_avg_pool2d(out, 1).flatten(1))
`;

const FILE = 'resnet18.py';
const SETTINGS = JSON.stringify({
  python: TEST_PYTHON,
  data: 'noise:32x32x3:10:1024',
  models: [{ file: FILE, inputs: [{ shape: [3, 32, 32] }] }],
});
/** Milliseconds between two edits: what follows the hints, such as paths, belongs to the edit before. */
const REST = 3000;
/** Milliseconds that hints are waited for, and between two looks. */
const PATIENCE = 120_000;
const LOOK = 10;
const WIDTHS = ['512', '504', '496', '488', '480'];

/** Milliseconds of processor time so far: of the language server, of its compute processes, and of Python with its forks. */
async function timesOf(client: TestClient): Promise<readonly number[]> {
  const workers = await client.workers();
  return [[client.process.pid!], workers, childrenOf(workers)].map(processorTime);
}

async function labelsOf(client: TestClient): Promise<string> {
  return (await client.hints(FILE)).map(({ label }) => String(label)).join();
}

/** Waits for hints that `accept` likes; asks for them as editors do, when the server says that there are others. */
async function untilHints(client: TestClient, accept: (labels: string) => boolean): Promise<void> {
  const refreshed = () => client.notifications.filter(({ method }) => method === 'workspace/inlayHint/refresh').length;
  const end = performance.now() + PATIENCE;
  for (let seen = 0; performance.now() < end; ) {
    const now = refreshed();
    if (now > seen && accept(await labelsOf(client))) return;
    seen = now;
    await new Promise((done) => setTimeout(done, LOOK));
  }
  throw new Error('There were no new hints.');
}

async function timeEdits(
  method: string,
  goal: string,
  print: (what: string, times: readonly number[], goal: string) => void,
): Promise<void> {
  const folder = await makeWorkspace([], { [FILE]: RESNET18, 'prunelens.json': SETTINGS });
  const client = await startClient(folder, { settings: { backend: 'cpu', rescore: { method } } });
  try {
    client.open(FILE, RESNET18);
    await client.run(serverCommands.score, { model: `${client.file(FILE)}#ResNet18`, method });
    const labels = () => labelsOf(client);
    const times: number[] = [];
    const processor: (readonly number[])[] = [];
    for (const [at, width] of WIDTHS.entries()) {
      if (at === 0) continue;
      await new Promise((done) => setTimeout(done, REST));
      const [shown, before] = [await labels(), await timesOf(client)];
      const start = performance.now();
      client.edit(FILE, `256, ${WIDTHS[at - 1]}`, `256, ${width}`);
      await untilHints(client, (now) => now !== shown && !now.includes('stale'));
      times.push(performance.now() - start);
      const after = await timesOf(client);
      processor.push(after.map((time, part) => time - before[part]));
    }
    print(`Edit to hints, a ResNet-18 of PyTorch with ${method} (600 ms of it are the pause)`, times, goal);
    for (const [part, name] of ['language server', 'compute process', 'Python'].entries()) {
      const each = processor.map((one) => one[part]);
      print(`  of it processor time, ${name}`, each, 'none');
    }
  } finally {
    await client.stop();
  }
}

/** Edits of its width, with the cheapest criterion and with one that takes a gradient. */
export async function pythonEdits(
  print: (what: string, times: readonly number[], goal: string) => void,
): Promise<void> {
  const missing = whyNoPython();
  if (missing) return console.log(`Edits of a PyTorch model: left out because ${missing}`);
  await timeEdits('magnitude', '1,500 ms', print);
  await timeEdits('snip', '4,000 ms', print);
}
