/** `prunelens setup tensorflow`: the binding, from nothing, in an empty home; and everything that can be missing. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { prunelens, temporaryFolder } from '../support/command';
import { descendantsOf } from '../support/processes';
import { BINDING_PACKAGE, TENSORFLOW_PYTHON, whyNoBuild } from '../support/tensorflow';
import { TINY_CLASSIFIER } from '../support/tinyModels';
import { until } from '../support/workerFiles';

const folder = temporaryFolder();
const leftOut = whyNoBuild();

/** A machine of a user: a home and a folder for temporary files of its own, and nothing of ours in the environment. */
function createMachine() {
  const home = mkdtempSync(join(folder, 'my home '));
  const temporary = mkdtempSync(join(folder, 'tmp-'));
  const packages = mkdtempSync(join(folder, 'packages-'));
  const sources = join(packages, '@tensorflow', 'tfjs-node-gpu');
  if (leftOut === undefined) {
    for (const name of ['package.json', 'binding']) {
      cpSync(join(BINDING_PACKAGE, name), join(sources, name), { recursive: true });
    }
  }
  const environment = {
    ...TENSORFLOW_PYTHON.environment,
    HOME: home,
    TMPDIR: temporary,
    NODE_PATH: packages,
    XDG_CACHE_HOME: '',
    LD_LIBRARY_PATH: '',
    // Nothing can be downloaded.
    HTTP_PROXY: 'http://127.0.0.1:9',
    HTTPS_PROXY: 'http://127.0.0.1:9',
    npm_config_registry: 'http://127.0.0.1:9',
  };
  const run = (args: readonly string[], more: { readonly [name: string]: string } = {}) =>
    prunelens(args, { env: { ...environment, ...more } });
  return { home, temporary, sources, environment, run };
}

/** A program in place of an interpreter, whose answers to `find_tensorflow.py` are these; all else is done by Python. */
function pythonWith(answer: object): string {
  const path = join(mkdtempSync(join(folder, 'python-')), 'python');
  const script = `case "$*" in *find_tensorflow*) echo 'prunelens-tensorflow ${JSON.stringify(answer)}';; *) exec python3 "$@";; esac`;
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return path;
}

/** All that is in a machine's home and among its temporary files. */
const leftovers = ({ home, temporary }: ReturnType<typeof createMachine>) => [
  ...readdirSync(home, { recursive: true }),
  ...readdirSync(temporary),
];

const setup = ['setup', 'tensorflow'];

describe('where something is missing, one sentence says so, and nothing is left', () => {
  it.each([
    ['no TensorFlow', {}, /^prunelens: \S+python has no TensorFlow: install it with "\S+python" -m pip install \S+$/m],
    [
      'a TensorFlow that is too old',
      { version: '2.15.1', folder: '/nowhere' },
      /has TensorFlow 2\.15\.1, which is too old \(2\.16 or later is needed\): upgrade it with ".+" -m pip install .+--upgrade$/m,
    ],
    [
      'a TensorFlow without its library',
      { version: '2.20.0', folder: '/nowhere' },
      /^prunelens: TensorFlow 2\.20\.0 lacks \/nowhere\/libtensorflow_cc\S+: install the package of PyPI with/m,
    ],
  ])('%s', async (_, answer, sentence) => {
    const machine = createMachine();
    const { code, stderr } = await machine.run([...setup, '--python', pythonWith(answer)]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(sentence)]);
    expect(leftovers(machine)).toEqual([]);
  });

  it('no Python', async () => {
    const machine = createMachine();
    const { code, stderr } = await machine.run([...setup, '--python', join(folder, 'nowhere')]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/There is no Python at .+nowhere; choose a Python/)]);
  });

  it('no compiler', async () => {
    const machine = createMachine();
    const { code, stderr } = await machine.run(setup, { CXX: '/nowhere/c++' });
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(
        /^prunelens: A C\+\+ compiler and make are needed, and there is no \/nowhere\/c\+\+: .+\.$/m,
      ),
    ]);
    expect(leftovers(machine)).toEqual([]);
  });

  it('a binding to remove', async () => {
    const { code, stderr } = await createMachine().run([...setup, '--remove']);
    expect([code, stderr]).toEqual([0, 'There is no binding to remove.\n']);
  });
});

