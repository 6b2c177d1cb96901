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

export const measureBackends: Handler<'measureBackends'> = {
  title: () => 'Measuring the backends',
  async run(context, _, job) {
    const [folder] = context.folders.all();
    if (folder === undefined) throw usageError('No folder is open.');
    const python = await context.python(folder);
    // Queued: what computes beside it would disturb it.
    const options = { title: 'Measuring the backends', signal: job.signal, queue: true };
    return context.folders.engine(folder).call('backends', { measure: true, ...(python && { python }) }, options);
  },
};

export const setupTensorflow: Handler<'setupTensorflow'> = {
  title: () => 'Setting up TensorFlow',
  async run(context, _, job) {
    const [folder] = context.folders.all();
    if (folder === undefined) throw usageError('No folder is open.');
    const python = await context.python(folder);
    const options = { title: 'Setting up TensorFlow', signal: job.signal, onProgress: job.report };
    return context.folders.engine(folder).call('setupTensorflow', python ? { python } : {}, options);
  },
};

export const restartWorker: Handler<'restartWorker'> = {
  async run({ folders }) {
    await Promise.all(folders.engines().map((engine) => engine.restart()));
    return null;
  },
};
