/** The arguments of the command line that a script's parser asks for. */
import { childrenOf, descendantsOf, parsePython, type Source, type SyntaxNode } from '../python/discovery/syntaxTree';

/** An argument as it is declared: its names, and what is said of it by keywords. */
interface Declared {
  readonly names: readonly string[];
  readonly said: ReadonlyMap<string, SyntaxNode>;
}

/** The text of a string without its quotes. */
function unquoted(text: string): string {
  return text.replace(/^[A-Za-z]*(['"])\1?\1?|(['"])\2?\2?$/g, '');
}

function declaredBy({ textOf }: Source, call: SyntaxNode): Declared {
  const parts = childrenOf(call.getChild('ArgList')!);
  const names: string[] = [];
  const said = new Map<string, SyntaxNode>();
  for (const [at, part] of parts.entries()) {
    const isPositional = parts[at - 1]?.name !== 'AssignOp';
    if (part.name === 'String' && isPositional) names.push(unquoted(textOf(part)));
    if (part.name === 'AssignOp' && parts[at + 1]) said.set(textOf(parts[at - 1]), parts[at + 1]);
  }
  return { names, said };
}

/** A value that the parser takes: one of its choices, a number, else the argument's name in capitals. */
function placeholder({ textOf }: Source, name: string, said: Declared['said']): string {
  const choices = said.get('choices');
  const first = choices && childrenOf(choices).find((one) => one.name === 'String' || one.name === 'Number');
  if (first) return unquoted(textOf(first));
  const type = said.get('type');
  return type && /^(int|float)$/.test(textOf(type)) ? '1' : name.replace(/^-+/, '').toUpperCase();
}

/** What a declared argument adds to the command line; nothing where it may be left out. */
function givenFor(source: Source, { names, said }: Declared): readonly string[] {
  const saidOf = (keyword: string) => {
    const node = said.get(keyword);
    return node && unquoted(source.textOf(node));
  };
  const name = names.find((one) => one.startsWith('--')) ?? names[0];
  if (name === undefined) return [];
  const number = saidOf('nargs');
  const isOption = name.startsWith('-');
  const mayBeLeftOut = isOption ? saidOf('required') !== 'True' : number === '?' || number === '*';
  if (mayBeLeftOut) return [];
  const count = /^\d+$/.test(number ?? '') ? Number(number) : 1;
  const values = Array.from({ length: count }, () => placeholder(source, name, said));
  return isOption ? [name, ...values] : values;
}

/** The shortest command line that the parsers of a script take, as far as their declarations are written down, without the script's name. */
export function neededArguments(text: string): readonly string[] {
  const source = parsePython(text);
  const isDeclaration = (node: SyntaxNode) => {
    const callee = node.name === 'CallExpression' ? node.firstChild : null;
    return callee !== null && /\.add_argument$/.test(source.textOf(callee));
  };
  return [...descendantsOf(source.root)]
    .filter(isDeclaration)
    .flatMap((call) => givenFor(source, declaredBy(source, call)));
}
