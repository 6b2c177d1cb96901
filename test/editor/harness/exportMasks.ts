/** Masks by the editor's dialogs. */
import { readdirSync } from 'node:fs';
import { expect } from 'vitest';
import type { Editor } from './fixture';

/** Exports the masks of the open file's model as a script of PyTorch into the workspace, with its masks beside it. */
export async function exportForPyTorch({
  notifications,
  quickPick,
  read,
  workbench,
  workspace,
}: Editor): Promise<void> {
  // The model of the open file is the one that is meant.
  await workbench.runCommand('PruneLens: Export Masks…');
  await quickPick.pick(/keeps a model pruned/);
  await quickPick.acceptFile('Export masks');
  await notifications.waitFor(/^Saved .*\.py/);
  const script = readdirSync(workspace).find((name) => name.endsWith('.masks.py')) ?? '';
  expect(read(script)).toContain('def apply(');
  expect(readdirSync(workspace)).toContain(script.replace(/py$/, 'safetensors'));
}
