import { BACKENDS } from '../../executors/backends';
import { listBackends } from '../../executors/select';
import type { CallHandler } from '../session';

/** What can compute here, or why it cannot. */
export const backends: CallHandler<'backends'> = async (_, { trusted }) => {
  const statuses = await listBackends(BACKENDS, { trusted, note: () => {} });
  return statuses.map(({ name, title, availability }) => ({
    name,
    title,
    available: availability.available,
    detail: availability.available ? availability.device : availability.reason,
  }));
};
