/** What goes into a package of the extension. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
// @ts-expect-error: scripts of the packaging have no types.
import { bundleFiles, COMPILING, withDependencies } from '../../../client/packaging/platforms.mjs';
// @ts-expect-error: scripts of the packaging have no types.
import { BUNDLES } from '../../../esbuild.mjs';

describe('the bundles of a package', () => {
  const built = (bundle: string) => [`${bundle}.js`, `${bundle}.js.map`, `${bundle}.css`];

  it('are those of the build but the command, with their styles', () => {
    const files = bundleFiles([...BUNDLES.flatMap(built), '.built', 'gpuCheck.js', 'python']);
    expect(files).toEqual(
      expect.arrayContaining(['extension.js', 'languageClient.js', 'job.js', 'archive.js', 'form.js', 'form.css']),
    );
    expect(files).toHaveLength(2 * (BUNDLES.length - 1));
    expect(files.filter((name: string) => /\.map$|prunelens|gpuCheck/.test(name))).toEqual([]);
  });

  it('have all been built', () => {
    const names = BUNDLES.filter((bundle: string) => bundle !== 'form').flatMap(built);
    expect(() => bundleFiles(names)).toThrow('dist has no form: run npm run build.');
  });
});

describe('packages with all that they depend on', () => {
  it('are found where Node looks', () => {
    const locked = {
      'node_modules/a': { dependencies: { b: '1', c: '1' } },
      'node_modules/a/node_modules/c': { dependencies: { b: '1', c: '2' } },
      'node_modules/b': {},
      'node_modules/c': {},
    };
    expect(withDependencies(locked, ['a'])).toEqual(['a', 'b', 'a/node_modules/c']);
    expect(() => withDependencies(locked, ['d'])).toThrow('has no d');
  });

  it('are there to compile with', () => {
    const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
    const folders = withDependencies(packages, COMPILING);
    expect(folders).toEqual(
      expect.arrayContaining(['node-gyp', 'node-api-headers', 'semver', 'node-gyp/node_modules/tar']),
    );
    // Folders within others are copied with them, too.
    expect(folders.filter((name: string) => !existsSync(join('node_modules', name)))).toEqual([]);
  });
});
