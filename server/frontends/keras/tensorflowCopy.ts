/** Which copy of TensorFlow.js the imports of a model file mean. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

const UNION_PACKAGE = '@tensorflow/tfjs';
/** Packages that bring the union package along; their native bindings are not needed to read a topology. */
const PACKAGES_WITH_UNION = ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'];

interface InstalledPackage {
  readonly directory: string;
  readonly version: string;
  readonly main: string;
}

function readPackage(directory: string): InstalledPackage | undefined {
  const manifest = join(directory, 'package.json');
  if (!existsSync(manifest)) return undefined;
  const { version, main } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string; main?: string };
  return { directory, version, main: main ?? 'index.js' };
}

function installedPackage(name: string, from: string): InstalledPackage | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = readPackage(join(folder, 'node_modules', name));
    if (found) return found;
    if (dirname(folder) === folder) return undefined;
  }
}

/**
 * The module that `@tensorflow/tfjs` and its sister packages stand for in files of `folder`: the copy installed there,
 * or the engine's (`engineFile`, of version `engineVersion`) when there is none or it is of the very same version.
 */
export function tensorflowFor(folder: string, engineFile: string, engineVersion: string): string {
  let installed = installedPackage(UNION_PACKAGE, folder);
  for (const name of PACKAGES_WITH_UNION) {
    const carrier = installed ? undefined : installedPackage(name, folder);
    if (carrier) installed = installedPackage(UNION_PACKAGE, realpathSync(carrier.directory));
  }
  if (installed === undefined || installed.version === engineVersion) return engineFile;
  return join(installed.directory, installed.main);
}
