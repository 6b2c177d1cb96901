/** What expressions of a module stand for, as far as models go, by reading the syntax: nothing is run. */
import type { Neighbours } from '../../types';
import { type Definition, definitionsOf, nameOf, namesOfPattern, requiredModule } from './moduleExports';
import { type Module, readModule, resolveImport, TENSORFLOW } from './modules';
import { type FunctionNode, isFunction, type Node, needsNoArguments, unwrap, walk } from './syntax';

type ClassNode = Extract<Node, { type: 'ClassDeclaration' | 'ClassExpression' }>;

export type Meaning =
  | { readonly kind: 'unknown' }
  /** A `tf.LayersModel`. */
  | { readonly kind: 'model' }
  /** `tf`, or a namespace in it. */
  | { readonly kind: 'tensorflow' }
  /** A function of TensorFlow.js that gives a model, or a class of models. */
  | { readonly kind: 'maker' }
  /** `tf.tidy`: what the function gives that it is given. */
  | { readonly kind: 'tidy' }
  | { readonly kind: 'function'; readonly node: FunctionNode; readonly scope: Scope }
  | { readonly kind: 'class'; readonly node: ClassNode; readonly scope: Scope }
  | { readonly kind: 'instance'; readonly node: ClassNode; readonly scope: Scope }
  | { readonly kind: 'object'; readonly node: Extract<Node, { type: 'ObjectExpression' }>; readonly scope: Scope }
  | { readonly kind: 'module'; readonly module: Module };

/** Names around an expression. */
export interface Scope {
  readonly module: Module;
  readonly definitions: ReadonlyMap<string, readonly Definition[]>;
  /** Values of parameters. */
  readonly parameters?: ReadonlyMap<string, Meaning>;
  /** What `this` is. */
  readonly self?: Meaning;
  readonly outer?: Scope;
}

const UNKNOWN: Meaning = { kind: 'unknown' };
const MODEL: Meaning = { kind: 'model' };

/** What makes or is a model in TensorFlow.js. */
const MAKERS = new Set([
  'sequential',
  'model',
  'Sequential',
  'LayersModel',
  'loadLayersModel',
  'loadLayersModelSync',
  'modelFromJSON',
]);
const MODEL_TYPES = new Set(['Sequential', 'LayersModel']);
/** JSDoc's annotation of a function that returns a model. */
const RETURNS_MODEL = /@returns?\s*\{[^}\n]*\b(?:LayersModel|Sequential)\b/;

const isDocumented = ({ leadingComments }: Node): boolean =>
  (leadingComments ?? []).some(({ value }) => RETURNS_MODEL.test(value));

/** Steps after which nothing more is known: code can be written that would take for ever. */
const MOST_STEPS = 20_000;
const DEEPEST = 60;

/** What loading an export gives. */
export interface LoadedExport {
  /**
   * A model; a function that gives one, which can be called without arguments or needs some; or a function that can be called, of which
   * is not known what it gives.
   */
  readonly kind: 'model' | 'builder' | 'needs-arguments' | 'callable';
}

function moduleScope(module: Module): Scope {
  return { module, definitions: module.definitions };
}

function ofTensorflow(name: string): Meaning {
  if (MAKERS.has(name)) return { kind: 'maker' };
  return name === 'tidy' ? { kind: 'tidy' } : { kind: 'tensorflow' };
}

/** A search in progress. */
interface Reading {
  readonly neighbours: Neighbours;
  steps: number;
  depth: number;
}

/** Runs one step of a search that neither takes for ever nor ends in itself. */
function bounded(reading: Reading, step: () => Meaning): Meaning {
  if (reading.depth === 0) reading.steps = 0;
  if (reading.steps++ > MOST_STEPS || reading.depth > DEEPEST) return UNKNOWN;
  reading.depth++;
  const meaning = step();
  reading.depth--;
  return meaning;
}

/** The first that is known. */
function first<T>(items: Iterable<T>, meaningOf: (item: T) => Meaning): Meaning {
  for (const item of items) {
    const meaning = meaningOf(item);
    if (meaning.kind !== 'unknown') return meaning;
  }
  return UNKNOWN;
}

function ofImport(reading: Reading, from: Module, module: string, name: string | undefined): Meaning {
  if (module.startsWith(TENSORFLOW)) {
    return name === undefined || name === 'default' ? { kind: 'tensorflow' } : ofTensorflow(name);
  }
  const file = resolveImport(from.file, module, reading.neighbours);
  const target = file === undefined ? undefined : readModule(file, reading.neighbours);
  if (!target) return UNKNOWN;
  return name === undefined ? { kind: 'module', module: target } : ofExport(reading, target, name);
}

