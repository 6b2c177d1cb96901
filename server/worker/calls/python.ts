import { join } from 'node:path';
import { lookAtInterpreter, summarize } from '../../python/interpreter';
import { settingsFor } from '../../settings/find';
import type { CallHandler } from '../session';

/** The user's Python for the folder of this process, and what it has. */
export const python: CallHandler<'python'> = async ({ python: editor }, { trusted, signal }) => {
  const { python: setting } = await settingsFor(join(process.cwd(), 'model'));
  const choice = { ...(editor && { editor }), ...(setting !== undefined && { setting }) };
  return summarize(await lookAtInterpreter(choice, { trusted, signal }));
};
