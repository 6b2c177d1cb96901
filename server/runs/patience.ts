/**
 * Asking something of folders that may be on machines which do not answer: a mounted folder whose server is gone lets each call wait
 * for minutes, in one of the few threads that a process has for files.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** What a folder says in time, else what it said the last time. */
export interface Told<T> {
  readonly value: T;
  readonly isLate: boolean;
}

export interface Patience {
  /** A question to folders, with what holds until there is an answer. It is asked again only after it is answered. */
  question<T>(ask: (folder: string) => Promise<T>, none: T): (folder: string) => Promise<Told<T>>;
}

export interface PatienceOptions {
  /** Milliseconds that an answer is waited for. */
  readonly limit: number;
  /** An answer that came too late is there. */
  readonly onAnswer?: () => void;
}

interface Asked<T> {
  readonly answer: Promise<T>;
  readonly since: number;
  isLate: boolean;
}

export function createPatience({ limit, onAnswer }: PatienceOptions): Patience {
  /** Of each folder the last question: the next one waits for it, so that a folder keeps one thread waiting. */
  const last = new Map<string, Promise<unknown>>();
  return {
    question<T>(ask: (folder: string) => Promise<T>, none: T) {
      const open = new Map<string, Asked<T>>();
      const known = new Map<string, T>();
      const begin = (folder: string): Asked<T> => {
        const answer = (last.get(folder) ?? Promise.resolve()).then(() => ask(folder));
        const asked: Asked<T> = { answer, since: performance.now(), isLate: false };
        const settled = answer
          .then(
            (value) => known.set(folder, value),
            () => {},
          )
          .then(() => {
            open.delete(folder);
            if (asked.isLate) onAnswer?.();
          });
        last.set(folder, settled);
        open.set(folder, asked);
        return asked;
      };
      return async (folder) => {
        const asked = open.get(folder) ?? begin(folder);
        const left = Math.max(0, asked.since + limit - performance.now());
        const waited = sleep(left, undefined, { ref: false }).then(() => undefined);
        const told = await Promise.race([asked.answer.then((value): Told<T> => ({ value, isLate: false })), waited]);
        if (told) return told;
        asked.isLate = true;
        return { value: known.get(folder) ?? none, isLate: true };
      };
    },
  };
}
