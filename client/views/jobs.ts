/** The view of what is being computed and what waits its turn. */
import { commands, type Disposable, EventEmitter, ThemeIcon, type TreeDataProvider, TreeItem, window } from 'vscode';
import type { JobStatus, ServerStatus } from '../../server/protocol/editor';
import { jobProgress } from '../format';
import type { Server } from '../serverTypes';

const ICONS: { readonly [State in JobStatus['state']]: string } = {
  running: 'sync~spin',
  queued: 'watch',
  cancelling: 'stop-circle',
};

function itemOf(job: JobStatus): TreeItem {
  const item = new TreeItem(job.title);
  item.id = job.id;
  item.description = jobProgress(job);
  item.tooltip = `${job.title}\n${jobProgress(job)}`;
  item.iconPath = new ThemeIcon(ICONS[job.state]);
  item.contextValue = `job-${job.state}`;
  item.accessibilityInformation = { label: `${job.title}: ${jobProgress(job)}` };
  return item;
}

export function createJobsView(server: Server): Disposable[] {
  const changed = new EventEmitter<void>();
  const provider: TreeDataProvider<JobStatus> = {
    onDidChangeTreeData: changed.event,
    getTreeItem: itemOf,
    getChildren: (parent) => (parent ? [] : [...(server.status()?.jobs ?? [])]),
  };
  const view = window.createTreeView('prunelens.jobs', { treeDataProvider: provider });
  const show = (status: ServerStatus | undefined) => {
    const isPaused = status?.paused === true;
    view.message = isPaused ? 'The queue is paused: nothing that waits is started.' : undefined;
    void commands.executeCommand('setContext', 'prunelens.isQueuePaused', isPaused);
    changed.fire();
  };
  show(server.status());
  return [changed, view, server.onStatus(show)];
}
