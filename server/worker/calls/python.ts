import { join } from 'node:path';
import type { EditorPython } from '../../protocol/worker';
import type { InterpreterChoice } from '../../python/find';
import { lookAtInterpreter, summarize } from '../../python/interpreter';
import { settingsFor } from '../../settings/find';
import type { CallHandler } from '../session';

/** What names the user's Python for the folder of this process. */
export async function folderPython(editor: EditorPython | undefined): Promise<InterpreterChoice> {
  const { python: setting } = await settingsFor(join(process.cwd(), 'model'));
  return { ...(editor && { editor }), ...(setting !== undefined && { setting }) };
}

/** The user's Python for the folder of this process, and what it has. */
export const python: CallHandler<'python'> = async ({ python: editor }, { trusted, signal }) => {
  return summarize(await lookAtInterpreter(await folderPython(editor), { trusted, signal }));
};
