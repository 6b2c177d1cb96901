/** The code action that puts exported masks on the model of a training script. */
import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type CodeAction, CodeActionKind, TextEdit } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { maskLines } from '../../frontends/torch/trainingScript';
import { fileOf } from '../documents';

const MODULE = /\.masks\.py$/;

/** An action for each masks file beside a Python script, where line `line` (from 0) makes a model. */
export async function maskActions(document: TextDocument | undefined, line: number): Promise<readonly CodeAction[]> {
  const file = document?.languageId === 'python' ? fileOf(document.uri) : undefined;
  if (!document || file === undefined || MODULE.test(file)) return [];
  const names = await readdir(dirname(file)).catch(() => []);
  return names
    .filter((name) => MODULE.test(name))
    .flatMap((name) => {
      const found = maskLines(document.getText(), line, name);
      if (!found) return [];
      const edits = found.insertions.map(({ line: at, text }) => TextEdit.insert({ line: at, character: 0 }, text));
      return [
        {
          title: `Keep ${found.variable} pruned by ${name}`,
          kind: CodeActionKind.Refactor,
          edit: { changes: { [document.uri]: edits } },
        },
      ];
    });
}
