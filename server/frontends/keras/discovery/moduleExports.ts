/** What a module imports, defines and exports, in ES and CommonJS syntax. */
import { type Node, unwrap } from './syntax';

export interface ExportedValue {
  readonly exportName: string;
  /** The exported expression or function; an identifier where it is defined elsewhere in the module. */
  readonly value: Node;
  /** The statement or declaration to show for it. */
  readonly whole: Node;
}

export interface ImportedNames {
  /** Local names that stand for TensorFlow.js or for something of it. */
  readonly tensorflowNames: ReadonlySet<string>;
  /** Local names of imports from other files of the user. */
  readonly relativeNames: ReadonlySet<string>;
}

function declaredNames(pattern: Node): string[] {
  if (pattern.type === 'Identifier') return [pattern.name];
  if (pattern.type !== 'ObjectPattern') return [];
  return pattern.properties.flatMap((property) =>
    property.type === 'ObjectProperty' && property.value.type === 'Identifier' ? [property.value.name] : [],
  );
}

/** The module that `require('module')` names, or `import x = require('module')`. */
function requiredModule(node: Node | null | undefined): string | undefined {
  if (node?.type !== 'CallExpression' || node.callee.type !== 'Identifier' || node.callee.name !== 'require') return;
  const [argument] = node.arguments;
  return argument?.type === 'StringLiteral' ? argument.value : undefined;
}

/** Pairs of a module and the local names it gives. */
function moduleNames(statement: Node): [string, string[]][] {
  switch (statement.type) {
    case 'ImportDeclaration':
      return [[statement.source.value, statement.specifiers.map(({ local }) => local.name)]];
    case 'TSImportEqualsDeclaration':
      return statement.moduleReference.type === 'TSExternalModuleReference'
        ? [[statement.moduleReference.expression.value, [statement.id.name]]]
        : [];
    case 'VariableDeclaration':
      return statement.declarations.flatMap(({ id, init }): [string, string[]][] => {
        const module = requiredModule(init);
        return module === undefined ? [] : [[module, declaredNames(id)]];
      });
    default:
      return [];
  }
}

export function importsOf(statements: readonly Node[]): ImportedNames {
  const imports = statements.flatMap(moduleNames);
  const namesFrom = (matches: (module: string) => boolean): Set<string> =>
    new Set(imports.filter(([module]) => matches(module)).flatMap(([, names]) => names));
  return {
    tensorflowNames: namesFrom((module) => module.startsWith('@tensorflow/tfjs')),
    relativeNames: namesFrom((module) => module.startsWith('.')),
  };
}

function declarationOf(statement: Node): Node {
  const exported = statement.type === 'ExportNamedDeclaration' || statement.type === 'ExportDefaultDeclaration';
  return (exported && statement.declaration) || statement;
}

/** Top-level functions and variables (their initial values) by name. */
export function localDefinitions(statements: readonly Node[]): Map<string, Node> {
  const definitions = new Map<string, Node>();
  for (const declaration of statements.map(declarationOf)) {
    if (declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration') {
      if (declaration.id) definitions.set(declaration.id.name, declaration);
    } else if (declaration.type === 'VariableDeclaration') {
      for (const { id, init } of declaration.declarations) {
        if (id.type === 'Identifier' && init) definitions.set(id.name, init);
      }
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
  if (declaration?.type === 'FunctionDeclaration' && declaration.id) {
    return [{ exportName: declaration.id.name, value: declaration, whole: statement }];
  }
  if (declaration?.type === 'VariableDeclaration') {
    return declaration.declarations.flatMap(({ id, init }) =>
      id.type === 'Identifier' && init ? [{ exportName: id.name, value: init, whole: statement }] : [],
    );
  }
  return specifiers.flatMap((specifier): ExportedValue[] => {
    if (specifier.type !== 'ExportSpecifier') return [];
    const { exported } = specifier;
    const exportName = exported.type === 'Identifier' ? exported.name : exported.value;
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
