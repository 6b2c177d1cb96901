/** Workspace folders and their engines. */
import { expect, it, vi } from 'vitest';
import { createFolders } from '../../../server/lsp/folders';

it('is paused before anything was computed, and says so', () => {
  const onStatus = vi.fn();
  const folders = createFolders(
    () => {
      throw new Error('no engine is asked for');
    },
    { onStatus, onOutput() {}, onLost() {}, isTrusted: () => true, memoryLimit: () => undefined },
  );
  folders.set(['/workspace']);
  expect(folders.status()).toEqual({ worker: 'stopped', jobs: [] });
  folders.pause(true);
  expect(onStatus).toHaveBeenCalledTimes(1);
  expect(folders.status()).toEqual({ worker: 'stopped', jobs: [], paused: true });
  folders.pause(false);
  expect(onStatus).toHaveBeenCalledTimes(2);
  expect(folders.status()).toEqual({ worker: 'stopped', jobs: [] });
});
