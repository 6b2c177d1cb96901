/** Work of which only the newest counts. */

export interface Latest {
  /** Does `work` under a key, and aborts what was begun under the same one before. */
  run<T>(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

export function createLatest(): Latest {
  const running = new Map<string, AbortController>();
  return {
    async run(key, signal, work) {
      running.get(key)?.abort();
      const controller = new AbortController();
      running.set(key, controller);
      try {
        return await work(AbortSignal.any([signal, controller.signal]));
      } finally {
        if (running.get(key) === controller) running.delete(key);
      }
    },
  };
}
