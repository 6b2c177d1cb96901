/** `prunelens backends`: what can compute here. */
import { BACKENDS } from '../../executors/backends';
import { listBackends } from '../../executors/select';
import { note, print, printJson } from '../terminal/streams';
import { formatTable } from '../terminal/table';

export interface BackendsFlags {
  readonly json?: boolean;
  readonly python?: string;
  readonly device?: string;
}

export async function runBackends(flags: BackendsFlags): Promise<void> {
  const { python, device } = flags;
  const opening = {
    trusted: true,
    note,
    ...(python !== undefined && { python }),
    ...(device !== undefined && { device }),
  };
  const statuses = await listBackends(BACKENDS, opening);
  if (flags.json) {
    printJson({ backends: statuses.map(({ name, title, availability }) => ({ name, title, ...availability })) });
    return;
  }
  const rows = statuses.map(({ name, title, availability, byNameOnly }) => {
    if (!availability.available) return [name, title, 'no', availability.reason];
    return [name, title, byNameOnly ? 'by name only' : 'yes', availability.device];
  });
  print(
    formatTable([{ title: 'backend' }, { title: 'what' }, { title: 'usable' }, { title: 'device or reason' }], rows),
  );
}
