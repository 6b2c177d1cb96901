/** `prunelens backends`: what can compute here. */
import { listBackends } from '../../executors/select';
import { print, printJson } from '../terminal/streams';
import { formatTable } from '../terminal/table';

export interface BackendsFlags {
  readonly json?: boolean;
}

export async function runBackends(flags: BackendsFlags): Promise<void> {
  const statuses = await listBackends();
  if (flags.json) {
    printJson({ backends: statuses.map(({ name, title, availability }) => ({ name, title, ...availability })) });
    return;
  }
  const rows = statuses.map(({ name, title, availability }) => {
    if (!availability.available) return [name, title, 'no', availability.reason];
    return [name, title, availability.software ? 'by name only' : 'yes', availability.device];
  });
  print(
    formatTable([{ title: 'backend' }, { title: 'what' }, { title: 'usable' }, { title: 'device or reason' }], rows),
  );
}
