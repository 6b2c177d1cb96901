/** A file of the user's own that makes a model whose script sets a name in its main part, which does not run while the model is loaded. */
import { basename, extname } from 'node:path';
import { childrenOf, descendantsOf, parsePython, type Source, type SyntaxNode } from '../python/discovery/syntaxTree';

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

export interface OwnFile {
  /** Its name, for the folder of the script. */
  readonly name: string;
  readonly text: string;
}

/**
 * The file that sets `name` and makes the model `construct` of a script; undefined where the script's main part does not set it, or
 * the script is no module that can be imported.
 * @param script Path of the script.
 */
export function ownFile(script: string, text: string, name: string, construct: string): OwnFile | undefined {
  const module = basename(script, extname(script));
  const source = parsePython(text);
  const setting = /^[A-Za-z_]\w*$/.test(module) ? settingOf(source, name) : undefined;
  if (!setting) return undefined;
  const attributes = attributesOf(text, name);
  const fields = attributes.map((attribute) => `${attribute}=None`).join(', ');
  const value = setting.literal ?? (attributes.length > 0 ? `types.SimpleNamespace(${fields})` : 'None');
  const names = namesAtTop(source);
  const model = qualified(construct, module, (one) => names.has(one) || one === name);
  const isCalled = new RegExp(`^\\s*(?:class|def)\\s+${construct}\\b`, 'm').test(text);
  const isPart = /^\s*from\s+\.+/m.test(text);
  const lines = [
    ...(isPart ? [`import types; from . import ${module}`] : [`import types, ${module}`]),
    `${module}.${name} = ${value}  # Line ${setting.line} of ${basename(script)} sets it: ${setting.code}`,
    `model = ${model}${/^\w+$/.test(construct) && isCalled ? '()' : ''}`,
  ];
  return { name: `${module}_model.py`, text: `${lines.join('\n')}\n` };
}
