/** Turns a model file and everything it imports into one ES module with a source map. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuildFailure, build, type Loader, type Message, type Plugin } from 'esbuild';
import { type SourceLocation, UserError } from '../../protocol/errors';
import { TENSORFLOW_GLOBAL } from './loaderProtocol';

export interface SourceBundle {
  readonly code: string;
  readonly sourceMap: string;
  /** Folder that the paths of the source map start from. */
  readonly sourceRoot: string;
  /** True where the entry file is a CommonJS module. */
  readonly commonJs: boolean;
}

export interface BundledSource extends SourceBundle {
  /** The files that are in it (absolute), those of packages and the entry apart. */
  readonly imports: readonly string[];
}

/** Of the names that esbuild gives its inputs, those of the user's files. */
function importsOf(inputs: readonly string[], file: string): readonly string[] {
  return inputs
    .filter((name) => !/^[\w-]+:(?![\\/])/.test(name) && !/(?:^|[\\/])node_modules[\\/]/.test(name))
    .map((name) => resolve(dirname(file), name))
    .filter((path) => path !== file);
}

const TENSORFLOW_PACKAGE = /^@tensorflow\/tfjs(?:-(core|layers|node|node-gpu|converter|data|backend-[a-z]+))?$/;
const TENSORFLOW_INSIDE = /^@tensorflow\/tfjs(?:-(?:core|layers|node|node-gpu|converter|data|backend-[a-z]+))?\/.+/;

/** Every TensorFlow.js import becomes the one namespace that the loader process provides. */
const tensorflowPlugin: Plugin = {
  name: 'tensorflow',
  setup(setup) {
    setup.onResolve({ filter: TENSORFLOW_PACKAGE }, ({ path }) => ({ path, namespace: 'tensorflow' }));
    setup.onResolve({ filter: TENSORFLOW_INSIDE }, ({ path, importer }) => {
      // A package gets what there is of it in the one copy; its user cannot change what it imports.
      if (/[\\/]node_modules[\\/]/.test(importer)) return { path: '@tensorflow/tfjs', namespace: 'tensorflow' };
      return {
        errors: [{ text: `"${path}" reaches inside TensorFlow.js. Import it from "@tensorflow/tfjs" instead` }],
      };
    });
    setup.onLoad({ filter: /.*/, namespace: 'tensorflow' }, ({ path }) => ({
      contents: `module.exports = globalThis.${TENSORFLOW_GLOBAL}${path.endsWith('-data') ? '.data' : ''};`,
    }));
  },
};

/** What stands for a module's own place; esbuild replaces only free uses of the names on the left. */
const OWN_PLACE = {
  __dirname: '__prunelensDirectory',
  __filename: '__prunelensFile',
  'import.meta.dirname': '__prunelensDirectory',
  'import.meta.filename': '__prunelensFile',
  'import.meta.url': '__prunelensUrl',
};

function loaderOf(path: string): Loader {
  if (/\.[cm]?ts$/.test(path)) return 'ts';
  return path.endsWith('.tsx') ? 'tsx' : path.endsWith('.json') ? 'json' : 'jsx';
}

/** Declarations that keep `__dirname` and `import.meta` pointing at the original file, although all end up in one module. */
function withOwnPlace(text: string, path: string): string {
  const prefix =
    `var __prunelensDirectory = ${JSON.stringify(dirname(path))}, __prunelensFile = ${JSON.stringify(path)}, ` +
    `__prunelensUrl = ${JSON.stringify(pathToFileURL(path).href)}; `;
  // A line of its own would move every line below it.
  const start = text.startsWith('#!') ? text.indexOf('\n') + 1 : 0;
  return text.slice(0, start) + prefix + text.slice(start);
}

/** Reads files, the unsaved ones as the editor has them, and keeps each module's own place. */
function sourcePlugin(unsaved: ReadonlyMap<string, string>): Plugin {
  return {
    name: 'source',
    setup(setup) {
      setup.onLoad({ filter: /\.(?:[cm]?[jt]sx?|json)$/, namespace: 'file' }, async ({ path }) => {
        const edited = unsaved.get(path);
        const isJson = path.endsWith('.json');
        if (isJson && edited === undefined) return undefined;
        const text = edited ?? (await readFile(path, 'utf8'));
        const asksForPlace = !isJson && /__dirname|__filename|import\.meta/.test(text);
        if (edited === undefined && !asksForPlace) return undefined;
        return { contents: asksForPlace ? withOwnPlace(text, path) : text, loader: loaderOf(path) };
      });
    },
  };
}

const nativePlugin: Plugin = {
  name: 'native',
  setup(setup) {
    setup.onResolve({ filter: /\.node$/ }, ({ path, resolveDir }) => ({
      path: isAbsolute(path) ? path : resolve(resolveDir, path),
      external: true,
    }));
  },
};

function locate(message: Message, folder: string): SourceLocation | undefined {
  const { location } = message;
  if (!location) return undefined;
  return { file: resolve(folder, location.file), line: location.line, column: location.column + 1 };
}

function toUserError(failure: BuildFailure, file: string): UserError {
  const message = failure.errors[0];
  const folder = dirname(file);
  const location = (message && locate(message, folder)) ?? { file, line: 1, column: 1 };
  const text = message?.text ?? failure.message;
  const missing = /^Could not resolve "(.+)"/.exec(text)?.[1];
  if (missing === undefined) return new UserError(`${text}.`.replace(/\.\.$/, '.'), { location, about: 'source' });
  const hint = /^[./]/.test(missing)
    ? 'Check the path: it is taken from the folder of the importing file.'
    : `Install it where the model is: npm install ${missing}`;
  return new UserError(`The import "${missing}" cannot be found.`, { location, hint, about: 'source' });
}

/**
 * Bundles `file` (absolute) with all it imports, TensorFlow.js apart. `unsaved` has texts by absolute path that count
 * instead of what is on disk.
 *
 * @throws UserError with the place of a syntax error or of an import that cannot be resolved.
 */
export async function bundleSource(
  file: string,
  unsaved: ReadonlyMap<string, string> = new Map(),
): Promise<BundledSource> {
  const sourceRoot = dirname(file);
  try {
    const result = await build({
      entryPoints: [file],
      outfile: join(sourceRoot, '__prunelens.mjs'),
      absWorkingDir: sourceRoot,
      write: false,
      bundle: true,
      metafile: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      sourcemap: 'external',
      sourcesContent: false,
      logLevel: 'silent',
      define: OWN_PLACE,
      plugins: [tensorflowPlugin, nativePlugin, sourcePlugin(unsaved)],
    });
    const code = result.outputFiles.find((output) => output.path.endsWith('.mjs'))!.text;
    const sourceMap = result.outputFiles.find((output) => output.path.endsWith('.map'))!.text;
    const commonJs = result.metafile.inputs[basename(file)]?.format === 'cjs';
    const imports = importsOf(Object.keys(result.metafile.inputs), file);
    return { code, sourceMap, sourceRoot, commonJs, imports };
  } catch (error) {
    if (error instanceof Error && 'errors' in error) throw toUserError(error as BuildFailure, file);
    throw error;
  }
}
