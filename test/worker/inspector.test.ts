/** Debugging: launch.json attaches where the server and the compute process listen. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { INSPECT_WORKER, INSPECTOR_PORTS } from '../../server/protocol/debugging';
import { inspectedDeadlines, inspectorFlags } from '../../server/worker/inspector';
import { startSupervisor } from '../support/workerFiles';

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as { port: number };
  await new Promise((closed) => server.close(closed));
  return port;
}

describe('the debugger', () => {
  it('attaches to the ports of the client', () => {
    const file = join(import.meta.dirname, '../../.vscode/launch.json');
    const { configurations, compounds } = JSON.parse(readFileSync(file, 'utf8'));
    const ports = configurations.flatMap(({ port }: { port?: number }) => port ?? []);
    expect(ports).toEqual([INSPECTOR_PORTS.server, INSPECTOR_PORTS.worker, INSPECTOR_PORTS.training]);
    const names = configurations.map(({ name }: { name: string }) => name);
    for (const compound of compounds) expect(names).toEqual(expect.arrayContaining(compound.configurations));
  });

  it('finds the compute process where the environment says so', async () => {
    const port = await freePort();
    vi.stubEnv(INSPECT_WORKER, String(port));
    try {
      const supervisor = await startSupervisor();
      await supervisor.call('backends', {});
      const targets = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
      expect(targets).toEqual([expect.objectContaining({ title: expect.stringMatching(/worker\.js$/) })]);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('is not waited for, and no deadline moves, where nothing asks for it', () => {
    for (const environment of [
      {},
      { [INSPECT_WORKER]: '' },
      { [INSPECT_WORKER]: '--eval' },
      { [INSPECT_WORKER]: '70000' },
    ]) {
      expect(inspectorFlags(false, environment)).toEqual([]);
      expect(inspectedDeadlines(environment)).toEqual({});
    }
  });
});
