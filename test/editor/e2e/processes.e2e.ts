/** Nothing is left behind: not by a closed window, a language server that died, or an editor that was killed. */
import { expect, it } from 'vitest';
import { extensionProcesses } from '../harness/extensionProcesses';
import { type Editor, withEditor } from '../harness/fixture';
import { isAlive, waitFor } from '../harness/processes';
import { runsOf } from '../harness/runs';

const SAMPLE = 'lenet-300-100.ts';

interface Scored {
  readonly editor: Editor;
  /** Ids of the processes that took part. */
  readonly server: number;
  readonly worker: number;
}

/** Does the work in an editor that has scored a model. */
const withScoredEditor = (work: (scored: Scored) => Promise<void>): Promise<void> =>
  withEditor({ open: [SAMPLE] }, async (editor) => {
    await editor.lenses.click('Score at init');
    await editor.hints.waitFor('hints', editor.read(SAMPLE), (found) => found.size > 0, 120_000);
    await editor.lenses.waitFor(/98 % · 5,324 of/);
    const { server, worker } = extensionProcesses(editor.server.pid);
    expect(server, 'language server').toBeDefined();
    expect(worker, 'compute process').toBeDefined();
    await work({ editor, server: server!.pid, worker: worker!.pid });
  });

it('ends every process after the window is closed', () =>
  withScoredEditor(async ({ editor, server, worker }) => {
    await editor.closeWindow();
    await waitFor('the language server to end', () => !isAlive(server));
    await waitFor('the compute process to end', () => !isAlive(worker));
    expect(extensionProcesses(editor.server.pid).loaders).toEqual([]);
  }));

it('ends the compute process when the language server is killed', () =>
  withScoredEditor(async ({ editor, server, worker }) => {
    process.kill(server, 'SIGKILL');
    await waitFor('the compute process to end', () => !isAlive(worker), 20_000);
    // The client starts the server again.
    await waitFor('another language server', () => extensionProcesses(editor.server.pid).server !== undefined);
    await editor.lenses.waitFor('Score at init');
  }));

it('ends every process when the editor is killed while it trains', () =>
  withScoredEditor(async ({ editor, server, worker }) => {
    await editor.lenses.click('Train masked');
    await waitFor('a run', () => runsOf(editor.workspace).length > 0, 60_000);
    await waitFor('steps of a run', () => runsOf(editor.workspace).some(({ steps }) => steps > 0), 120_000);
    process.kill(editor.server.pid, 'SIGKILL');
    await waitFor('the language server to end', () => !isAlive(server));
    await waitFor('the compute process to end', () => !isAlive(worker));
  }));
