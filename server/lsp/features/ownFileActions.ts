/**
 * The quick fix for a PyTorch model that needs what only the main part of a script sets, or what a script takes from its command line: a
 * file of the user's own that makes it.
 */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  type CodeAction,
  CodeActionKind,
  type Diagnostic,
  TextDocumentEdit,
  TextEdit,
  type WorkspaceEdit,
} from 'vscode-languageserver/node';
import { readText } from '../../files/regular';
import { splitModelSpecifier } from '../../frontends/specifier';
import { fileThatSets, fileWithArguments, type PythonText } from '../../frontends/torch/ownFile';
import type { FixContext } from './codeActions';
import { type BuildData, SOURCE } from './diagnostics';

/** As Python says it of a name that nothing has set. */
const MISSING = /^NameError: name '(\w+)' is not defined/;

/** As `loader/failures.py` says it. */
const ARGUMENTS = /^The model needs arguments of the command line/;

function creationOf(context: FixContext, uri: string, text: string): WorkspaceEdit {
  const { documentChanges, createsFiles } = context.client();
  const edit = TextEdit.insert({ line: 0, character: 0 }, text);
  if (!documentChanges || !createsFiles) return { changes: { [uri]: [edit] } };
  const create = { kind: 'create' as const, uri, options: { ignoreIfExists: true } };
  return { documentChanges: [create, TextDocumentEdit.create({ uri, version: null }, [edit])] };
}

/** A file that makes the model of a diagnostic, with what it is to be called in a title; undefined where none helps. */
async function ownFileFor(
  context: FixContext,
  diagnostic: Diagnostic,
  script: string,
  file: string,
  construct: string,
) {
  const textOf = async (path: string): Promise<PythonText> => {
    const text = context.documents.ofFile(path)?.getText() ?? (await readText(path).catch(() => ''));
    return { path, text };
  };
  const message = typeof diagnostic.message === 'string' ? diagnostic.message : '';
  const name = MISSING.exec(message)?.[1];
  if (name === undefined && !ARGUMENTS.test(message)) return undefined;
  const [model, from] = [await textOf(file), await textOf(script)];
  const made =
    name === undefined
      ? fileWithArguments(model, construct, from, diagnostic.range.start.line + 1)
      : fileThatSets(model, construct, from, name);
  const gives = name === undefined ? `gives ${basename(script)} its arguments` : `sets ${name}`;
  return made && { ...made, title: `Write ${made.name}, which ${gives} and makes the model` };
}

async function fixOf(context: FixContext, script: string, diagnostic: Diagnostic): Promise<CodeAction[]> {
  if (diagnostic.source !== SOURCE || diagnostic.code !== 'build') return [];
  const { file, exportName } = splitModelSpecifier((diagnostic.data as BuildData).model);
  if (exportName === undefined) return [];
  const made = await ownFileFor(context, diagnostic, script, file, exportName);
  const path = made && join(dirname(file), made.name);
  if (!path || existsSync(path)) return [];
  const edit = creationOf(context, context.documents.uriOf(path), made.text);
  return [{ title: made.title, kind: CodeActionKind.QuickFix, diagnostics: [diagnostic], edit }];
}

/** A fix for each of the diagnostics of a file that one can be offered for. */
export async function ownFileActions(
  context: FixContext,
  file: string,
  diagnostics: readonly Diagnostic[],
): Promise<readonly CodeAction[]> {
  return (await Promise.all(diagnostics.map((diagnostic) => fixOf(context, file, diagnostic)))).flat();
}