const ofExport = (reading: Reading, module: Module, name: string): Meaning =>
  bounded(reading, () => {
    const own = module.exports.filter(({ exportName }) => exportName === name);
    const meaning = first(own, ({ value }) => ofNode(reading, value, moduleScope(module)));
    if (meaning.kind !== 'unknown') return meaning;
    const passed = module.passedOn.filter(({ exportName }) => exportName === name);
    const all = module.passedOn.filter(({ exportName }) => exportName === undefined);
    return first([...passed, ...all], (one) =>
      ofImport(reading, module, one.module, one.exportName === undefined ? name : one.name),
    );
  });

/** Whether a type is a model or a promise of one. */
function isModelType(type: Node, { module }: Scope): boolean {
  if (type.type === 'TSTypeAnnotation') return isModelType(type.typeAnnotation, moduleScope(module));
  if (type.type !== 'TSTypeReference') return false;
  const { typeName } = type;
  if (typeName.type === 'Identifier') {
    const [inner] = type.typeParameters?.params ?? [];
    if (typeName.name === 'Promise' && inner) return isModelType(inner, moduleScope(module));
    const imported = module.imports.get(typeName.name);
    return imported?.module.startsWith(TENSORFLOW) === true && MODEL_TYPES.has(imported.name ?? '');
  }
  if (typeName.type !== 'TSQualifiedName' || typeName.left.type !== 'Identifier') return false;
  const isTensorflow = module.imports.get(typeName.left.name)?.module.startsWith(TENSORFLOW);
  return isTensorflow === true && MODEL_TYPES.has(typeName.right.name);
}

function ofDefinition(reading: Reading, { value, property, type }: Definition, scope: Scope): Meaning {
  if (property === undefined && type && isModelType(type, scope)) return MODEL;
  const meaning = ofNode(reading, value, scope);
  return property === undefined ? meaning : memberOf(reading, meaning, property);
}

function ofName(reading: Reading, name: string, scope: Scope): Meaning {
  for (let inner: Scope | undefined = scope; inner; inner = inner.outer) {
    const parameter = inner.parameters?.get(name);
    if (parameter) return parameter;
    const within = inner;
    const definitions = inner.definitions.get(name);
    if (definitions) return first(definitions, (definition) => ofDefinition(reading, definition, within));
  }
  const imported = scope.module.imports.get(name);
  return imported ? ofImport(reading, scope.module, imported.module, imported.name) : UNKNOWN;
}

/** What `this.name = value` gives in the methods of a class. */
const assigned = (node: ClassNode, name: string): Node[] =>
  [...walk(node.body)].flatMap((part) =>
    part.type === 'AssignmentExpression' &&
    part.left.type === 'MemberExpression' &&
    part.left.object.type === 'ThisExpression' &&
    nameOf(part.left.property) === name
      ? [part.right]
      : [],
  );

function memberOfClass(reading: Reading, node: ClassNode, name: string, isStatic: boolean, scope: Scope): Meaning {
  const self: Meaning = { kind: isStatic ? 'class' : 'instance', node, scope };
  const inside: Scope = { module: scope.module, definitions: new Map(), self, outer: scope };
  const own = node.body.body.filter((one) => 'key' in one && nameOf(one.key) === name);
  const meaning = first(own, (member): Meaning => {
    if ('static' in member && (member.static ?? false) !== isStatic) return UNKNOWN;
    if (member.type === 'ClassProperty') {
      if (member.typeAnnotation && isModelType(member.typeAnnotation, inside)) return MODEL;
      return member.value ? ofNode(reading, member.value, inside) : UNKNOWN;
    }
    if (member.type !== 'ClassMethod') return UNKNOWN;
    const method: Meaning = { kind: 'function', node: member, scope: inside };
    return member.kind === 'get' ? call(reading, method, [], inside) : method;
  });
  if (meaning.kind !== 'unknown') return meaning;
  const given = isStatic ? UNKNOWN : first(assigned(node, name), (value) => ofNode(reading, value, inside));
  if (given.kind !== 'unknown' || !node.superClass) return given;
  const above = ofNode(reading, node.superClass, scope);
  return above.kind === 'class' ? memberOfClass(reading, above.node, name, isStatic, above.scope) : UNKNOWN;
}

const memberOf = (reading: Reading, meaning: Meaning, name: string): Meaning =>
  bounded(reading, () => {
    switch (meaning.kind) {
      case 'tensorflow':
        return ofTensorflow(name);
      case 'module':
        return ofExport(reading, meaning.module, name);
      case 'class':
      case 'instance':
        return memberOfClass(reading, meaning.node, name, meaning.kind === 'class', meaning.scope);
      case 'object':
        return first(meaning.node.properties, (property): Meaning => {
          if (property.type === 'SpreadElement')
            return memberOf(reading, ofNode(reading, property.argument, meaning.scope), name);
          if (nameOf(property.key) !== name) return UNKNOWN;
          return ofNode(reading, property.type === 'ObjectMethod' ? property : property.value, meaning.scope);
        });
      default:
        return UNKNOWN;
    }
  });

