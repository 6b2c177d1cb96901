/** The folder of the user's for what can be made again. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Absolute; it need not be there. What XDG_CACHE_HOME says counts where it is an absolute path, as its specification has it. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env, platform = process.platform): string {
  const home = environment.HOME || homedir();
  if (platform === 'win32') {
    return join(
      environment.LOCALAPPDATA || join(environment.USERPROFILE || homedir(), 'AppData', 'Local'),
      'prunelens',
    );
  }
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'prunelens');
  const { XDG_CACHE_HOME: given = '' } = environment;
  return join(isAbsolute(given) ? given : join(home, '.cache'), 'prunelens');
}
