/** How a model's name is taken apart, and which models may be loaded where code may not run. */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkTrust, loadNetwork, parseModelSpecifier, splitModelSpecifier } from '../../../server/frontends';
import { splitModelName } from '../../../server/protocol/modelNames';
import { failureOf, fixture, temporaryFolder } from '../../support/models';

it('splits at the last #, unless that is in a folder or in the name of a file that is there', () => {
  const folder = temporaryFolder({ 'model.json#net.ts': '', 'net.ts': '', 'a#b/net.ts': '' });
  const at = (name: string) => join(folder, name);
  expect(splitModelSpecifier(at('net.ts#small'))).toEqual({ file: at('net.ts'), exportName: 'small' });
  expect(splitModelSpecifier(at('model.json#net.ts'))).toEqual({ file: at('model.json#net.ts') });
  expect(splitModelSpecifier(at('model.json#net.ts#small'))).toEqual({
    file: at('model.json#net.ts'),
    exportName: 'small',
  });
  expect(splitModelSpecifier(at('net.ts#a/b.json'))).toEqual({ file: at('net.ts#a/b.json') });
  expect(splitModelSpecifier(at('a#b/net.ts'))).toEqual({ file: at('a#b/net.ts') });
});

it('says that notebooks are not read, and what to do', async () => {
  const file = join(temporaryFolder({ 'net.ipynb': '{}' }), 'net.ipynb');
  for (const name of [file, `${file}#Net`]) {
    expect(await failureOf(() => parseModelSpecifier(name))).toMatchObject({
      kind: 'usage',
      message: `${file} is a notebook, which PruneLens does not read.`,
      hint: expect.stringContaining('into a Python file beside it'),
    });
  }
});

it('judges a model by what is done with its file', async () => {
  const folder = temporaryFolder({ 'model.json#net.ts': '', 'net.ts': '', 'model.json': '{}' });
  const at = (name: string) => join(folder, name);
  symlinkSync(at('net.ts'), at('link.json'));
  symlinkSync(at('model.json'), at('link.ts'));
  for (const name of ['net.ts', 'net.ts#x.json', 'model.json#net.ts', 'link.ts']) {
    const model = parseModelSpecifier(at(name));
    expect((await failureOf(() => checkTrust(model, false))).message).toContain('not trusted');
    expect(() => checkTrust(model, true)).not.toThrow();
  }
  for (const name of ['model.json', 'link.json']) {
    expect(() => checkTrust(parseModelSpecifier(at(name)), false)).not.toThrow();
  }
});

it('loads Keras models, and no module, where code may not run', async () => {
  // There is no loader that could be started.
  const options = {
    trusted: false,
    loaderFiles: { loader: '/nowhere/loader.js', tensorflow: '/nowhere/tfjs.js', archive: '/nowhere/archive.js' },
  };
  const { layers } = await loadNetwork(fixture('keras3-sequential.json'), options);
  expect(layers.length).toBeGreaterThan(0);
  for (const model of [fixture('several.ts'), parseModelSpecifier(fixture('several.ts'))]) {
    const failure = await failureOf(loadNetwork(model, options));
    expect([failure.kind, failure.message]).toEqual(['usage', expect.stringContaining('not trusted')]);
  }
});

it('takes what follows the first .py# as an expression', () => {
  expect(splitModelSpecifier("a/net.py#Net('#', 8 / 2)")).toEqual({ file: 'a/net.py', exportName: "Net('#', 8 / 2)" });
  expect(splitModelSpecifier('net.py#Net')).toEqual({ file: 'net.py', exportName: 'Net' });
  expect(splitModelSpecifier('net.py')).toEqual({ file: 'net.py' });
  const folder = temporaryFolder({ 'a.py#b.py': '' });
  expect(splitModelSpecifier(join(folder, 'a.py#b.py'))).toEqual({ file: join(folder, 'a.py#b.py') });
});

it.each([
  ['C:\\models\\net.ts#small', 'C:\\models\\net.ts', 'small'],
  ['d:/models/net.ts', 'd:/models/net.ts', undefined],
  ['C:\\a#b\\net.ts', 'C:\\a#b\\net.ts', undefined],
  ['\\\\server\\share\\net.ts#small', '\\\\server\\share\\net.ts', 'small'],
  ["\\\\server\\share\\net.py#Net('C:\\x')", '\\\\server\\share\\net.py', "Net('C:\\x')"],
])('splits %s, a path of Windows', (name, file, exportName) => {
  expect(splitModelName(name)).toEqual({ file, ...(exportName !== undefined && { exportName }) });
});
