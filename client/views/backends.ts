/** The view of what can compute here. Looking for it starts the compute process, so it waits until the view is opened. */

import { type Disposable, EventEmitter, ThemeIcon, type TreeDataProvider, TreeItem, window } from 'vscode';
import { serverRequests } from '../../server/protocol/editor';
import type { BackendSummary } from '../../server/protocol/results';
import type { Server } from '../serverTypes';

function itemOf(backend: BackendSummary): TreeItem {
  const item = new TreeItem(backend.title);
  item.id = backend.name;
  item.description = backend.detail;
  item.tooltip = `${backend.title} (${backend.name})\n${backend.detail}`;
  item.iconPath = new ThemeIcon(backend.available ? 'pass' : 'circle-slash');
  item.contextValue = backend.available ? 'backend-available' : 'backend';
  item.accessibilityInformation = {
    label: `${backend.title}, ${backend.available ? 'can be used' : 'cannot be used'}: ${backend.detail}`,
  };
  return item;
}

export function createBackendsView(server: Server): Disposable[] {
  const changed = new EventEmitter<void>();
  const provider: TreeDataProvider<BackendSummary> = {
    onDidChangeTreeData: changed.event,
    getTreeItem: itemOf,
    getChildren: async (parent) => (parent ? [] : [...(await server.request(serverRequests.backends, {}))]),
  };
  const view = window.createTreeView('prunelens.backends', { treeDataProvider: provider });
  return [changed, view, server.onStarted(() => changed.fire())];
}
