/** Training scripts of PyTorch: where a model is made, and the lines that put exported masks on it. */
import { basename, extname } from 'node:path';
import { childrenOf, descendantsOf, parsePython, type Source, type SyntaxNode } from '../python/discovery/syntaxTree';

export interface Insertion {
  /** Line before which it goes, from 0. */
  readonly line: number;
  readonly text: string;
}

export interface MaskLines {
  /** The variable that holds the model. */
  readonly variable: string;
  readonly insertions: readonly Insertion[];
}

const IMPORT = 'import os, runpy\n';

/** The variable and the call of `variable = call(…)`. */
function madeBy(node: SyntaxNode): { readonly variable: SyntaxNode; readonly call: SyntaxNode } | undefined {
  const [variable, , call, further] = childrenOf(node);
  const isMaking = variable?.name === 'VariableName' && call?.name === 'CallExpression' && !further;
  return isMaking ? { variable, call } : undefined;
}

/** Whether a call makes a model, as far as names tell: that of the variable, or one that the masks' file begins with. */
function looksLikeModel(variable: string, call: string, masksFile: string): boolean {
  if (/model|net(work)?$/i.test(variable)) return true;
  const called = /^[\w.]*?(\w+)\s*\(/.exec(call)?.[1].toLowerCase();
  return called !== undefined && basename(masksFile).toLowerCase().startsWith(called);
}

/** The line after the docstring and the imports that a script begins with. */
function afterImports({ root, rangeOf }: Source): number {
  const statements = childrenOf(root).filter(({ name }) => name !== 'Comment');
  const isHead = (node: SyntaxNode, index: number) =>
    node.name === 'ImportStatement' || (index === 0 && node.firstChild?.name === 'String');
  const end = statements.findIndex((node, index) => !isHead(node, index));
  const head = statements.slice(0, end < 0 ? undefined : end);
  return head.length > 0 ? rangeOf(head.at(-1)!).end.line : 0;
}

/**
 * What puts masks on the model that line `line` (from 0) of a script makes; undefined where it makes none, or the script has the
 * masks already.
 * @param masksFile Name of the masks' Python module, in the folder of the script.
 */
export function maskLines(text: string, line: number, masksFile: string): MaskLines | undefined {
  if (extname(masksFile) !== '.py' || text.includes(JSON.stringify(masksFile))) return undefined;
  const source = parsePython(text);
  for (const node of descendantsOf(source.root)) {
    if (node.name !== 'AssignStatement') continue;
    const { start, end } = source.rangeOf(node);
    const made = start.line - 1 <= line && line <= end.line - 1 ? madeBy(node) : undefined;
    if (!made) continue;
    const variable = source.textOf(made.variable);
    if (!looksLikeModel(variable, source.textOf(made.call), masksFile)) continue;
    const lines = text.split('\n');
    const indentation = /^[ \t]*/.exec(lines[start.line - 1])![0];
    const place = `os.path.join(os.path.dirname(__file__), ${JSON.stringify(masksFile)})`;
    // The last line of a text may have no end.
    const before = end.line === lines.length ? '\n' : '';
    const apply = `${before}${indentation}runpy.run_path(${place})["apply"](${variable})\n`;
    const first = Math.min(afterImports(source), start.line - 1);
    return {
      variable,
      insertions: [
        { line: first, text: IMPORT },
        { line: end.line, text: apply },
      ],
    };
  }
  return undefined;
}