function construct(reading: Reading, meaning: Meaning): Meaning {
  if (meaning.kind === 'maker') return MODEL;
  if (meaning.kind !== 'class') return UNKNOWN;
  const { node, scope } = meaning;
  const above = node.superClass ? construct(reading, ofNode(reading, node.superClass, scope)) : UNKNOWN;
  return above.kind === 'model' ? MODEL : { kind: 'instance', node, scope };
}

/** What a function gives, called with `values`. */
const call = (reading: Reading, callee: Meaning, values: readonly Meaning[], from: Scope): Meaning =>
  bounded(reading, () => {
    if (callee.kind === 'maker') return MODEL;
    if (callee.kind === 'tidy') return first(values, (value) => call(reading, value, [], from));
    if (callee.kind !== 'function') return UNKNOWN;
    const { node, scope } = callee;
    if (isDocumented(node)) return MODEL;
    if (node.returnType && isModelType(node.returnType, scope)) return MODEL;
    const parameters = new Map<string, Meaning>();
    node.params.forEach((parameter, index) => {
      const target = parameter.type === 'AssignmentPattern' ? parameter.left : parameter;
      const given =
        values[index] ?? (parameter.type === 'AssignmentPattern' ? ofNode(reading, parameter.right, scope) : UNKNOWN);
      for (const { local, property } of namesOfPattern(target)) {
        parameters.set(local, property === undefined ? given : memberOf(reading, given, property));
      }
    });
    if (node.body.type !== 'BlockStatement') {
      return ofNode(reading, node.body, { module: scope.module, definitions: new Map(), parameters, outer: scope });
    }
    const { body } = node.body;
    const inside: Scope = { module: scope.module, definitions: definitionsOf(body), parameters, outer: scope };
    const returned = body.flatMap((statement) => [...walk(statement, isFunction)]);
    return first(returned, (part) =>
      part.type === 'ReturnStatement' && part.argument ? ofNode(reading, part.argument, inside) : UNKNOWN,
    );
  });

function ofCall(reading: Reading, node: Extract<Node, { type: 'CallExpression' }>, scope: Scope): Meaning {
  const values = (): Meaning[] => node.arguments.map((argument) => ofNode(reading, argument, scope));
  const callee = unwrap(node.callee);
  if (callee.type === 'MemberExpression') {
    const name = nameOf(callee.property);
    const isPromise = callee.object.type === 'Identifier' && callee.object.name === 'Promise';
    if (isPromise && name === 'resolve') return values()[0] ?? UNKNOWN;
    const object = ofNode(reading, callee.object, scope);
    if (name === 'then') return call(reading, values()[0] ?? UNKNOWN, [object], scope);
    // Promises that only look on, and functions with another `this`.
    if (name === 'catch' || name === 'finally') return object;
    if (object.kind === 'function' && name === 'bind') return object;
    if (object.kind === 'function' && name === 'call') return call(reading, object, values().slice(1), scope);
  }
  return call(reading, ofNode(reading, callee, scope), values(), scope);
}

const selfOf = (scope: Scope | undefined): Meaning => (scope ? (scope.self ?? selfOf(scope.outer)) : UNKNOWN);

const ofNode = (reading: Reading, wrapped: Node, scope: Scope): Meaning =>
  bounded(reading, () => {
    const node = unwrap(wrapped);
    const module = requiredModule(node);
    if (module !== undefined) return ofImport(reading, scope.module, module, undefined);
    if (isFunction(node)) return { kind: 'function', node, scope };
    switch (node.type) {
      case 'ClassDeclaration':
      case 'ClassExpression':
        return { kind: 'class', node, scope };
      case 'ObjectExpression':
        return { kind: 'object', node, scope };
      case 'Identifier':
        return ofName(reading, node.name, scope);
      case 'ThisExpression':
        return selfOf(scope);
      case 'MemberExpression':
      case 'OptionalMemberExpression': {
        const name = node.computed && node.property.type === 'Identifier' ? undefined : nameOf(node.property);
        return name === undefined ? UNKNOWN : memberOf(reading, ofNode(reading, node.object, scope), name);
      }
      case 'CallExpression':
        return ofCall(reading, node, scope);
      case 'NewExpression':
        return construct(reading, ofNode(reading, node.callee, scope));
      case 'ConditionalExpression':
        return first([node.consequent, node.alternate], (one) => ofNode(reading, one, scope));
      case 'LogicalExpression':
        return first([node.left, node.right], (one) => ofNode(reading, one, scope));
      case 'AssignmentExpression':
        return ofNode(reading, node.right, scope);
      case 'SequenceExpression':
        return ofNode(reading, node.expressions[node.expressions.length - 1], scope);
      default:
        return UNKNOWN;
    }
  });

