import { listBackends } from '../../executors/select';
import type { CallHandler } from '../session';

/** What can compute here, or why it cannot. */
export const backends: CallHandler<'backends'> = async ({ python }, { trusted }) => {
  const statuses = await listBackends({ trusted, ...(python && { interpreter: { editor: python } }) });
  return statuses.map(({ name, title, availability }) => ({
    name,
    title,
    available: availability.available,
    detail: availability.available ? availability.device : availability.reason,
  }));
};
