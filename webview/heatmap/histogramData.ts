/** A histogram of scores, parted at the threshold. */
import type { Histogram } from '../../server/protocol/results';
import type { ChartData } from '../shared/chart/types';

/** Bin centers, and the counts below and above the threshold. */
export function histogramData(
  { low, high, counts }: Histogram,
  threshold: number | undefined,
  log: boolean,
): ChartData {
  const width = (high - low) / counts.length;
  const centers = counts.map((_, bin) => low + (bin + 0.5) * width);
  const limit = threshold !== undefined && threshold > 0 ? Math.log10(threshold) : Number.NEGATIVE_INFINITY;
  const value = (bin: number) => (log && counts[bin] === 0 ? null : counts[bin]);
  return [
    centers,
    centers.map((center, bin) => (center < limit ? value(bin) : null)),
    centers.map((center, bin) => (center >= limit ? value(bin) : null)),
  ];
}
