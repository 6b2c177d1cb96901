/** Reads what a Python module defines. Unfinished text gives what can be told of it. */
import type {
  ClassOutline,
  DefinitionOutline,
  DottedName,
  FunctionOutline,
  ImportOutline,
  ModuleOutline,
  ParameterOutline,
  PlacedImport,
  ValueOutline,
  VariableOutline,
} from './outline';
import { childrenOf, descendantsOf, parsePython, type Source, type SyntaxNode } from './syntaxTree';

/** So many of `from module import *` are looked through for a name. */
const MOST_UNNAMED = 60;

const SCOPES = new Set(['FunctionDefinition', 'ClassDefinition', 'LambdaExpression']);

function dottedName(source: Source, node: SyntaxNode): DottedName | undefined {
  if (node.name === 'VariableName') return [source.textOf(node)];
  if (node.name !== 'MemberExpression') return undefined;
  const object = node.firstChild!;
  const name = dottedName(source, object);
  const property = node.getChild('PropertyName');
  // `Base[int]` is a base as `Base` is.
  return name && (property ? [...name, source.textOf(property)] : name);
}

/** Methods that give the module they are called on. */
const SAME_OBJECT = new Set([
  'to',
  'cuda',
  'cpu',
  'eval',
  'train',
  'float',
  'double',
  'half',
  'requires_grad_',
  'apply',
]);

function valuesOfCall(source: Source, callee: SyntaxNode): ValueOutline[] {
  const name = dottedName(source, callee);
  const property = callee.getChild('PropertyName');
  const isSame = property !== null && SAME_OBJECT.has(source.textOf(property));
  // `Net().to(device)` and `net.to(device)` are still the model.
  if (isSame) return valuesOf(source, callee.firstChild!);
  if (!name) return [];
  const parts = calledIn(source, callee.nextSibling);
  return [{ kind: 'call', name, ...(parts.length > 0 && { parts }) }];
}

/** Last names of what the arguments of a call call themselves. */
function calledIn(source: Source, list: SyntaxNode | null): readonly string[] {
  if (list?.name !== 'ArgList') return [];
  const calls = [...descendantsOf(list, (node) => SCOPES.has(node.name))].filter(
    ({ name }) => name === 'CallExpression',
  );
  return calls.flatMap((call) => dottedName(source, call.firstChild!)?.slice(-1) ?? []);
}

/** What the expression may stand for: either branch of a conditional one. */
function valuesOf(source: Source, node: SyntaxNode): ValueOutline[] {
  switch (node.name) {
    case 'VariableName':
    case 'MemberExpression': {
      const name = dottedName(source, node);
      return name ? [{ kind: 'name', name }] : [];
    }
    case 'CallExpression':
      return valuesOfCall(source, node.firstChild!);
    case 'ConditionalExpression':
      return [node.firstChild!, node.lastChild!].flatMap((branch) => valuesOf(source, branch));
    case 'ParenthesizedExpression':
      return childrenOf(node).flatMap((child) => valuesOf(source, child));
    default:
      return [];
  }
}

function readImport(source: Source, node: SyntaxNode): ImportOutline[] {
  const parts = childrenOf(node);
  const texts = parts.map((part) => source.textOf(part));
  const at = parts.findIndex(({ name }) => name === 'import');
  const isFrom = parts[0].name === 'from';
  if (!isFrom) return readPlainImport(texts.slice(1));
  const before = at < 0 ? texts.slice(1) : texts.slice(1, at);
  const first = before.findIndex((text) => text !== '.' && text !== '...');
  const dots = first < 0 ? before : before.slice(0, first);
  const level = dots.join('').length;
  const module = first < 0 ? [] : before.slice(first).filter((text) => text !== '.');
  const after = at < 0 ? [] : texts.slice(at + 1);
  if (after.includes('*')) return [{ level, module, binds: { kind: 'all' } }];
  const names: { name: string; as: string }[] = [];
  for (const group of splitAt(after.filter((text) => text !== '(' && text !== ')'))) {
    const [name, , as = name] = group;
    if (name !== undefined) names.push({ name, as });
  }
  return [{ level, module, binds: { kind: 'names', names } }];
}

function splitAt(texts: readonly string[]): string[][] {
  const groups: string[][] = [[]];
  for (const text of texts) {
    if (text === ',') groups.push([]);
    else groups.at(-1)!.push(text);
  }
  return groups;
}

