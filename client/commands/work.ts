/** Commands on the work that goes on, and the menu of the status bar. */

import { commands, window } from 'vscode';
import { serverCommands } from '../../server/protocol/editor';
import { askJob, pick } from '../ask';
import { jobChoices } from '../choices';
import type { Lens } from '../lens';
import { runWithProgress } from '../progress';

/** Cancels a job: the one named, the only one, or the one the user picks. */
export async function cancelJob({ server }: Lens, job: string | undefined): Promise<void> {
  const jobs = server.status()?.jobs ?? [];
  if (job === undefined && jobs.length === 0) {
    void window.showInformationMessage('PruneLens is not doing anything.');
    return;
  }
  const id = job ?? (await askJob('Cancel which job?', jobs))?.id;
  if (id !== undefined) await server.execute(serverCommands.cancel, { job: id });
}

/** Lets a waiting job be the next one: the one named, or the one the user picks. */
export async function moveJobFirst({ server }: Lens, job: string | undefined): Promise<void> {
  const waiting = (server.status()?.jobs ?? []).filter(({ state }) => state === 'queued');
  if (job === undefined && waiting.length === 0) {
    void window.showInformationMessage('Nothing waits in the queue.');
    return;
  }
  const id = job ?? (await askJob('Which job is next?', waiting))?.id;
  if (id !== undefined) await server.execute(serverCommands.moveFirst, { job: id });
}

/** Starts no more trainings, comparisons and learning that wait, or starts them again. */
export async function pauseQueue({ server }: Lens, paused: boolean): Promise<void> {
  await server.execute(serverCommands.pauseQueue, { paused });
}

/** Measures the speeds of all backends, which the view shows then. */
export async function measureBackends({ server, refreshBackends }: Lens): Promise<void> {
  await runWithProgress(server, 'Measuring the backends', serverCommands.measureBackends, {});
  refreshBackends();
}

/** Builds the binding to the TensorFlow of the user's Python, and offers to use it. */
export async function setupTensorflow({ server, refreshBackends }: Lens): Promise<void> {
  const { tensorflow, device } = await runWithProgress(
    server,
    'Setting up TensorFlow',
    serverCommands.setupTensorflow,
    {},
  );
  refreshBackends();
  const restart = 'Restart Compute Process';
  const message = `TensorFlow ${tensorflow} works on ${device}. The compute process looks for it when it starts.`;
  if ((await window.showInformationMessage(message, restart)) === restart) {
    await server.execute(serverCommands.restartWorker, {});
  }
}

/** Starts the compute process anew; scores in its memory are gone, runs are on disk. */
export async function restartWorker({ server }: Lens): Promise<void> {
  const jobs = server.status()?.jobs ?? [];
  const restart = 'Restart';
  if (jobs.length > 0) {
    const detail = `${jobs.map(({ title }) => title).join(', ')}: it ends. Runs can be resumed after it.`;
    const options = { modal: true, detail };
    if ((await window.showWarningMessage('Restart the compute process?', options, restart)) !== restart) return;
  }
  await server.execute(serverCommands.restartWorker, {});
}

/** The menu of the status bar item. */
export async function statusMenu({ server }: Lens): Promise<void> {
  const cancel = jobChoices(server.status()?.jobs ?? []).map(({ label, description, value }) => ({
    label: `$(stop-circle) Cancel: ${label}`,
    description,
    value: { command: 'prunelens.cancelJob', argument: value.id as unknown },
  }));
  const entry = (label: string, command: string, argument?: unknown) => ({ label, value: { command, argument } });
  const choice = await pick('PruneLens', [
    ...cancel,
    entry('$(target) Score at init…', 'prunelens.score'),
    entry('$(graph) Show heatmap…', 'prunelens.showHeatmap'),
    entry('$(graph-line) Show curves', 'prunelens.showCurves'),
    entry('$(server-environment) Choose the backend…', 'workbench.action.openSettings', 'prunelens.backend'),
    entry('$(debug-restart) Restart the compute process', 'prunelens.restartWorker'),
    entry('$(output) Show log', 'prunelens.showLog'),
  ]);
  if (choice)
    await commands.executeCommand(choice.command, ...(choice.argument === undefined ? [] : [choice.argument]));
}
