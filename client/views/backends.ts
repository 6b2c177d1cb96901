/** The view of what can compute here. Looking for it starts the compute process, so it waits until the view is opened. */

import {
  type Disposable,
  type Event,
  EventEmitter,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  window,
  workspace,
} from 'vscode';
import { serverRequests } from '../../server/protocol/editor';
import type { BackendSummary, PythonSummary } from '../../server/protocol/results';
import { backendDescription, pythonTexts } from '../format';
import type { Server } from '../serverTypes';

type Item =
  | { readonly kind: 'backend'; readonly backend: BackendSummary }
  | { readonly kind: 'python'; readonly python: PythonSummary };

interface Texts {
  readonly label: string;
  readonly description: string;
  readonly tooltip: string;
  readonly works: boolean;
}

function textsOf(item: Item): Texts {
  if (item.kind === 'python') return pythonTexts(item.python);
  const { name, title, available } = item.backend;
  const description = backendDescription(item.backend);
  return { label: title, description, tooltip: `${title} (${name})\n${description}`, works: available };
}

function itemOf(item: Item): TreeItem {
  const { label, description, tooltip, works } = textsOf(item);
  const shown = new TreeItem(label);
  shown.id = item.kind === 'python' ? 'python' : item.backend.name;
  shown.description = description;
  shown.tooltip = tooltip;
  shown.iconPath = new ThemeIcon(works ? 'pass' : 'circle-slash');
  shown.contextValue = `${shown.id}${works ? '-available' : ''}`;
  shown.accessibilityInformation = {
    label: `${label}, ${works ? 'can be used' : 'cannot be used'}: ${description}`,
  };
  return shown;
}

async function itemsOf(server: Server): Promise<Item[]> {
  const [backends, python] = await Promise.all([
    server.request(serverRequests.backends, {}),
    server.request(serverRequests.python, {}),
  ]);
  return [...backends.map((backend): Item => ({ kind: 'backend', backend })), { kind: 'python', python }];
}

/** @param changes After each of these it looks again. */
export function createBackendsView(server: Server, changes: readonly Event<void>[]): Disposable[] {
  const changed = new EventEmitter<void>();
  const provider: TreeDataProvider<Item> = {
    onDidChangeTreeData: changed.event,
    getTreeItem: itemOf,
    getChildren: async (parent) => (parent ? [] : itemsOf(server)),
  };
  const view = window.createTreeView('prunelens.backends', { treeDataProvider: provider });
  const refresh = () => changed.fire();
  return [
    changed,
    view,
    server.onStarted(refresh),
    ...changes.map((onChanged) => onChanged(refresh)),
    workspace.onDidGrantWorkspaceTrust(refresh),
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('prunelens.python')) refresh();
    }),
  ];
}
