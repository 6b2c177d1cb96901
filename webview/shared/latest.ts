/** Work on what changes faster than it can be worked on: only the newest input matters. */

/**
 * Runs `work` on one input at a time. An input that comes meanwhile waits; a newer one takes its place. So the last
 * input is always worked on, and what lies between is left out. Failures go to `fail`.
 */
export function latestOnly<Input>(
  work: (input: Input) => Promise<void>,
  fail: (error: unknown) => void,
): (input: Input) => void {
  let busy = false;
  let next: { readonly input: Input } | undefined;

  async function run(input: Input): Promise<void> {
    busy = true;
    try {
      await work(input);
    } catch (error) {
      fail(error);
    }
    busy = false;
    if (!next) return;
    const { input: newer } = next;
    next = undefined;
    void run(newer);
  }

  return (input) => {
    if (busy) next = { input };
    else void run(input);
  };
}

/** Calls `work` with the newest input once before the next frame is drawn. */
export function oncePerFrame<Input>(work: (input: Input) => void): (input: Input) => void {
  let newest: { readonly input: Input } | undefined;
  return (input) => {
    const isScheduled = newest !== undefined;
    newest = { input };
    if (isScheduled) return;
    requestAnimationFrame(() => {
      const { input: last } = newest!;
      newest = undefined;
      work(last);
    });
  };
}

/** Calls `work` for inputs that come in a stream, once in so many milliseconds. */
export function onceEvery(milliseconds: number, work: () => void): () => void {
  let isScheduled = false;
  return () => {
    if (isScheduled) return;
    isScheduled = true;
    setTimeout(() => {
      isScheduled = false;
      work();
    }, milliseconds);
  };
}

/** Calls `work` with the newest input when none has come for `milliseconds`. */
export function afterPause<Input>(milliseconds: number, work: (input: Input) => void): (input: Input) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (input) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(input), milliseconds);
  };
}
