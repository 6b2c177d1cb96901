/** `prunelens backends`: what can compute here. */
import { join } from 'node:path';
import { listBackends } from '../../executors/select';
import { describePython } from '../../protocol/python';
import { lookAtInterpreter, summarize } from '../../python/interpreter';
import type { ModelOptions } from '../../request/flags';
import { resolveBackend } from '../../request/resolve';
import { settingsFor } from '../../settings/find';
import { print, printJson } from '../terminal/streams';
import { formatTable } from '../terminal/table';

export type BackendsFlags = Pick<ModelOptions, 'python' | 'json'>;

export async function runBackends(flags: BackendsFlags, signal: AbortSignal): Promise<void> {
  // What holds for models in the working folder.
  const { interpreter = {} } = resolveBackend(flags, await settingsFor(join(process.cwd(), 'model')));
  const statuses = await listBackends({ interpreter, trusted: true });
  const python = summarize(await lookAtInterpreter(interpreter, { trusted: true, signal }));
  if (flags.json) {
    const backends = statuses.map(({ name, title, availability }) => ({ name, title, ...availability }));
    printJson({ backends, python });
    return;
  }
  const rows = statuses.map(({ name, title, availability, byNameOnly }) => {
    if (!availability.available) return [name, title, 'no', availability.reason];
    return [name, title, byNameOnly ? 'by name only' : 'yes', availability.device];
  });
  print(
    formatTable([{ title: 'backend' }, { title: 'what' }, { title: 'usable' }, { title: 'device or reason' }], rows),
  );
  print(`\n${describePython(python)}\n`);
}
