/** Jobs and the compute process. */
import { usageError } from '../../protocol/errors';
import type { Handler } from './handler';

export const cancel: Handler<'cancel'> = {
  async run({ folders }, { job }) {
    if (folders.engines().some((engine) => engine.cancel(job))) return null;
    throw usageError('There is no such job any more.');
  },
};

export const moveFirst: Handler<'moveFirst'> = {
  async run({ folders }, { job }) {
    if (folders.engines().some((engine) => engine.moveFirst(job))) return null;
    throw usageError('There is no such job that waits any more.');
  },
};

export const pauseQueue: Handler<'pauseQueue'> = {
  async run({ folders }, { paused }) {
    folders.pause(paused === true);
    return null;
  },
};

export const restartWorker: Handler<'restartWorker'> = {
  async run({ folders }) {
    await Promise.all(folders.engines().map((engine) => engine.restart()));
    return null;
  },
};
