/** Completion of `data` in prunelens.json: data sets that have a name, and those of Python files beside it. Only texts are read. */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { getLocation } from 'jsonc-parser';
import { type CompletionItem, CompletionItemKind, TextEdit } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { readText } from '../../files/regular';
import { findDataSets } from '../../frontends/torch/discovery/findDataSets';
import { DATASETS } from '../../protocol/catalogue/datasets';
import { SETTINGS_FILE } from '../../settings/find';
import { fileOf } from '../documents';

const SKIPPED = /^(?:\..*|node_modules|dist|site-packages|__pycache__|venv|env)$/;
const DEEPEST = 3;
const MOST_FILES = 300;
/** Files that are longer are no training scripts. */
const LONGEST_TEXT = 200_000;

/** Python files of a folder and of those below it, nearest first. */
async function pythonFiles(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  let level = [folder];
  for (let depth = 0; depth <= DEEPEST && level.length > 0; depth++) {
    const next: string[] = [];
    for (const one of level) {
      const entries = await readdir(one, { withFileTypes: true }).catch(() => []);
      for (const entry of entries) {
        if (found.length >= MOST_FILES) return found;
        if (SKIPPED.test(entry.name)) continue;
        if (entry.isDirectory()) next.push(join(one, entry.name));
        else if (entry.isFile() && entry.name.endsWith('.py')) found.push(join(one, entry.name));
      }
    }
    level = next;
  }
  return found;
}

/** What `data` may be for models of a folder: the value, and what it is. */
async function choicesIn(folder: string): Promise<readonly { readonly value: string; readonly detail: string }[]> {
  const named = Object.values(DATASETS).map(({ name, title }) => ({ value: name, detail: title }));
  const choicesOf = async (file: string) => {
    const text = await readText(file);
    if (text.length > LONGEST_TEXT) return [];
    const path = relative(folder, file).split(sep).join('/');
    return findDataSets(text).map((name) => ({ value: `${path}#${name}`, detail: 'data of Python' }));
  };
  // A file that cannot be read has none.
  const inFiles = (await pythonFiles(folder)).map((file) => choicesOf(file).catch(() => []));
  return [...(await Promise.all(inFiles)).flat(), ...named];
}

/** Completions at an offset of a document; none but in the value of `data` of a prunelens.json. */
export async function dataCompletions(
  document: TextDocument | undefined,
  offset: number,
): Promise<readonly CompletionItem[]> {
  const file = document && fileOf(document.uri);
  if (!document || file === undefined || basename(file) !== SETTINGS_FILE) return [];
  const { path, previousNode: node, isAtPropertyKey } = getLocation(document.getText(), offset);
  if (isAtPropertyKey || path.length !== 1 || path[0] !== 'data') return [];
  const isInString = node?.type === 'string' && node.offset <= offset && offset <= node.offset + node.length;
  const start = document.positionAt(isInString ? node.offset : offset);
  const end = document.positionAt(isInString ? node.offset + node.length : offset);
  return (await choicesIn(dirname(file))).map(({ value, detail }, i) => {
    const text = JSON.stringify(value);
    return {
      label: value,
      detail,
      kind: CompletionItemKind.Value,
      filterText: text,
      sortText: String(i).padStart(4, '0'),
      textEdit: TextEdit.replace({ start, end }, text),
    };
  });
}
