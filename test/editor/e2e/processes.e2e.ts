/** Nothing is left behind: not by a closed window, a language server that died, or an editor that was killed. */
import { expect, it } from 'vitest';
import { extensionProcesses } from '../harness/extensionProcesses';
import { openEditor } from '../harness/fixture';
import { isAlive, waitFor } from '../harness/processes';
import { runsOf } from '../harness/runs';

const SAMPLE = 'lenet-300-100.ts';

/** An editor that has scored a model, with the ids of the processes that took part. */
async function scoredEditor() {
  const editor = await openEditor({ open: [SAMPLE] });
  await editor.lenses.click('Score at init');
  await editor.hints.waitFor('hints', editor.read(SAMPLE), (found) => found.size > 0, 120_000);
  await editor.lenses.waitFor(/98 % · 5,324 of/);
  const { server, worker } = extensionProcesses(editor.server.pid);
  expect(server, 'language server').toBeDefined();
  expect(worker, 'compute process').toBeDefined();
  return { editor, server: server!.pid, worker: worker!.pid };
}

it('ends every process after the window is closed', async () => {
  const { editor, server, worker } = await scoredEditor();
  try {
    await editor.closeWindow();
    await waitFor('the language server to end', () => !isAlive(server));
    await waitFor('the compute process to end', () => !isAlive(worker));
    expect(extensionProcesses(editor.server.pid).loaders).toEqual([]);
  } finally {
    await editor.close();
  }
});

it('ends the compute process when the language server is killed', async () => {
  const { editor, server, worker } = await scoredEditor();
  try {
    process.kill(server, 'SIGKILL');
    await waitFor('the compute process to end', () => !isAlive(worker), 20_000);
    // The client starts the server again.
    await waitFor('another language server', () => extensionProcesses(editor.server.pid).server !== undefined);
    await editor.lenses.waitFor('Score at init');
  } finally {
    await editor.close();
  }
});

it('ends every process when the editor is killed while it trains', async () => {
  const { editor, server, worker } = await scoredEditor();
  try {
    const isStarted = async () => {
      // A click is lost where the lenses are drawn anew under it.
      if (runsOf(editor.workspace).length === 0) await editor.lenses.click('Train masked');
      return waitFor('a run', () => runsOf(editor.workspace).length > 0, 15_000).catch(() => false);
    };
    await waitFor('a run to start', isStarted);
    await waitFor('steps of a run', () => runsOf(editor.workspace).some(({ steps }) => steps > 0), 120_000);
    process.kill(editor.server.pid, 'SIGKILL');
    await waitFor('the language server to end', () => !isAlive(server));
    await waitFor('the compute process to end', () => !isAlive(worker));
  } finally {
    await editor.close();
  }
});
