/** Work on channels as the command does it: with a backend of its own, and progress on the terminal. */
import { withExecutor } from '../../request/executor';
import type { Surroundings } from '../../shrinking/types';
import { withProgress } from '../terminal/progress';
import { note } from '../terminal/streams';

export function onTerminal(signal: AbortSignal): Surroundings {
  return {
    signal,
    withExecutor: (request, use) => withExecutor(request, note, use),
    onNote: note,
    track: withProgress,
  };
}
