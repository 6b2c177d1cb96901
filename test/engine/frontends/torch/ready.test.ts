/** PyTorch models loaded by a process that has PyTorch ready: forked for each load, or kept in reserve. */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { createKeeper, type LoadOptions } from '../../../../server/frontends';
import { createReadyLoader } from '../../../../server/frontends/python/ready';
import { packagesIn } from '../../../../server/frontends/python/ready/readyProcess';
import { loadExported } from '../../../../server/frontends/torch/loadExported';
import { LOADER, readAnswer } from '../../../../server/frontends/torch/loaderProtocol';
import { pythonFile } from '../../../../server/python/start';
import { failureOf, temporaryFolder } from '../../../support/models';
import { descendantsOf, runs } from '../../../support/processes';
import { TEST_PYTHON, whyNoPython } from '../../../support/python';
import { until } from '../../../support/workerFiles';

const missing = whyNoPython();
const PROGRAM = 'load_model.py';

const NET = `import os, sys, time, torch
import torch.nn as nn
print('hello')
class Net(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.fc = nn.Linear(4, width)
    def forward(self, x):
        return self.fc(x)
class Endless(Net):
    def __init__(self):
        while True: pass
class Gone(Net):
    def __init__(self):
        os._exit(3)
class Heavy(Net):
    def __init__(self):
        super().__init__()
        self.held = torch.ones(10 ** 10)
class Parent(Net):
    def __init__(self):
        super().__init__()
        import subprocess
        subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600) # of-the-model'])
class Loud(Net):
    def __init__(self):
        super().__init__()
        for _ in range(50_000): print('y' * 2000)
class Input(Net):
    def __init__(self):
        super().__init__()
        self.read = input()
`;

const ways = [
  ['forks', true],
  ['a process in reserve', false],
] as const;

const title = missing === undefined ? 'ready' : `ready (left out because ${missing})`;

