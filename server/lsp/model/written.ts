/** Files that are written for the user. One that is there already is replaced only where this server wrote it, or the user agrees. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Connection } from 'vscode-languageserver/node';
import { CancelledError } from '../../worker/failures';

export interface Written {
  /**
   * Asks before files are replaced that were not written here, or have changed since; `agreed` is not asked for.
   * @throws CancelledError where the user does not want it.
   */
  mayReplace(files: readonly string[], agreed: string | undefined): Promise<void>;
  /** The files are written. */
  add(files: readonly string[]): Promise<void>;
}

const REPLACE = 'Replace';

/** What tells whether a file is still as it was written; undefined where there is none. */
async function stateOf(file: string): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined);
  return found && `${found.ino} ${found.size} ${found.mtimeMs}`;
}

export function createWritten({ window }: Pick<Connection, 'window'>): Written {
  const written = new Map<string, string>();
  return {
    async mayReplace(files, agreed) {
      const foreign: string[] = [];
      for (const file of files) {
        const state = await stateOf(file);
        if (file !== agreed && state !== undefined && written.get(file) !== state) foreign.push(file);
      }
      if (foreign.length === 0) return;
      const names = foreign.map((file) => basename(file)).join(' and ');
      const exists = foreign.length === 1 ? 'exists already and was' : 'exist already and were';
      const question = `${names} ${exists} not written by this export. Replace?`;
      const answer = await window.showWarningMessage(question, { title: REPLACE });
      if (answer?.title !== REPLACE) throw new CancelledError();
    },
    async add(files) {
      for (const file of files) {
        const state = await stateOf(file);
        if (state !== undefined) written.set(file, state);
      }
    },
  };
}
