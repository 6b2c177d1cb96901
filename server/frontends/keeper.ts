/** What front ends keep from one load to the next: processes that are ready, say. */

/** Something kept, until it is ended. */
export interface Kept {
  end(): void;
}

export interface Keeper {
  /** What is kept under a key, which is made when it is first asked for. Keys begin with the name of the front end. */
  keep<T extends Kept>(key: string, make: () => T): T;
  /** Ends all that is kept. */
  end(): void;
}

export function createKeeper(): Keeper {
  const kept = new Map<string, Kept>();
  return {
    keep<T extends Kept>(key: string, make: () => T): T {
      const known = kept.get(key) ?? make();
      kept.set(key, known);
      // Each key has one maker.
      return known as T;
    },
    end() {
      for (const one of kept.values()) one.end();
      kept.clear();
    },
  };
}
