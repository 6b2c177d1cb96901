/** Models as workspace symbols. */
import { SymbolKind, type WorkspaceSymbol } from 'vscode-languageserver/node';
import type { ModelEntry } from '../../protocol/editor';

function containsInOrder(text: string, query: string): boolean {
  let from = 0;
  for (const letter of query) {
    from = text.indexOf(letter, from) + 1;
    if (from === 0) return false;
  }
  return true;
}

/** The models whose labels have the letters of `query` in that order. */
export function workspaceSymbols(entries: readonly ModelEntry[], query: string): WorkspaceSymbol[] {
  return entries
    .filter(({ label }) => containsInOrder(label.toLowerCase(), query.toLowerCase()))
    .map(({ label, kind, uri, range }) => ({
      name: label,
      kind: kind === 'builder' ? SymbolKind.Function : SymbolKind.Object,
      location: { uri, range },
      containerName: 'PruneLens model',
    }));
}
