/** Files of the user's own that make a model whose script sets what it needs in its main part, or takes it from the command line. */
import { basename, dirname, extname, join, relative, sep } from 'node:path';
import { childrenOf, descendantsOf, parsePython, type Source, type SyntaxNode } from '../python/discovery/syntaxTree';
import { neededArguments } from './scriptArguments';

/** What is known of the name. */
interface Setting {
  /** Line that sets it, from 1. */
  readonly line: number;
  /** The statement's first line. */
  readonly code: string;
  /** What it is set to, where that is a number or a text that is written down. */
  readonly literal?: string;
}

const LITERALS = new Set(['Number', 'String', 'Boolean', 'None']);

/** Where the main part of a script sets a name; undefined where it does not. */
function settingOf({ root, textOf, rangeOf }: Source, name: string): Setting | undefined {
  const isMainPart = (node: SyntaxNode) =>
    node.name === 'IfStatement' && /__name__/.test(childrenOf(node).slice(0, 3).map(textOf).join(' '));
  for (const part of childrenOf(root).filter(isMainPart)) {
    for (const node of descendantsOf(part)) {
      if (node.name !== 'AssignStatement') continue;
      const parts = childrenOf(node);
      const [target, , value] = parts;
      if (target?.name !== 'VariableName' || textOf(target) !== name) continue;
      return {
        line: rangeOf(node).start.line,
        code: textOf(node).split('\n')[0].trim(),
        ...(parts.length === 3 && LITERALS.has(value.name) && { literal: textOf(value) }),
      };
    }
  }
  return undefined;
}

/** Names that a text defines, assigns or imports at its top. */
function namesAtTop({ root, textOf }: Source): ReadonlySet<string> {
  const names = childrenOf(root).flatMap((node) => {
    if (!/^(ClassDefinition|FunctionDefinition|AssignStatement|ImportStatement|DecoratedStatement)$/.test(node.name)) {
      return [];
    }
    const isInner = ({ name }: SyntaxNode) => name === 'Body' || name === 'ArgList' || name === 'ParamList';
    return [...descendantsOf(node, isInner)].filter(({ name }) => name === 'VariableName').map(textOf);
  });
  return new Set(names);
}

/** An expression with `module.` before the names that are the module's. */
function qualified(expression: string, module: string, isOfModule: (name: string) => boolean): string {
  const { root, textOf } = parsePython(expression);
  const places = [...descendantsOf(root)]
    .filter((node) => node.name === 'VariableName' && node.nextSibling?.name !== 'AssignOp' && isOfModule(textOf(node)))
    .map(({ from }) => from);
  return places.reduceRight((text, from) => `${text.slice(0, from)}${module}.${text.slice(from)}`, expression);
}

/** Attributes that a text takes of a name, each once: `depth` of `args.depth`. */
function attributesOf(text: string, name: string): readonly string[] {
  const found = text.matchAll(new RegExp(`(?<![\\w.])${name}\\.([A-Za-z_]\\w*)\\b(?!\\s*\\()`, 'g'));
  return [...new Set([...found].map(([, attribute]) => attribute))];
}

/** A Python file with its text. */
export interface PythonText {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}

export interface OwnFile {
  /** Its name, for the folder of the model's file. */
  readonly name: string;
  readonly text: string;
}

const moduleOf = (path: string): string => basename(path, extname(path));

/** The dotted name by which a file in the folder of the model's imports a script; undefined where there is none. */
function importedAs(script: string, model: PythonText): string | undefined {
  const below = relative(dirname(model.path), script).split(sep);
  const imports = [...model.text.matchAll(/^\s*(?:from|import)\s+([A-Za-z_][\w.]*)/gm)].map(([, name]) => name);
  // As the model does, so that both have one and the same module.
  const known = imports.find((name) => script.endsWith(join(sep, ...name.split('.')) + extname(script)));
  const name = below.length === 1 ? moduleOf(script) : (known ?? [...below.slice(0, -1), moduleOf(script)].join('.'));
  return name.split('.').every((part) => /^[A-Za-z_]\w*$/.test(part)) ? name : undefined;
}

/** Statements of a model's own file: the script's module, the model's, how both are imported, and the line that makes the model. */
interface Parts {
  readonly script: string;
  readonly imports: string;
  readonly making: string;
}

/** @param isAlsoOfModule Of a name that the model's file does not define, whether it is the file's. */
function partsOf(
  model: PythonText,
  construct: string,
  script: string,
  isAlsoOfModule: (name: string) => boolean,
): Parts | undefined {
  const [module, other] = [importedAs(model.path, model), importedAs(script, model)];
  if (module === undefined || other === undefined) return undefined;
  const isPart = /^\s*from\s+\.+/m.test(model.text);
  if (isPart && other.includes('.')) return undefined;
  const names = namesAtTop(parsePython(model.text));
  const made = qualified(construct, module, (one) => names.has(one) || isAlsoOfModule(one));
  const isCalled = new RegExp(`^\\s*(?:class|def)\\s+${construct}\\b`, 'm').test(model.text);
  const modules = [...new Set([other, module])].join(', ');
  return {
    script: other,
    imports: isPart ? `from . import ${modules}` : `import ${modules}`,
    making: `model = ${made}${/^\w+$/.test(construct) && isCalled ? '()' : ''}`,
  };
}

function fileOf(model: PythonText, lines: readonly string[]): OwnFile {
  return { name: `${moduleOf(model.path)}_model.py`, text: `${lines.join('\n')}\n` };
}

/**
 * The file that sets `name`, which a script's main part sets, and makes the model `construct`; undefined where the script's main part
 * does not set it, or a file cannot be imported.
 * @param script The script that uses the name: the model's own file, or one that it imports.
 */
export function fileThatSets(
  model: PythonText,
  construct: string,
  script: PythonText,
  name: string,
): OwnFile | undefined {
  const setting = settingOf(parsePython(script.text), name);
  const isSame = script.path === model.path;
  const parts = setting && partsOf(model, construct, script.path, (one) => isSame && one === name);
  if (!parts) return undefined;
  const attributes = attributesOf(script.text, name);
  const fields = attributes.map((attribute) => `${attribute}=None`).join(', ');
  const value = setting.literal ?? (attributes.length > 0 ? `types.SimpleNamespace(${fields})` : 'None');
  const place = `Line ${setting.line} of ${basename(script.path)} sets it: ${setting.code}`;
  const imports = parts.imports.startsWith('import')
    ? parts.imports.replace('import', 'import types,')
    : `import types; ${parts.imports}`;
  return fileOf(model, [imports, `${parts.script}.${name} = ${value}  # ${place}`, parts.making]);
}

/**
 * The file that gives a script the arguments of its command line that it asks for at its top, and makes the model `construct`; undefined
 * where it asks for none that must be given, or a file cannot be imported.
 * @param line Of the script, which asks, from 1.
 */
export function fileWithArguments(
  model: PythonText,
  construct: string,
  script: PythonText,
  line: number,
): OwnFile | undefined {
  const given = neededArguments(script.text);
  const parts = given.length > 0 ? partsOf(model, construct, script.path, () => false) : undefined;
  if (!parts) return undefined;
  const code = script.text.split('\n')[line - 1]?.trim() ?? '';
  const list = [basename(script.path), ...given].map((one) => JSON.stringify(one)).join(', ');
  const place = `Line ${line} of ${basename(script.path)} reads them: ${code}`;
  return fileOf(model, [`import sys; sys.argv = [${list}]  # ${place}`, parts.imports, parts.making]);
}
