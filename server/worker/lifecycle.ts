/** The life of the compute process: started when it is needed, watched while it works, started again when it was lost. */

import { createBackOff } from '../processes/backOff';
import { watchHeartbeat } from '../processes/heartbeat';
import type { ServerStatus } from '../protocol/editor';
import { UserError } from '../protocol/errors';
import type { DeviceMessage } from './messages';
import { startWorker, type WorkerOptions, type WorkerProcess } from './process';

export interface LifecycleOptions extends Pick<WorkerOptions, 'workerFile' | 'cwd' | 'memoryLimitMiB' | 'isPatient'> {
  /** Milliseconds without a sign of life after which a process that is busy is ended. */
  readonly hangDeadlineMs: number;
  /** Whether the process has work that somebody waits for. */
  readonly isBusy: () => boolean;
  /** The state or what computes has changed. */
  readonly onChange: () => void;
  /** A new process stands in for a lost one. */
  readonly onStartAgain: () => void;
  /** The process is gone, for a reason in a clause; where it is not started again, `failure` says so. */
  readonly onLost: (reason: string, failure: UserError | undefined) => void;
  readonly onProgress: WorkerOptions['onProgress'];
  readonly onOutput: WorkerOptions['onOutput'];
}

export interface Lifecycle {
  /** The process, which is started where there is none; undefined where there is none to come, or not yet. */
  need(): WorkerProcess | undefined;
  current(): WorkerProcess | undefined;
  status(): Pick<ServerStatus, 'backend' | 'device' | 'problem'> & {
    readonly state: Exclude<ServerStatus['worker'], 'busy'>;
  };
  /** What to tell those who ask for a process that has failed too often; undefined otherwise. */
  failure(): UserError | undefined;
  /** Ends the process on purpose, for a reason in a clause; resolves when it is gone. */
  kill(reason: string): Promise<void>;
  /** Ends the process and starts a fresh one. */
  restart(): Promise<void>;
  /** Ends the process for good. */
  dispose(): Promise<void>;
}

/** Signs of life that are asked for within the deadline of a hang. */
const LOOKS = 24;
/** Milliseconds that a process has to start. */
const START_DEADLINE = 60_000;

/** Why a process was ended on purpose, as a clause, and whether that was its own fault. */
interface PlannedEnd {
  readonly reason: string;
  readonly isFault: boolean;
}

export function createLifecycle(options: LifecycleOptions): Lifecycle {
  const { hangDeadlineMs, isBusy, onChange, onStartAgain, onLost } = options;
  const backOff = createBackOff();
  let worker: WorkerProcess | undefined;
  let state: ReturnType<Lifecycle['status']>['state'] = 'stopped';
  let device: DeviceMessage | undefined;
  let problem: string | undefined;
  let plannedEnd: PlannedEnd | undefined;
  let stopWatching = (): void => {};
  let restartTimer: NodeJS.Timeout | undefined;
  let disposed = false;

  const kill = (reason: string, isFault = false): Promise<void> => {
    plannedEnd ??= { reason, isFault };
    return worker?.kill() ?? Promise.resolve();
  };

  /** Ends a process that has work and gives no sign of life. */
  const watch = (): (() => void) =>
    watchHeartbeat({
      interval: hangDeadlineMs / LOOKS,
      patience: LOOKS,
      ping: worker!.ping,
      isBusy,
      onHang: () => void kill(`it did not answer for ${Math.round(hangDeadlineMs / 1000)} seconds`, true),
    });

  const start = (): void => {
    state = 'starting';
    plannedEnd = undefined;
    const deadline = setTimeout(() => kill('it did not start in time', true), START_DEADLINE);
    worker = startWorker({
      ...options,
      onReady() {
        clearTimeout(deadline);
        state = 'ready';
        problem = undefined;
        stopWatching = watch();
        onChange();
      },
      onDevice(message) {
        if (message.backend === device?.backend && message.device === device.device) return;
        device = message;
        onChange();
      },
      onExit(reason) {
        clearTimeout(deadline);
        onExit(reason);
      },
    });
  };

  const startAgain = (): void => {
    restartTimer = undefined;
    start();
    onStartAgain();
  };

  /** After a pause where the end was the process's own fault, and not at all where that was so too often. */
  const planRestart = (isFault: boolean): void => {
    const delay = isFault ? backOff.afterCrash(Date.now()) : 0;
    if (delay === undefined) {
      state = 'failed';
      problem = `${problem} It has ended too often and is not started again.`;
      return;
    }
    state = 'restarting';
    restartTimer = setTimeout(startAgain, delay);
  };

  const onExit = (exitReason: string): void => {
    const { reason, isFault } = plannedEnd ?? { reason: exitReason, isFault: true };
    stopWatching();
    worker = undefined;
    device = undefined;
    if (!disposed) {
      problem = `The compute process was lost: ${reason}.`;
      planRestart(isFault);
    }
    onLost(reason, failure());
  };

  const failure = (): UserError | undefined =>
    state === 'failed'
      ? new UserError(problem!, {
          hint: 'See what it printed in the output, then restart it with the command for that.',
        })
      : undefined;

  return {
    need() {
      if (!worker && !disposed && state !== 'failed' && state !== 'restarting') start();
      return worker;
    },
    current: () => worker,
    status: () => ({ state, ...device, ...(problem !== undefined && { problem }) }),
    failure,
    kill,
    async restart() {
      backOff.reset();
      await kill('it was restarted');
      clearTimeout(restartTimer);
      if (!worker && !disposed) startAgain();
    },
    async dispose() {
      disposed = true;
      clearTimeout(restartTimer);
      await kill('it is not needed any more');
      state = 'stopped';
    },
  };
}