function readPlainImport(texts: readonly string[]): ImportOutline[] {
  return splitAt(texts).flatMap((group) => {
    const as = group.indexOf('as');
    const module = (as < 0 ? group : group.slice(0, as)).filter((text) => text !== '.');
    if (module.length === 0) return [];
    const bound = as < 0 ? undefined : group[as + 1];
    return [{ level: 0, module, binds: { kind: 'module', ...(bound !== undefined && { as: bound }) } } as const];
  });
}

/** Parameters of a `ParamList`. What follows `*` can only be given by name, and is required all the same. */
function readParameters(source: Source, list: SyntaxNode | null): ParameterOutline[] {
  const parameters: { name: string; required: boolean }[] = [];
  let isRest = false;
  for (const part of list ? childrenOf(list) : []) {
    if (part.name === '*' || part.name === '**') isRest = true;
    else if (part.name === ',') isRest = false;
    else if (part.name === 'AssignOp' && parameters.length > 0) parameters.at(-1)!.required = false;
    else if (part.name === 'VariableName' && part.prevSibling?.name !== 'AssignOp') {
      if (!isRest) parameters.push({ name: source.textOf(part), required: true });
    }
  }
  return parameters;
}

function mentionsOf(source: Source, node: SyntaxNode): ReadonlySet<string> {
  const names = new Set<string>();
  for (const part of descendantsOf(node)) if (part.name === 'VariableName') names.add(source.textOf(part));
  return names;
}

/** Pairs of target and value of an assignment; of tuples and attributes, none. */
function assignmentsOf(source: Source, node: SyntaxNode): { name: string; values: ValueOutline[] }[] {
  const parts = childrenOf(node);
  if (parts.some(({ name }) => name === ',')) return [];
  const last = parts.at(-1)!;
  if (parts.length < 3 || last.name === 'AssignOp') return [];
  const values = valuesOf(source, last);
  return parts
    .slice(0, -1)
    .filter(({ name }) => name === 'VariableName')
    .map((target) => ({ name: source.textOf(target), values }));
}

/** Values with names of local variables replaced by what those are assigned, as far as that is told; each name once. */
function substitute(
  values: readonly ValueOutline[],
  locals: ReadonlyMap<string, readonly ValueOutline[]>,
): ValueOutline[] {
  const found: ValueOutline[] = [];
  const seen = new Set<string>();
  const left = values.toReversed();
  for (let value = left.pop(); value; value = left.pop()) {
    const [name] = value.name;
    const own = value.kind === 'name' && value.name.length === 1 ? locals.get(name) : undefined;
    if (!own) found.push(value);
    if (!own || seen.has(name)) continue;
    seen.add(name);
    for (const one of own.toReversed()) left.push(one);
  }
  return found;
}

function readFunction(source: Source, node: SyntaxNode): FunctionOutline | undefined {
  const name = node.getChild('VariableName');
  if (!name) return undefined;
  const locals = new Map<string, ValueOutline[]>();
  const results: ValueOutline[] = [];
  const body = node.getChild('Body');
  const inner = body ? [...descendantsOf(body, (part) => SCOPES.has(part.name))] : [];
  for (const part of inner) {
    if (part.name === 'AssignStatement') {
      for (const { name: target, values } of assignmentsOf(source, part)) {
        const known = locals.get(target) ?? [];
        known.push(...values);
        locals.set(target, known);
      }
    }
    // What returns several things returns no model.
    if (part.name === 'ReturnStatement' && !part.getChild(',')) {
      for (const child of childrenOf(part)) results.push(...valuesOf(source, child));
    }
  }
  const annotation = node.getChild('TypeDef');
  const annotated = annotation ? childrenOf(annotation).map((child) => dottedName(source, child)) : [];
  return {
    kind: 'function',
    name: source.textOf(name),
    range: source.rangeOf(node),
    parameters: readParameters(source, node.getChild('ParamList')),
    results: [
      ...substitute(results, locals),
      ...annotated.filter((one) => one !== undefined).map((one) => ({ kind: 'call', name: one }) as const),
    ],
    mentions: body ? mentionsOf(source, body) : new Set(),
  };
}

function functionsIn(body: SyntaxNode): SyntaxNode[] {
  return childrenOf(body).flatMap((node) => {
    if (node.name === 'DecoratedStatement') return childrenOf(node).filter(({ name }) => name === 'FunctionDefinition');
    return node.name === 'FunctionDefinition' ? [node] : [];
  });
}

function makesParts(source: Source, method: SyntaxNode): boolean {
  const calls = [...descendantsOf(method)].filter(({ name }) => name === 'CallExpression');
  return calls.some((call) => !/(?:^|\.)(?:super|__init__)$/.test(source.textOf(call.firstChild!)));
}