describe.skipIf(leftOut !== undefined)(`a binding${leftOut ? `: left out because ${leftOut}` : ''}`, () => {
  it('is not built without its sources, which are said how to get', async () => {
    const machine = createMachine();
    const args = [...setup, '--python', TENSORFLOW_PYTHON.python];
    const { code, stderr } = await machine.run(args, { NODE_PATH: machine.home });
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/npm install --no-save --ignore-scripts @tensorflow\/tfjs-node-gpu@4\.\d+\.\d+"/),
    ]);
    expect(leftovers(machine)).toEqual([]);
  });

  it('that does not compile leaves the first complaint of the compiler, and nothing else', async () => {
    const machine = createMachine();
    const empty = join(folder, 'empty tensorflow');
    mkdirSync(join(empty, 'include'), { recursive: true });
    for (const name of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']) writeFileSync(join(empty, name), '');
    const python = pythonWith({ version: '2.20.0', folder: empty });
    const { code, stderr } = await machine.run([...setup, '--python', python]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^prunelens: The binding cannot be compiled: .+error: .+/m),
    ]);
    expect(leftovers(machine)).toEqual([]);
  });

  it('is given up when the command is interrupted, with its compilers', async () => {
    const machine = createMachine();
    let compilers: number[] = [];
    const { code, stderr } = await prunelens([...setup, '--python', TENSORFLOW_PYTHON.python], {
      env: machine.environment,
      onStderr: async (text, child) => {
        if (!text.endsWith('takes a minute or two.\n')) return;
        await until(() => descendantsOf(child.pid!, 'cc1plus').length > 0, 'a compiler');
        compilers = descendantsOf(child.pid!, '');
        child.kill('SIGINT');
      },
    });
    expect([code, stderr]).toEqual([
      130,
      expect.stringMatching(/The setup was cancelled, and nothing is left of it\.\n$/),
    ]);
    expect(compilers.length).toBeGreaterThan(2);
    expect(compilers.filter((pid) => existsSync(`/proc/${pid}/exe`))).toEqual([]);
    expect(leftovers(machine)).toEqual([]);
  });

  it('is built without a download, tested, found, used and removed', { timeout: 600_000 }, async () => {
    const machine = createMachine();
    const made = await machine.run([...setup, '--python', TENSORFLOW_PYTHON.python, '--json']);
    expect([made.code, made.stderr]).toEqual([
      0,
      expect.stringMatching(/The backend tensorflow works: TensorFlow 2\./),
    ]);
    expect(JSON.parse(made.stdout)).toMatchObject({ tensorflow: expect.any(String), device: expect.any(String) });
    expect(readdirSync(machine.temporary)).toEqual([]);
    // The package of node_modules is as it was.
    expect(readdirSync(machine.sources).toSorted()).toEqual(['binding', 'package.json']);

    const tensorflow = async () => {
      const { backends } = JSON.parse((await machine.run(['backends', '--json'])).stdout);
      return backends.find(({ name }: { name: string }) => name === 'tensorflow');
    };
    expect(await tensorflow()).toMatchObject({ available: true });
    const model = join(folder, 'model.json');
    writeFileSync(model, TINY_CLASSIFIER);
    const training = ['train', model, '--backend', 'tensorflow', '--data', 'noise', '--epochs', '1', '--json'];
    const trained = await machine.run([...training, '--out', join(folder, 'run')]);
    expect([trained.code, JSON.parse(trained.stdout)]).toMatchObject([0, { backend: 'tensorflow' }]);

    expect((await machine.run([...setup, '--remove'])).stderr).toBe('The binding is removed.\n');
    expect(await tensorflow()).toMatchObject({ available: false });
    expect(existsSync(join(machine.home, '.cache', 'prunelens', 'tensorflow'))).toBe(false);
  });
});