describe.skipIf(missing !== undefined)(title, () => {
  let keeper = createKeeper();
  afterEach(() => {
    keeper.end();
    keeper = createKeeper();
  });

  const load = (construct: string, options: Partial<LoadOptions> = {}) =>
    loadExported(
      { file: join(temporaryFolder({ '.git/HEAD': '', 'net.py': NET }), 'net.py'), exportName: construct },
      {
        trusted: true,
        interpreter: { flag: TEST_PYTHON },
        setup: { inputs: [{ shape: [4] }] },
        onOutput: () => {},
        keeper,
        ...options,
      },
    );

  const forksIf = process.platform === 'linux';

  // In reserve each load takes a process of its own: what new processes do as well is not tried again.
  describe.each(ways.filter(([, forks]) => forksIf || !forks))('%s', (_, forks) => {
    const begin = () =>
      keeper.keep('torch ready', () => createReadyLoader({ program: LOADER, read: readAnswer, forks }));

    it('loads one model after the other, and two at once, each by its seed', async () => {
      begin();
      const weights = async (seed: number) =>
        Array.from((await load('Net', { seed })).model.tensors[0].values.slice(0, 2));
      // torch.manual_seed(3); nn.Linear(4, 4).weight[0, :2]
      const third = [expect.closeTo(-0.4957, 3), expect.closeTo(-0.3944, 3)];
      expect(await weights(3)).toEqual(third);
      const [one, two] = await Promise.all([weights(3), weights(4)]);
      expect(one).toEqual(third);
      expect(two).not.toEqual(one);
      const own = descendantsOf(process.pid, PROGRAM);
      keeper.end();
      await until(() => !own.some((pid) => runs(pid, PROGRAM)), 'its end', 30);
    });

    it('tells of what goes wrong as a new process does, and goes on', async () => {
      begin();
      const told = async (construct: string, options: Partial<LoadOptions> = {}) => {
        const { message, location } = await failureOf(load(construct, options));
        return `${location?.line}: ${message}`;
      };
      if (forks) expect(await told('Endless', { timeoutSeconds: 1 })).toMatch(/^12: .*did not finish within 1 seconds/);
      expect(await told('Gone')).toMatch(/^1: .*ended with exit code 3/);
      // Each takes a process of its own in reserve.
      if (forks) expect(await told('Heavy', { memoryLimitMiB: 1500 })).toMatch(/^19: .*memory/);
      if (forks) expect(await told('Input')).toMatch(/^32: The code waits for somebody to type/);
      expect((await load('Net')).model.name).toBe('Net');
    });

    it.runIf(forks)('passes on what is printed, up to a limit', async () => {
      begin();
      const output: string[] = [];
      const setup = { whole: true, inputs: [{ shape: [4] }] };
      await load('Loud', { setup, onOutput: (line) => output.push(line) });
      expect(output[0]).toBe('hello');
      expect(output.join('').length).toBeLessThan(300_000);
      expect(output.at(-1)).toContain('the rest is left out');
    });

    it.runIf(forks)('ends what a model has started with it, and a load that nobody waits for', async () => {
      begin();
      const setup = { allow: ['processes' as const], inputs: [{ shape: [4] }] };
      await load('Parent', { setup });
      await until(() => descendantsOf(process.pid, 'of-the-model').length === 0, 'its end', 30);
      const abort = new AbortController();
      const loading = load('Endless', { signal: abort.signal });
      setTimeout(() => abort.abort(new Error('enough')), 500);
      await expect(loading).rejects.toThrow('enough');
      expect((await load('Net')).model.name).toBe('Net');
    });
  });

  it('starts anew where the process is gone', async () => {
    keeper.keep('torch ready', () => createReadyLoader({ program: LOADER, read: readAnswer, forks: forksIf }));
    const of = () => descendantsOf(process.pid, PROGRAM);
    await load('Net');
    const [first] = of();
    if (forksIf) {
      await load('Net');
      // The fork has answered, and may be a moment from its end.
      await until(() => of().length === 1, 'the end of the fork', 30);
      expect(of()).toEqual([first]);
    }
    process.kill(first, 'SIGKILL');
    await until(() => !runs(first, PROGRAM), 'its end', 30);
    expect((await load('Net')).model.name).toBe('Net');
  });

  it('ends, with what it forks, when its parent is gone', async () => {
    const file = join(temporaryFolder({ '.git/HEAD': '', 'net.py': NET }), 'net.py');
    const job = {
      ...{ file, construct: 'Endless', workspace: dirname(file), unsaved: {}, seed: 0, inputs: null, fallback: null },
      ...{ output: null, batch: 2, whole: false, allow: [], seconds: 60, memory: 2 ** 33 },
    };
    const load = { job: 1, load: job, limits: { memory: 2 ** 33, deadline: 60_000 }, ahead: null };
    const args = [pythonFile('python/launch.py'), pythonFile('frontends/torch/python/load_model.py'), '--forks'];
    // A parent of its own that is killed, and cannot end what it has started.
    const parent = spawn(process.execPath, [
      '-e',
      `const watch = JSON.stringify({ parent: process.pid, ownGroup: true });
       const child = require('child_process').spawn(${JSON.stringify(TEST_PYTHON)}, ${JSON.stringify(args)}, {
         detached: true, env: { ...process.env, PRUNELENS_WATCH: watch }, stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
       const text = Buffer.from(${JSON.stringify(JSON.stringify(load))});
       const lengths = Buffer.alloc(8);
       lengths.writeUInt32LE(text.length, 0);
       child.stdio[3].write(Buffer.concat([lengths, text]));
       child.stdio[3].resume();`,
    ]);
    onTestFinished(() => void parent.kill('SIGKILL'));
    const of = () => descendantsOf(parent.pid!, PROGRAM).filter((pid) => !runs(pid, 'writeUInt32LE'));
    await until(() => of().length === 2, 'the fork');
    const pids = of();
    parent.kill('SIGKILL');
    await until(() => !pids.some((pid) => runs(pid, PROGRAM)), 'their end', 30);
  });
});

describe('packages', () => {
  it('change with the time of one of their folders', () => {
    const folder = temporaryFolder({ 'torch/version.py': '' });
    const packages = packagesIn({ ready: { folders: [folder, join(folder, 'absent'), 3] } })!;
    expect(packages.haveChanged()).toBe(false);
    mkdirSync(join(folder, 'timm'));
    expect(packages.haveChanged()).toBe(true);
    expect(packagesIn({ ready: {} })).toBeUndefined();
    expect(packagesIn(null)).toBeUndefined();
  });
});
