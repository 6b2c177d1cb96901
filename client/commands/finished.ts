/** What is said when a training has ended that nobody has looked at all the time. */
import { window } from 'vscode';
import { serverRequests } from '../../server/protocol/editor';
import type { RunSummary } from '../../server/protocol/results';
import { endText } from '../format';
import type { Lens } from '../lens';

/** Milliseconds of work after which its end is told, whether the window has the focus or not. */
const LONG = 60_000;

/** Does work, and tells its end where it took long or the window has not the focus by then. */
export async function withEnd<T>(work: () => Promise<T>, tellEnd: (result: T) => Promise<void>): Promise<T> {
  const started = Date.now();
  const result = await work();
  if (!window.state.focused || Date.now() - started > LONG) void tellEnd(result);
  return result;
}

/** Says what a run has reached, and offers its curves. Does not wait for an answer. */
export async function tellRunEnd(lens: Lens, run: RunSummary): Promise<void> {
  const rows = await lens.server.request(serverRequests.runTable, {}).catch(() => []);
  const open = 'Open Curves';
  const text = endText(
    run.label,
    rows.find((row) => row.run === run.run),
  );
  if ((await window.showInformationMessage(text, open)) === open) lens.showCurves({ runs: [run.run], adds: true });
}

/** Says that a comparison or a sweep has ended, and offers its curves. Does not wait for an answer. */
export async function tellFolderEnd(lens: Lens, title: string, comparison: string): Promise<void> {
  const open = 'Open Curves';
  if ((await window.showInformationMessage(`${title} has ended.`, open)) === open) lens.showCurves({ comparison });
}
