/** The view of training runs and comparisons in the workspace. */

import {
  type Disposable,
  EventEmitter,
  ThemeColor,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  TreeItemCollapsibleState,
  window,
} from 'vscode';
import { serverRequests } from '../../server/protocol/editor';
import type { ComparisonSummary, RunState, RunSummary } from '../../server/protocol/results';
import { unfinishedText } from '../../server/protocol/runTable/texts';
import { comparisonDescription, comparisonTitle, runDescription, runDetails } from '../format';
import type { Server } from '../serverTypes';
import { type RunNode, runGroups } from './runGroups';

const ICONS: { readonly [state in RunState]: ThemeIcon } = {
  running: new ThemeIcon('sync~spin', new ThemeColor('charts.blue')),
  finished: new ThemeIcon('pass', new ThemeColor('testing.iconPassed')),
  interrupted: new ThemeIcon('debug-pause', new ThemeColor('charts.yellow')),
  failed: new ThemeIcon('error', new ThemeColor('testing.iconFailed')),
};

function runItem(run: RunSummary): TreeItem {
  const item = new TreeItem(run.label);
  item.id = run.run;
  item.description = runDescription(run);
  item.tooltip = runDetails(run).join('\n');
  item.iconPath = ICONS[run.state];
  item.contextValue = `run-${run.state}${run.masked ? '-masked' : ''}`;
  return item;
}

/** Whether it is a sweep that was stopped. */
function canGoOn({ unfinished }: ComparisonSummary): boolean {
  return unfinished?.sweep !== undefined && !unfinished.isRunning;
}

function comparisonItem(comparison: ComparisonSummary, hasRuns: boolean): TreeItem {
  const state = hasRuns ? TreeItemCollapsibleState.Collapsed : TreeItemCollapsibleState.None;
  const item = new TreeItem(comparisonTitle(comparison), state);
  item.id = comparison.folder;
  const unfinished = unfinishedText(comparison);
  const parts = [unfinished, comparisonDescription(comparison)];
  item.description = parts.filter((part) => part !== undefined).join(' · ');
  item.tooltip = comparison.folder;
  item.iconPath = new ThemeIcon('graph-scatter');
  item.contextValue = canGoOn(comparison) ? 'comparison-stopped' : 'comparison';
  return item;
}

function itemOf(node: RunNode): TreeItem {
  if ('group' in node) {
    const item = new TreeItem(node.group, TreeItemCollapsibleState.Expanded);
    item.id = `group:${node.group}`;
    item.description = String(node.children.length);
    return item;
  }
  const item = 'run' in node ? runItem(node.run) : comparisonItem(node.comparison, node.children.length > 0);
  item.command = { command: 'prunelens.showCurves', title: 'Show Curves', arguments: [node] };
  return item;
}

export interface RunsView {
  /** What is selected in it. */
  selected(): readonly RunNode[];
  readonly disposables: readonly Disposable[];
}

export function createRunsView(server: Server): RunsView {
  const changed = new EventEmitter<void>();
  let runs: readonly RunSummary[] | undefined;
  const provider: TreeDataProvider<RunNode> = {
    onDidChangeTreeData: changed.event,
    getTreeItem: itemOf,
    async getChildren(node) {
      if (node) return 'children' in node ? [...node.children] : [];
      runs ??= await server.request(serverRequests.runs, {});
      const folders = await server.request(serverRequests.runsFolders, {});
      view.message = folders.flatMap(({ problem }) => problem ?? []).join('\n');
      return [...runGroups(runs, await server.request(serverRequests.comparisons, {}))];
    },
  };
  const view = window.createTreeView('prunelens.runs', { treeDataProvider: provider, canSelectMany: true });
  const show = (next: readonly RunSummary[] | undefined) => {
    runs = next;
    const live = next?.filter(({ state }) => state === 'running').length ?? 0;
    view.badge = live === 0 ? undefined : { value: live, tooltip: `${live} training` };
    changed.fire();
  };
  return {
    selected: () => view.selection,
    disposables: [changed, view, server.onRunsChanged(show), server.onStarted(() => show(undefined))],
  };
}
