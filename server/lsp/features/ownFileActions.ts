/** The quick fix for a PyTorch model that needs what only the main part of its script sets: a file of the user's own that makes it. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
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
import { ownFile } from '../../frontends/torch/ownFile';
import type { FixContext } from './codeActions';
import { type BuildData, SOURCE } from './diagnostics';

/** As Python says it of a name that nothing has set. */
const MISSING = /^NameError: name '(\w+)' is not defined/;

function creationOf(context: FixContext, uri: string, text: string): WorkspaceEdit {
  const { documentChanges, createsFiles } = context.client();
  const edit = TextEdit.insert({ line: 0, character: 0 }, text);
  if (!documentChanges || !createsFiles) return { changes: { [uri]: [edit] } };
  const create = { kind: 'create' as const, uri, options: { ignoreIfExists: true } };
  return { documentChanges: [create, TextDocumentEdit.create({ uri, version: null }, [edit])] };
}

async function fixOf(context: FixContext, diagnostic: Diagnostic): Promise<CodeAction[]> {
  const { message } = diagnostic;
  const name = typeof message === 'string' ? MISSING.exec(message)?.[1] : undefined;
  if (diagnostic.source !== SOURCE || diagnostic.code !== 'build' || name === undefined) return [];
  const { file, exportName } = splitModelSpecifier((diagnostic.data as BuildData).model);
  if (exportName === undefined) return [];
  const text = context.documents.ofFile(file)?.getText() ?? (await readText(file).catch(() => ''));
  const made = ownFile(file, text, name, exportName);
  const path = made && join(dirname(file), made.name);
  if (!made || !path || existsSync(path)) return [];
  const edit = creationOf(context, context.documents.uriOf(path), made.text);
  const title = `Write ${made.name}, which sets ${name} and makes the model`;
  return [{ title, kind: CodeActionKind.QuickFix, diagnostics: [diagnostic], edit }];
}

/** A fix for each of the diagnostics that one can be offered for. */
export async function ownFileActions(
  context: FixContext,
  diagnostics: readonly Diagnostic[],
): Promise<readonly CodeAction[]> {
  return (await Promise.all(diagnostics.map((diagnostic) => fixOf(context, diagnostic)))).flat();
}
