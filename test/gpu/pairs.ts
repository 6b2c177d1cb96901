/** Times that were taken in turns, ours beside another's. */

/** Seconds of ours and of the other, taken one after the other. */
export type Pair = readonly [ours: number, theirs: number];

export function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Seconds, or milliseconds where they are few. */
export function formatTime(seconds: number): string {
  return seconds < 1 ? `${(1000 * seconds).toFixed(2)} ms` : `${seconds.toFixed(3)} s`;
}

/** `2.10 ms, plain PyTorch 4.20 ms, ratio 0.50 (0.48 to 0.53)`: medians, and how far the ratios are spread. */
export function describePairs(pairs: readonly Pair[], other: string): string {
  const ratios = pairs.map(([ours, theirs]) => ours / theirs).toSorted((a, b) => a - b);
  const [ours, theirs] = [0, 1].map((i) => medianOf(pairs.map((pair) => pair[i])));
  const spread = `${ratios[0].toFixed(2)} to ${ratios.at(-1)!.toFixed(2)}`;
  return `${formatTime(ours)}, ${other} ${formatTime(theirs)}, ratio ${medianOf(ratios).toFixed(2)} (${spread})`;
}

export async function secondsOf(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return (performance.now() - start) / 1000;
}