function readClass(source: Source, node: SyntaxNode): ClassOutline | undefined {
  const name = node.getChild('VariableName');
  const body = node.getChild('Body');
  // A head without a body is being typed.
  if (!name || !body) return undefined;
  const list = node.getChild('ArgList');
  // A keyword (`metaclass=M`) is a name, `=` and a value.
  const bases = (list ? childrenOf(list) : []).filter(
    (part) => part.nextSibling?.name !== 'AssignOp' && part.prevSibling?.name !== 'AssignOp',
  );
  const methods = functionsIn(body);
  const nameOf = (method: SyntaxNode) => source.textOf(method.getChild('VariableName') ?? method);
  const initializer = methods.find((method) => nameOf(method) === '__init__');
  return {
    kind: 'class',
    name: source.textOf(name),
    range: source.rangeOf(node),
    bases: bases.map((base) => dottedName(source, base)).filter((base) => base !== undefined),
    ...(initializer && { parameters: readParameters(source, initializer.getChild('ParamList')).slice(1) }),
    makesParts: initializer !== undefined && makesParts(source, initializer),
    methods: new Set(methods.map(nameOf)),
    mentions: mentionsOf(source, body),
  };
}

function readVariables(source: Source, node: SyntaxNode): (VariableOutline | FunctionOutline)[] {
  const range = source.rangeOf(node);
  const lambda = node.lastChild?.name === 'LambdaExpression' ? node.lastChild : undefined;
  return assignmentsOf(source, node).map(({ name, values }) => {
    if (!lambda) return { kind: 'variable', name, values, range };
    const results = valuesOf(source, lambda.lastChild!);
    const parameters = readParameters(source, lambda.getChild('ParamList'));
    return { kind: 'function', name, range, parameters, results, mentions: mentionsOf(source, lambda) };
  });
}

/** `if __name__ == "__main__":` without its `else`. */
function isMainPart(source: Source, node: SyntaxNode): boolean {
  const condition = childrenOf(node)[1];
  return condition !== undefined && /^\(?\s*__name__\s*==|==\s*__name__\s*\)?$/.test(source.textOf(condition));
}

interface Statements {
  readonly imports: ImportOutline[];
  readonly definitions: DefinitionOutline[];
}

function readStatement(source: Source, node: SyntaxNode, outline: Statements): void {
  switch (node.name) {
    case 'ImportStatement':
      outline.imports.push(...readImport(source, node));
      return;
    case 'ClassDefinition':
    case 'FunctionDefinition': {
      const read = node.name === 'ClassDefinition' ? readClass(source, node) : readFunction(source, node);
      if (read) outline.definitions.push(read);
      return;
    }
    case 'AssignStatement':
      outline.definitions.push(...readVariables(source, node));
      return;
    case 'IfStatement':
      if (isMainPart(source, node)) return;
      break;
    case 'DecoratedStatement':
    case 'TryStatement':
    case 'WithStatement':
    case 'Body':
    case 'StatementGroup':
    case 'Script':
      break;
    default:
      return;
  }
  for (const child of childrenOf(node)) readStatement(source, child, outline);
}

/** An import by each of the names that it binds; by none where that is `from module import *`. */
function byName(one: PlacedImport): ReadonlyMap<string, PlacedImport> {
  const { module, binds } = one;
  if (binds.kind === 'all') return new Map();
  if (binds.kind === 'module') return new Map([[binds.as ?? module[0], one]]);
  const names = binds.names.toReversed().map((name) => [name.as, { ...one, binds: { kind: 'names', names: [name] } }]);
  return new Map(names as [string, PlacedImport][]);
}

/** Imports by what they bind, the last ones first. */
function indexImports(imports: readonly ImportOutline[]): Pick<ModuleOutline, 'bound' | 'unnamed'> {
  const placed: readonly PlacedImport[] = imports.map((one, place) => ({ ...one, place })).reverse();
  const bound = new Map<string, PlacedImport[]>();
  for (const [name, one] of placed.flatMap((each) => [...byName(each)])) {
    const known = bound.get(name) ?? [];
    known.push(one);
    bound.set(name, known);
  }
  return { bound, unnamed: placed.filter(({ binds }) => binds.kind === 'all').slice(0, MOST_UNNAMED) };
}

/** The outline of a text, however unfinished. @throws a RangeError where it is nested deeper than the stack. */
export function readOutline(text: string): ModuleOutline {
  const source = parsePython(text);
  const outline: Statements = { imports: [], definitions: [] };
  readStatement(source, source.root, outline);
  const { imports, definitions } = outline;
  return { definitions, last: new Map(definitions.map((one) => [one.name, one])), ...indexImports(imports) };
}
