/** What a module imports, defines and exports, in ES and CommonJS syntax. */
import { isFunction, type Node, unwrap, walk } from './syntax';

/** Whether a node has names of its own. */
const isScope = (node: Node): boolean => isFunction(node) || node.type === 'ClassBody';

export interface ExportedValue {
  readonly exportName: string;
  /** The exported expression or function; an identifier where it is defined elsewhere in the module. */
  readonly value: Node;
  /** The statement or declaration to show for it. */
  readonly whole: Node;
}

/** What a name stands for in another module. */
export interface ImportedName {
  /** As it is written: `./blocks`, `@tensorflow/tfjs`. */
  readonly module: string;
  /** The export; absent where the name is the whole module. */
  readonly name?: string;
}

/** An export that is passed on from another module. */
export interface PassedOn extends ImportedName {
  /** Absent where all exports of the module are passed on. */
  readonly exportName?: string;
  readonly whole: Node;
}

/** The name of a key or of an import or export: `a`, or `'a'`. */
export function nameOf(node: Node): string | undefined {
  if (node.type === 'Identifier') return node.name;
  return node.type === 'StringLiteral' ? node.value : undefined;
}

/** Names that a pattern gives to what it is assigned, with the property that each is; the whole where it is absent. */
export function namesOfPattern(pattern: Node): readonly { readonly local: string; readonly property?: string }[] {
  if (pattern.type === 'Identifier') return [{ local: pattern.name }];
  if (pattern.type !== 'ObjectPattern') return [];
  return pattern.properties.flatMap((property) => {
    if (property.type !== 'ObjectProperty') return [];
    const value = property.value.type === 'AssignmentPattern' ? property.value.left : property.value;
    const key = nameOf(property.key);
    return value.type === 'Identifier' && key !== undefined ? [{ local: value.name, property: key }] : [];
  });
}

/** The module that `require('module')` or `import('module')` names. */
export function requiredModule(node: Node | null | undefined): string | undefined {
  if (node?.type === 'ImportExpression') return nameOf(node.source);
  if (node?.type !== 'CallExpression') return undefined;
  const { callee } = node;
  const isRequire = callee.type === 'Import' || (callee.type === 'Identifier' && callee.name === 'require');
  const [argument] = node.arguments;
  return isRequire && argument?.type === 'StringLiteral' ? argument.value : undefined;
}

/** The names that statements import, and what they stand for. What is required within an expression is not among them. */
export function importsOf(statements: readonly Node[]): Map<string, ImportedName> {
  const imports = new Map<string, ImportedName>();
  for (const statement of statements) {
    if (statement.type === 'ImportDeclaration') {
      const module = statement.source.value;
      for (const specifier of statement.specifiers) {
        const name =
          specifier.type === 'ImportSpecifier'
            ? nameOf(specifier.imported)
            : specifier.type === 'ImportDefaultSpecifier'
              ? 'default'
              : undefined;
        imports.set(specifier.local.name, { module, ...(name !== undefined && { name }) });
      }
    } else if (
      statement.type === 'TSImportEqualsDeclaration' &&
      statement.moduleReference.type === 'TSExternalModuleReference'
    ) {
      imports.set(statement.id.name, { module: statement.moduleReference.expression.value });
    }
  }
  return imports;
}

/** A value that a name is given: the expression, and the property of it where it is one of several. */
export interface Definition {
  readonly value: Node;
  readonly property?: string;
  /** The type that the name is declared with. */
  readonly type?: Node;
}

/** What names are given in statements, functions within them apart: declarations, and assignments after them. */
export function definitionsOf(statements: readonly Node[]): Map<string, Definition[]> {
  const definitions = new Map<string, Definition[]>();
  const define = (name: string, definition: Definition): void => {
    definitions.set(name, [...(definitions.get(name) ?? []), definition]);
  };
  for (const node of statements.flatMap((statement) => [...walk(statement, isScope)])) {
    if (node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration') {
      if (node.id) define(node.id.name, { value: node });
    } else if (node.type === 'VariableDeclarator') {
      const type = node.id.type === 'Identifier' ? node.id.typeAnnotation : undefined;
      for (const { local, property } of namesOfPattern(node.id)) {
        if (!node.init && !type) continue;
        define(local, {
          value: node.init ?? node.id,
          ...(property !== undefined && { property }),
          ...(type && { type }),
        });
      }
    } else if (node.type === 'AssignmentExpression' && node.left.type === 'Identifier') {
      define(node.left.name, { value: node.right });
    }
  }
  return definitions;
}

