/** The folder in which the binding is compiled: sources of tfjs-node-gpu, headers of Node-API, and what node-gyp asks for. */
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import packageJson from '../../../../package.json';
import { packageFolder } from '../../../files/packages';
import { UserError } from '../../../protocol/errors';
import type { InstalledTensorflow } from './findTensorflow';

const PACKAGE = '@tensorflow/tfjs-node-gpu';

/** The binding's own version of Node-API. */
const NODE_API_VERSION = 8;

export const TARGET = 'tfjs_binding';

/** Beside the sources in the folder: the headers of Node as node-gyp looks for them, and a link to TensorFlow. */
export const HEADERS = 'headers';
const TENSORFLOW = 'tensorflow';
/** Temporary files of compilers, which leave them behind when they are ended. */
export const TEMPORARY = 'temporary';

/**
 * Folder of the binding's sources.
 *
 * @throws UserError where the package is not there.
 */
function sourceFolder(origin: string): string {
  try {
    return join(dirname(createRequire(origin).resolve(`${PACKAGE}/package.json`)), 'binding');
  } catch {
    const version = packageJson.optionalDependencies[PACKAGE].replace(/^\^/, '');
    throw new UserError(
      `The sources of the binding are not there: get them with "npm install --no-save --ignore-scripts ${PACKAGE}@${version}" in the folder of PruneLens.`,
    );
  }
}

/** A word of a command in a Makefile, whatever its characters. */
function makeWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''").replaceAll('$', '$$$$')}'`;
}

/**
 * What is compiled. TensorFlow is reached through a link, since make cannot have spaces in its paths; the library is found when the
 * module is loaded by its real folder.
 */
function bindingGyp({ folder, libraries }: InstalledTensorflow): object {
  const linked = libraries.map((path) => `<(module_root_dir)/${TENSORFLOW}/${path.slice(folder.length + 1)}`);
  const runtimePath = `-Wl,-rpath,${folder}`;
  return {
    targets: [
      {
        target_name: TARGET,
        sources: ['binding/tfjs_backend.cc', 'binding/tfjs_binding.cc'],
        include_dirs: ['.', `<(module_root_dir)/${TENSORFLOW}/include`],
        defines: [`NAPI_VERSION=${NODE_API_VERSION}`],
        cflags_cc: ['-std=c++17'],
        xcode_settings: { CLANG_CXX_LANGUAGE_STANDARD: 'c++17', MACOSX_DEPLOYMENT_TARGET: '12.0' },
        libraries: [...linked, makeWord(runtimePath)],
      },
    ],
  };
}

/** As much of Node's own common.gypi as an addon needs that is compiled for release. */
const COMMON_GYPI = {
  target_defaults: {
    default_configuration: 'Release',
    configurations: { Release: { cflags: ['-O2'], xcode_settings: { GCC_OPTIMIZATION_LEVEL: '2' } } },
  },
};

const CONFIG_GYPI = { target_defaults: {}, variables: {} };

/**
 * Fills a folder whose path has no spaces.
 *
 * @param origin File from which the package with the sources is resolved.
 * @throws UserError where the sources are not there.
 */
export async function layOut(folder: string, tensorflow: InstalledTensorflow, origin: string): Promise<void> {
  const sources = sourceFolder(origin);
  const headers = join(folder, HEADERS, 'include', 'node');
  await mkdir(headers, { recursive: true });
  await mkdir(join(folder, TEMPORARY));
  await cp(sources, join(folder, 'binding'), { recursive: true });
  await cp(join(packageFolder('node-api-headers'), 'include'), headers, { recursive: true });
  await symlink(tensorflow.folder, join(folder, TENSORFLOW));
  await writeFile(join(headers, 'common.gypi'), JSON.stringify(COMMON_GYPI));
  await writeFile(join(headers, 'config.gypi'), JSON.stringify(CONFIG_GYPI));
  await writeFile(join(folder, 'binding.gyp'), JSON.stringify(bindingGyp(tensorflow), null, 2));
}
