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
