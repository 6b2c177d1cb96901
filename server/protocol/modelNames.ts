/** How the name of a model is taken apart, for all who show one. What a file is, is not asked here. */

/** Extension of Python files. What follows it and `#` is an expression, in which any character may stand. */
export const PYTHON_EXTENSION = '.py';

const EXPRESSION = /\.py(?=#)/i;

/** The file of a model's name, and what follows its `#`: the first one after `.py`, else the last. */
export function splitModelName(name: string): { readonly file: string; readonly exportName?: string } {
  const python = EXPRESSION.exec(name);
  const hash = python ? python.index + PYTHON_EXTENSION.length : name.lastIndexOf('#');
  if (hash < 0 || (!python && /[/\\]/.test(name.slice(hash)))) return { file: name };
  return { file: name.slice(0, hash), exportName: name.slice(hash + 1) };
}

/** The name of an export of `file`, or of the file where no export is named. */
export function joinModelName(file: string, exportName: string | undefined): string {
  return exportName === undefined ? file : `${file}#${exportName}`;
}

/** The parts of a path, the last one first. */
function partsOf(file: string): readonly string[] {
  return file.split(/[\\/]/).filter(Boolean).reverse();
}

/** As many of the last parts of a file's path as tell it from the others. */
function shortestPath(file: string, files: readonly string[]): string {
  const own = partsOf(file);
  const others = files.filter((one) => one !== file).map(partsOf);
  const isShared = (count: number) =>
    others.some((parts) => own.slice(0, count).every((part, place) => part === parts[place]));
  const enough = own.findIndex((_, place) => !isShared(place + 1)) + 1;
  return own
    .slice(0, enough > 0 ? enough : own.length)
    .reverse()
    .join('/');
}

/**
 * What models are called, each told from the others by as much of its path as it takes, and by its export where that is not the
 * default one: `lenet.ts`, `nets.ts#small`, `a/net.ts` beside `b/net.ts`.
 */
export function modelLabels(models: Iterable<string>): ReadonlyMap<string, string> {
  const split = new Map([...models].map((model) => [model, splitModelName(model)] as const));
  const files = [...new Set([...split.values()].map(({ file }) => file))];
  const byName = new Map<string, string[]>();
  for (const file of files) byName.set(partsOf(file)[0], [...(byName.get(partsOf(file)[0]) ?? []), file]);
  const paths = new Map(files.map((file) => [file, shortestPath(file, byName.get(partsOf(file)[0])!)]));
  return new Map(
    [...split].map(([model, { file, exportName }]) => {
      const path = paths.get(file)!;
      return [model, exportName === undefined || exportName === 'default' ? path : `${path}#${exportName}`];
    }),
  );
}
