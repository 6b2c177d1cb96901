/** `prunelens backends`: what can compute here. */
import { join } from 'node:path';
import { listBackends } from '../../executors/select';
import { formatCount } from '../../format';
import { describePython } from '../../protocol/python';
import { lookAtInterpreter, summarize } from '../../python/interpreter';
import type { ModelOptions } from '../../request/flags';
import { resolveBackend } from '../../request/resolve';
import { settingsFor } from '../../settings/find';
import { note, print, printJson } from '../terminal/streams';
import { formatTable } from '../terminal/table';

export interface BackendsFlags extends Pick<ModelOptions, 'python' | 'json'> {
  readonly measure?: boolean;
}

export async function runBackends(flags: BackendsFlags, signal: AbortSignal): Promise<void> {
  // What holds for models in the working folder.
  const { interpreter = {} } = resolveBackend(flags, await settingsFor(join(process.cwd(), 'model')));
  const use = { interpreter, trusted: true, note };
  const statuses = await listBackends(use, flags.measure ? 'all' : 'missing');
  const python = summarize(await lookAtInterpreter(interpreter, { trusted: true, signal }));
  if (flags.json) {
    const backends = statuses.map(({ name, title, availability, speeds, passedOver }) => ({
      ...{ name, title, ...availability },
      ...(speeds && { imagesPerSecond: speeds }),
      ...(passedOver !== undefined && { passedOver }),
    }));
    printJson({ backends, python });
    return;
  }
  const rows = statuses.map(({ name, title, availability, byNameOnly, speeds, passedOver }) => {
    if (!availability.available) return [name, title, 'no', '', availability.reason];
    const details = passedOver === undefined ? availability.device : `${availability.device}; ${passedOver}`;
    return [name, title, byNameOnly ? 'by name only' : 'yes', speeds ? formatCount(speeds.training) : '', details];
  });
  print(
    formatTable(
      [
        ...[{ title: 'backend' }, { title: 'what' }, { title: 'usable' }],
        { title: 'images/s', align: 'right' },
        { title: 'device or reason' },
      ],
      rows,
    ),
  );
  print(`\n${describePython(python)}\n`);
}
