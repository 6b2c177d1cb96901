/** The view of models: each with what it was scored with. */

import {
  type Disposable,
  EventEmitter,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  Uri,
  window,
  workspace,
} from 'vscode';
import modelFiles from '../../server/protocol/catalogue/modelFiles.json';
import { type ModelEntry, serverRequests } from '../../server/protocol/editor';
import { methodTitle } from '../methods';
import type { Server } from '../serverTypes';

const ICONS: { readonly [kind in ModelEntry['kind']]: string } = {
  model: 'symbol-class',
  builder: 'symbol-function',
  'needs-arguments': 'question',
  'keras-json': 'json',
  possible: 'question',
};

/** Milliseconds after the last change until models are looked for again. */
const PAUSE = 500;

function itemOf(model: ModelEntry): TreeItem {
  const item = new TreeItem(model.label);
  const uri = Uri.parse(model.uri);
  const scored = model.scored.map(methodTitle).join(', ');
  item.id = model.model;
  item.description = scored;
  item.tooltip = `${model.model}\n${scored === '' ? 'Not scored yet' : `Scored with ${scored}`}`;
  item.iconPath = new ThemeIcon(ICONS[model.kind]);
  item.contextValue = scored === '' ? 'model' : 'model-scored';
  // The cursor is placed, nothing is selected.
  const { start } = model.range;
  const options = { selection: { start, end: start }, preview: true };
  item.command = { command: 'vscode.open', title: 'Open', arguments: [uri, options] };
  return item;
}

export function createModelsView(server: Server): Disposable[] {
  const changed = new EventEmitter<void>();
  const provider: TreeDataProvider<ModelEntry> = {
    onDidChangeTreeData: changed.event,
    getTreeItem: itemOf,
    async getChildren(parent) {
      if (parent) return [];
      const models = await server.request(serverRequests.models, {});
      return [...models];
    },
  };
  let timer: NodeJS.Timeout | undefined;
  const refresh = () => {
    clearTimeout(timer);
    timer = setTimeout(() => changed.fire(), PAUSE);
  };
  const tellTrust = () => {
    view.message = workspace.isTrusted ? undefined : 'This folder is not trusted: models in code are not listed.';
    refresh();
  };
  const watcher = workspace.createFileSystemWatcher(`**/*.{${modelFiles.extensions.join(',')}}`);
  const view = window.createTreeView('prunelens.models', { treeDataProvider: provider });
  tellTrust();
  return [
    changed,
    watcher,
    view,
    watcher.onDidCreate(refresh),
    watcher.onDidDelete(refresh),
    watcher.onDidChange(refresh),
    server.onModelChanged(refresh),
    // A file of a folder that is new may be told by nobody.
    window.onDidChangeActiveTextEditor(refresh),
    server.onStarted(refresh),
    workspace.onDidChangeWorkspaceFolders(refresh),
    workspace.onDidGrantWorkspaceTrust(tellTrust),
    { dispose: () => clearTimeout(timer) },
  ];
}
