/** Quick fixes for layers that a sparsity leaves nothing of. */
import { type CodeAction, CodeActionKind, type Diagnostic } from 'vscode-languageserver/node';
import type { ServerCommands } from '../protocol/editor';
import { type DiagnosticData, SOURCE } from './diagnostics';
import { count, percent } from './text';

const MOST_KEPT = 100;
const SPARSITIES = [0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999];

function action<Name extends keyof ServerCommands>(
  diagnostic: Diagnostic,
  title: string,
  command: Name,
  argument: ServerCommands[Name],
): CodeAction {
  return {
    title,
    kind: CodeActionKind.QuickFix,
    diagnostics: [diagnostic],
    command: { title, command, arguments: [argument] },
  };
}

function fixesOf(diagnostic: Diagnostic): CodeAction[] {
  if (diagnostic.source !== SOURCE || (diagnostic.code !== 'collapse' && diagnostic.code !== 'disconnected')) return [];
  const { model, layer, sparsity, share } = diagnostic.data as DiagnosticData;
  // Half of an even share leaves the scores something to decide.
  const minPerLayer = Math.min(MOST_KEPT, Math.ceil(share / 2));
  const lower = SPARSITIES.findLast((one) => one < sparsity - 1e-9);
  return [
    ...(minPerLayer < 1
      ? []
      : [
          action(
            diagnostic,
            `Keep at least ${count(minPerLayer)} weights in every layer`,
            'prunelens.server.keepAtLeast',
            { model, minPerLayer },
          ),
        ]),
    action(diagnostic, `Exclude layer ${layer} from pruning`, 'prunelens.server.excludeLayer', { model, layer }),
    ...(lower === undefined
      ? []
      : [
          action(diagnostic, `Lower the target sparsity to ${percent(lower)}`, 'prunelens.server.setSparsity', {
            model,
            sparsity: lower,
          }),
        ]),
  ];
}

/** The quick fixes for the diagnostics at a place. */
export function codeActions(diagnostics: readonly Diagnostic[]): CodeAction[] {
  return diagnostics.flatMap(fixesOf);
}
