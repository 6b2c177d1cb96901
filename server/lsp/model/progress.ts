/** Work-done progress: begun, reported, cancelled and always ended. */
import { randomUUID } from 'node:crypto';
import {
  type CancellationToken,
  type Connection,
  type ProgressToken,
  WorkDoneProgress,
  WorkDoneProgressCancelNotification,
  WorkDoneProgressCreateRequest,
} from 'vscode-languageserver/node';
import type { WorkerProgress } from '../../protocol/worker';
import { duration } from '../text';

export interface Work {
  /** Set once the work is cancelled, by whatever way. */
  readonly signal: AbortSignal;
  report(progress: WorkerProgress): void;
}

export interface WorkOptions {
  readonly title: string;
  /** The client's own token for it, from the request's parameters. */
  readonly workDoneToken?: ProgressToken;
  /** Of the request that asks for the work. */
  readonly cancellation?: CancellationToken;
}

export interface Progress {
  /** Does `work` with a progress that ends however the work does. */
  during<T>(options: WorkOptions, work: (work: Work) => Promise<T>): Promise<T>;
  /** To be called when the client is initialized. */
  listen(): void;
}

/** `Scoring: batch 3 of 8, 12 s left` */
export function progressMessage({ message, secondsLeft }: WorkerProgress): string {
  return secondsLeft === undefined ? message : `${message}, ${duration(secondsLeft)} left`;
}

function percentageOf({ fraction }: WorkerProgress): number | undefined {
  return fraction === undefined ? undefined : Math.min(100, Math.max(0, Math.round(fraction * 100)));
}

/** @param supported Whether the client shows progress that the server begins. */
export function createProgress(connection: Connection, supported: () => boolean): Progress {
  const controllers = new Map<ProgressToken, AbortController>();

  const tokenFor = async ({ workDoneToken }: WorkOptions): Promise<ProgressToken | undefined> => {
    if (workDoneToken !== undefined) return workDoneToken;
    if (!supported()) return undefined;
    const token = randomUUID();
    // A client that will not show it must not stop the work.
    return connection.sendRequest(WorkDoneProgressCreateRequest.type, { token }).then(
      () => token,
      () => undefined,
    );
  };

  return {
    listen() {
      connection.onNotification(WorkDoneProgressCancelNotification.type, ({ token }) =>
        controllers.get(token)?.abort(),
      );
    },
    async during(options, work) {
      const controller = new AbortController();
      const { cancellation } = options;
      const subscription = cancellation?.onCancellationRequested(() => controller.abort());
      if (cancellation?.isCancellationRequested) controller.abort();
      const token = await tokenFor(options);
      if (token !== undefined) {
        controllers.set(token, controller);
        const begin = { kind: 'begin' as const, title: options.title, cancellable: true, percentage: 0 };
        void connection.sendProgress(WorkDoneProgress.type, token, begin);
      }
      const report = (progress: WorkerProgress) => {
        if (token === undefined || controllers.get(token) !== controller) return;
        const percentage = percentageOf(progress);
        void connection.sendProgress(WorkDoneProgress.type, token, {
          kind: 'report',
          message: progressMessage(progress),
          cancellable: true,
          ...(percentage !== undefined && { percentage }),
        });
      };
      try {
        return await work({ signal: controller.signal, report });
      } finally {
        subscription?.dispose();
        if (token !== undefined) {
          controllers.delete(token);
          void connection.sendProgress(WorkDoneProgress.type, token, { kind: 'end' });
        }
      }
    },
  };
}
