/** Quick fixes for layers that a sparsity leaves nothing of. */
import { existsSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { applyEdits } from 'jsonc-parser';
import {
  type CodeAction,
  CodeActionKind,
  type Diagnostic,
  TextDocumentEdit,
  TextEdit,
  type WorkspaceEdit,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { readText } from '../../files/regular';
import { serverCommands } from '../../protocol/editor';
import { findSettingsFile, SETTINGS_FILE } from '../../settings/find';
import type { Context } from '../context';
import { fileOfModel } from '../model/state';
import { type PrunableChange, prunableEdits } from '../settingsFile/prunable';
import { count, exactPercent } from '../text';
import { type DiagnosticData, SOURCE } from './diagnostics';

const MOST_KEPT = 100;
/** Layers of a problem that fixes are offered for; of more of them, it is the sparsity that is wrong. */
const MOST_EXCLUDED = 3;
const SPARSITIES = [0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999];
const EMPTY = '{}\n';

/** What quick fixes need of the server. */
export type FixContext = Pick<Context, 'client'> & {
  readonly documents: Pick<Context['documents'], 'ofFile' | 'uriOf'>;
  readonly folders: Pick<Context['folders'], 'of'>;
};

/** The settings file of a model as it is in the editor, or the one that would be made for it. */
async function settingsDocument({ documents, folders }: FixContext, modelFile: string) {
  const file = findSettingsFile(modelFile) ?? join(folders.of(modelFile), SETTINGS_FILE);
  const open = documents.ofFile(file);
  const isNew = !open && !existsSync(file);
  const text = open?.getText() ?? (isNew ? EMPTY : await readText(file));
  const modelPath = relative(dirname(file), modelFile).split(sep).join('/');
  return { uri: documents.uriOf(file), isNew, text, modelPath, version: open?.version ?? null };
}

/** The change of the settings as an edit that the editor can show before it is made; undefined where there is none to make. */
async function settingsEdit(
  context: FixContext,
  modelFile: string,
  change: PrunableChange,
): Promise<WorkspaceEdit | undefined> {
  const { uri, isNew, text, modelPath, version } = await settingsDocument(context, modelFile);
  const found = prunableEdits(text, modelPath, change);
  if (!found || found.length === 0) return undefined;
  const document = TextDocument.create(uri, 'jsonc', 0, text);
  const edits = isNew
    ? [TextEdit.insert({ line: 0, character: 0 }, applyEdits(text, found))]
    : found.map(({ offset, length, content }) =>
        TextEdit.replace({ start: document.positionAt(offset), end: document.positionAt(offset + length) }, content),
      );
  const { documentChanges, createsFiles } = context.client();
  // A client that cannot be told of new files makes them for the edit, or refuses it.
  if (!documentChanges || (isNew && !createsFiles)) return { changes: { [uri]: edits } };
  const create = { kind: 'create' as const, uri, options: { ignoreIfExists: true } };
  return { documentChanges: [...(isNew ? [create] : []), TextDocumentEdit.create({ uri, version }, edits)] };
}

async function fixesOf(context: FixContext, diagnostic: Diagnostic): Promise<CodeAction[]> {
  if (diagnostic.source !== SOURCE || (diagnostic.code !== 'collapse' && diagnostic.code !== 'disconnected')) return [];
  const { model, layers, sparsity, share } = diagnostic.data as DiagnosticData;
  const file = fileOfModel(model);
  const fix = { kind: CodeActionKind.QuickFix, diagnostics: [diagnostic] };
  const inSettings = async (title: string, change: PrunableChange): Promise<CodeAction[]> => {
    const edit = await settingsEdit(context, file, change);
    return edit ? [{ ...fix, title: `${title} (${SETTINGS_FILE})`, edit }] : [];
  };
  // Half of an even share leaves the scores something to decide.
  const minPerLayer = Math.min(MOST_KEPT, Math.ceil(share / 2));
  const kept = `Keep at least ${count(minPerLayer)} weights in every layer`;
  const exclusions = layers
    .slice(0, MOST_EXCLUDED)
    .map((layer) => inSettings(`Exclude layer ${layer} from pruning`, { exclude: layer }));
  const lower = SPARSITIES.findLast((one) => one < sparsity - 1e-9);
  const lowerTitle = lower === undefined ? '' : `Lower the target sparsity to ${exactPercent(lower)}`;
  const command = {
    title: lowerTitle,
    command: serverCommands.setSparsity.method,
    arguments: [{ model, sparsity: lower }],
  };
  return [
    ...(minPerLayer < 1 ? [] : await inSettings(kept, { minPerLayer })),
    ...(await Promise.all(exclusions)).flat(),
    ...(lower === undefined ? [] : [{ ...fix, title: lowerTitle, command }]),
  ];
}

/**
 * The quick fixes for the diagnostics at a place. What every layer keeps and what is left out is written into the settings
 * file, so that the command line prunes as the editor does.
 */
export async function codeActions(context: FixContext, diagnostics: readonly Diagnostic[]): Promise<CodeAction[]> {
  const fixes = (await Promise.all(diagnostics.map((diagnostic) => fixesOf(context, diagnostic)))).flat();
  // Layers that are empty and layers that are cut off are two problems of one line, which the same change mends.
  return fixes.filter(({ title }, at) => fixes.findIndex((one) => one.title === title) === at);
}
