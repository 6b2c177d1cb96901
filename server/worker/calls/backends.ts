import { listBackends } from '../../executors/select';
import type { CallHandler } from '../session';
import { folderPython } from './python';

/** What can compute here, the fastest first, or why it cannot. */
export const backends: CallHandler<'backends'> = async ({ python, measure = false }, { trusted }) => {
  const use = { trusted, interpreter: await folderPython(python) };
  const statuses = await listBackends(use, measure ? 'all' : 'none');
  return statuses.map(({ name, title, availability, speeds, passedOver }) => ({
    name,
    title,
    available: availability.available,
    detail: availability.available ? availability.device : availability.reason,
    ...(speeds && { imagesPerSecond: speeds.training }),
    ...(passedOver !== undefined && { passedOver }),
  }));
};