/** The expressions that a function gives. */
function returnedBy(node: FunctionNode): readonly Node[] {
  if (node.body.type !== 'BlockStatement') return [node.body];
  return node.body.body
    .flatMap((statement) => [...walk(statement, isFunction)])
    .flatMap((part) => (part.type === 'ReturnStatement' && part.argument ? [part.argument] : []));
}

/** Whether what an expression gives cannot be told from the code: it calls something that is not here. */
function isOpen(wrapped: Node): boolean {
  const node = unwrap(wrapped);
  if (node.type === 'ConditionalExpression') return isOpen(node.consequent) || isOpen(node.alternate);
  if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return false;
  const callee = unwrap(node.callee);
  const owner = callee.type === 'MemberExpression' ? unwrap(callee.object) : callee;
  return (
    owner.type !== 'Identifier' ||
    !/^(?:console|Math|JSON|Object|Array|String|Number|Promise|Map|Set)$/.test(owner.name)
  );
}

/** Whether only running a function tells whether it gives a model; a type that says something else tells. */
function mayGiveModel({ returnType, ...node }: FunctionNode): boolean {
  const isTyped = returnType?.type === 'TSTypeAnnotation' && returnType.typeAnnotation.type !== 'TSAnyKeyword';
  return !isTyped && returnedBy(node as FunctionNode).some(isOpen);
}

function kindOf(reading: Reading, meaning: Meaning, isSaid: boolean): LoadedExport['kind'] | undefined {
  if (meaning.kind === 'model') return 'model';
  if (meaning.kind !== 'function') return undefined;
  const isModel = isSaid || call(reading, meaning, [], meaning.scope).kind === 'model';
  if (!needsNoArguments(meaning.node)) return isModel ? 'needs-arguments' : undefined;
  return isModel ? 'builder' : 'callable';
}

/** What is told of exports. */
export interface ExportReader {
  /** Undefined for what is neither a model nor a function that gives one or can be called without arguments. */
  read(module: Module, name: string): LoadedExport | undefined;
  /** What an exported object or class has: models, functions, and for a class its method `build`. */
  members(module: Module, name: string): readonly (LoadedExport & { readonly name: string; readonly node?: Node })[];
  /** Whether only running it tells whether an export is a model. */
  isOpen(module: Module, name: string): boolean;
}

/** The method of a class that gives its model. */
const BUILD = 'build';

/** `neighbours` are the modules that a module may import. */
export function createExportReader(neighbours: Neighbours): ExportReader {
  const reading: Reading = { neighbours, steps: 0, depth: 0 };
  const member = (of: Meaning, module: Module, name: string, node: Node) => {
    const kind = kindOf(reading, memberOf(reading, of, name), false);
    const isHere = 'scope' in of && of.scope.module === module;
    return kind === undefined ? [] : [{ name, kind, ...(isHere && { node }) }];
  };
  return {
    read(module, name) {
      const meaning = ofExport(reading, module, name);
      // The comment before an exported function belongs to the statement that exports it.
      const isSaid = module.exports.some(({ exportName, whole }) => exportName === name && isDocumented(whole));
      const kind = kindOf(reading, meaning, isSaid);
      return kind === undefined ? undefined : { kind };
    },
    members(module, name) {
      const meaning = ofExport(reading, module, name);
      if (meaning.kind === 'object') {
        return meaning.node.properties.flatMap((property) => {
          const key = property.type === 'SpreadElement' ? undefined : nameOf(property.key);
          return key === undefined ? [] : member(meaning, module, key, property);
        });
      }
      if (meaning.kind !== 'class') return [];
      const { body } = meaning.node.body;
      const maker = body.find((one) => one.type === 'ClassMethod' && one.kind === 'constructor');
      const needsNothing = maker?.type !== 'ClassMethod' || needsNoArguments(maker);
      const build = body.find((one) => 'key' in one && nameOf(one.key) === BUILD);
      const isStatic = build !== undefined && 'static' in build && build.static === true;
      const of = isStatic ? meaning : construct(reading, meaning);
      return needsNothing || isStatic ? member(of, module, BUILD, build ?? meaning.node) : [];
    },
    isOpen(module, name) {
      const meaning = ofExport(reading, module, name);
      if (meaning.kind === 'function') return needsNoArguments(meaning.node) && mayGiveModel(meaning.node);
      const own = module.exports.find(({ exportName }) => exportName === name);
      if (meaning.kind !== 'unknown' || !own) return false;
      const [definition] = own.value.type === 'Identifier' ? (module.definitions.get(own.value.name) ?? []) : [];
      return definition ? !definition.type && isOpen(definition.value) : isOpen(own.value);
    },
  };
}
