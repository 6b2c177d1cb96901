/** Buffers that are used again: a training step then allocates nothing, whatever the garbage collector does. */

export interface BufferPool {
  /** A buffer of `bytes`; its contents are whatever they were. */
  take(bytes: number): ArrayBuffer;
  give(buffer: ArrayBuffer): void;
  clear(): void;
}

/** A pool that keeps at most `limit` unused bytes and leaves the rest to the garbage collector. */
export function createBufferPool(limit: number): BufferPool {
  const free = new Map<number, ArrayBuffer[]>();
  let kept = 0;
  return {
    take: (bytes) => {
      const buffer = free.get(bytes)?.pop();
      if (!buffer) return new ArrayBuffer(bytes);
      kept -= bytes;
      return buffer;
    },
    give: (buffer) => {
      const bytes = buffer.byteLength;
      if (kept + bytes > limit) return;
      kept += bytes;
      const list = free.get(bytes);
      if (list) list.push(buffer);
      else free.set(bytes, [buffer]);
    },
    clear: () => {
      free.clear();
      kept = 0;
    },
  };
}