/** `exports.name = value`, `module.exports.name = value`, `module.exports = value`, `module.exports = { name, … }`. */
function commonJsExports(statement: Node): ExportedValue[] {
  if (statement.type !== 'ExpressionStatement' || statement.expression.type !== 'AssignmentExpression') return [];
  const { left, right } = statement.expression;
  if (left.type !== 'MemberExpression' || left.property.type !== 'Identifier') return [];
  const isModuleExports = (node: Node): boolean =>
    node.type === 'MemberExpression' &&
    node.object.type === 'Identifier' &&
    node.object.name === 'module' &&
    node.property.type === 'Identifier' &&
    node.property.name === 'exports';
  const isExports = (node: Node): boolean =>
    (node.type === 'Identifier' && node.name === 'exports') || isModuleExports(node);
  if (isExports(left.object)) return [{ exportName: left.property.name, value: unwrap(right), whole: statement }];
  if (!isModuleExports(left)) return [];
  if (right.type !== 'ObjectExpression') return [{ exportName: 'default', value: unwrap(right), whole: statement }];
  return right.properties.flatMap((property): ExportedValue[] => {
    if (property.type === 'SpreadElement' || property.key.type !== 'Identifier') return [];
    const value = property.type === 'ObjectProperty' ? unwrap(property.value) : property;
    return [{ exportName: property.key.name, value, whole: property }];
  });
}

function namedExports(statement: Extract<Node, { type: 'ExportNamedDeclaration' }>): ExportedValue[] {
  const { declaration, specifiers, source } = statement;
  if (source) return [];
  if ((declaration?.type === 'FunctionDeclaration' || declaration?.type === 'ClassDeclaration') && declaration.id) {
    return [{ exportName: declaration.id.name, value: declaration, whole: statement }];
  }
  if (declaration?.type === 'VariableDeclaration') {
    return declaration.declarations.flatMap(({ id, init }) =>
      namesOfPattern(id).map(({ local, property }) => ({
        exportName: local,
        value: property === undefined && init ? init : ({ ...id, type: 'Identifier' as const, name: local } as Node),
        whole: statement,
      })),
    );
  }
  return specifiers.flatMap((specifier): ExportedValue[] => {
    const exportName = specifier.type === 'ExportSpecifier' ? nameOf(specifier.exported) : undefined;
    if (specifier.type !== 'ExportSpecifier' || exportName === undefined) return [];
    return [{ exportName, value: specifier.local, whole: statement }];
  });
}

/** Everything a module exports under a name, apart from what it passes on from other modules. */
export function exportsOf(statements: readonly Node[]): ExportedValue[] {
  return statements.flatMap((statement): ExportedValue[] => {
    switch (statement.type) {
      case 'ExportDefaultDeclaration':
        return [{ exportName: 'default', value: unwrap(statement.declaration), whole: statement }];
      case 'ExportNamedDeclaration':
        return namedExports(statement);
      case 'TSExportAssignment':
        return [{ exportName: 'default', value: unwrap(statement.expression), whole: statement }];
      default:
        return commonJsExports(statement);
    }
  });
}

/** What a module passes on from other modules: `export { a as b } from './c'`, `export * from './c'`. */
export function passedOnOf(statements: readonly Node[]): PassedOn[] {
  return statements.flatMap((statement): PassedOn[] => {
    if (statement.type === 'ExportAllDeclaration') return [{ module: statement.source.value, whole: statement }];
    if (statement.type !== 'ExportNamedDeclaration' || !statement.source) return [];
    const module = statement.source.value;
    return statement.specifiers.flatMap((specifier): PassedOn[] => {
      const exportName = nameOf(specifier.exported);
      if (exportName === undefined) return [];
      const name = specifier.type === 'ExportSpecifier' ? specifier.local.name : undefined;
      return [{ module, exportName, whole: statement, ...(name !== undefined && { name }) }];
    });
  });
}
