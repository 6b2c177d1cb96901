/** The extension's settings, typed. */
import { Uri, workspace } from 'vscode';
import type { ModelEntry } from '../server/protocol/editor';
import { type LensSettings, parseSettings } from '../server/protocol/editorSettings';

/** The settings as they hold for a model's file. */
export function configFor({ uri }: Pick<ModelEntry, 'uri'>): LensSettings {
  return parseSettings(workspace.getConfiguration(undefined, Uri.parse(uri)).get('prunelens'));
}
