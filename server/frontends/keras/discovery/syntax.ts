/** Small helpers over Babel's syntax tree, which keeps TypeScript's exact positions and survives half-typed code. */
import { type ParserPlugin, parse } from '@babel/parser';
import type { Node } from '@babel/types';
import { type SourceLocation, UserError } from '../../../protocol/errors';
import { withinStack } from '../../depth';

export type { Node } from '@babel/types';
export type FunctionNode = Extract<
  Node,
  { type: 'FunctionDeclaration' | 'FunctionExpression' | 'ArrowFunctionExpression' | 'ObjectMethod' | 'ClassMethod' }
>;

/**
 * The statements of a module. Mistakes the parser can step over are ignored.
 *
 * @throws UserError with the place of a mistake that it cannot step over.
 */
export function parseModule(text: string, file: string): readonly Node[] {
  const language: ParserPlugin[] = /\.[cm]?tsx?$/i.test(file) ? ['typescript'] : [];
  const plugins: ParserPlugin[] = [...language, ...(/\.[cm]?ts$/i.test(file) ? [] : ['jsx' as const]), 'decorators'];
  try {
    const options = { sourceType: 'unambiguous', allowReturnOutsideFunction: true, errorRecovery: true } as const;
    return withinStack(file, () => parse(text, { ...options, plugins }).program.body);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { message, loc } = error as Error & { loc?: { line: number; column: number } };
    const location: SourceLocation = { file, line: loc?.line ?? 1, column: (loc?.column ?? 0) + 1 };
    throw new UserError(`${message.replace(/ \(\d+:\d+\)$/, '')}`, { location });
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** `node` and everything below it; what is below those that `stop` names is left out. */
export function* walk(node: Node, stop: (node: Node) => boolean = () => false): Generator<Node> {
  // Expressions can be as deep as they are long.
  const left = [node];
  for (let next = left.pop(); next; next = left.pop()) {
    yield next;
    if (stop(next)) continue;
    const below = Object.values(next).flatMap((value) => (Array.isArray(value) ? value : [value]));
    for (const item of below.reverse()) if (isNode(item)) left.push(item);
  }
}

/** `value` without `as`, `satisfies`, `!`, `await` and parentheses around it. */
export function unwrap(node: Node): Node {
  switch (node.type) {
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'TSNonNullExpression':
    case 'TSTypeAssertion':
    case 'ParenthesizedExpression':
      return unwrap(node.expression);
    case 'AwaitExpression':
      return unwrap(node.argument);
    default:
      return node;
  }
}

export function isFunction(node: Node): node is FunctionNode {
  return [
    'FunctionDeclaration',
    'FunctionExpression',
    'ArrowFunctionExpression',
    'ObjectMethod',
    'ClassMethod',
  ].includes(node.type);
}

/** Whether a function can be called without arguments: those before the first one with a default are optional. */
export function needsNoArguments({ params }: FunctionNode): boolean {
  for (const parameter of params) {
    if (parameter.type === 'AssignmentPattern' || parameter.type === 'RestElement') return true;
    if (parameter.type !== 'Identifier' || (parameter.name !== 'this' && parameter.optional !== true)) return false;
  }
  return true;
}
