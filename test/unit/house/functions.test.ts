/** No function is longer than a person reads at once. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@babel/parser';
import { expect, it } from 'vitest';
import { ROOT, sourcesIn } from './sources';

const LONGEST = 120;

interface Found {
  readonly name: string;
  readonly lines: number;
}

interface SyntaxNode {
  readonly type: string;
  readonly loc?: { readonly start: { readonly line: number }; readonly end: { readonly line: number } };
  readonly [key: string]: unknown;
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** The name in an identifier, or in what a function is assigned to. */
function nameOf(node: SyntaxNode, parent: SyntaxNode | undefined): string {
  const named = [node.id, node.key, parent?.id, parent?.key].find(isNode);
  return typeof named?.name === 'string' ? named.name : '(anonymous)';
}

const FUNCTIONS = [
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ObjectMethod',
  'ClassMethod',
];

/** The functions of a file that are longer than `limit` lines. */
function longFunctions(file: string, text: string, limit: number): Found[] {
  const plugins: ('typescript' | 'jsx')[] = file.endsWith('x') ? ['typescript', 'jsx'] : ['typescript'];
  const found: Found[] = [];
  const visit = (node: SyntaxNode, parent?: SyntaxNode): void => {
    if (FUNCTIONS.includes(node.type) && node.loc) {
      const lines = node.loc.end.line - node.loc.start.line + 1;
      if (lines > limit) found.push({ name: `${file}: ${nameOf(node, parent)}`, lines });
    }
    for (const child of Object.values(node).flat()) if (isNode(child)) visit(child, node);
  };
  visit(parse(text, { sourceType: 'module', plugins }).program as unknown as SyntaxNode);
  return found;
}

it(`has no function of more than ${LONGEST} lines`, () => {
  const files = ['server', 'client', 'webview'].flatMap(sourcesIn);
  const found = files.flatMap((file) => longFunctions(file, readFileSync(join(ROOT, file), 'utf8'), LONGEST));
  expect(found).toEqual([]);
});

it('measures functions of every kind', () => {
  const text = 'const a = () => {\n1;\n2;\n};\nclass B {\nm() {\n1;\n}\n}\nfunction c() {}\n';
  expect(longFunctions('x.ts', text, 2).map(({ name, lines }) => [name, lines])).toEqual([
    ['x.ts: a', 4],
    ['x.ts: m', 3],
  ]);
});
