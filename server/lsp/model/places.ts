/** Work that is done a few at a time: what is urgent before the rest. */

export interface Places {
  /** Waits for a place and does the work there; nothing where `signal` is aborted before. */
  run(work: () => Promise<void>, options: { readonly isUrgent: boolean; readonly signal: AbortSignal }): Promise<void>;
}

export function createPlaces(count: number): Places {
  const urgent: (() => void)[] = [];
  const others: (() => void)[] = [];
  let free = count;
  const next = (): void => {
    const begin = urgent.shift() ?? others.shift();
    if (begin) begin();
    else free++;
  };
  const place = (isUrgent: boolean): Promise<void> => {
    if (free > 0) {
      free--;
      return Promise.resolve();
    }
    return new Promise((resolve) => (isUrgent ? urgent : others).push(resolve));
  };
  return {
    async run(work, { isUrgent, signal }) {
      await place(isUrgent);
      try {
        if (!signal.aborted) await work();
      } finally {
        next();
      }
    },
  };
}
