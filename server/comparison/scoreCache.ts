/** Scores kept for the sparsities that share them. */
import type { Saliency } from '../pruning';
import type { ChannelSaliency } from '../pruning/structured';

type AnySaliency = Saliency | ChannelSaliency;

/** A scoring and the time it took. */
export interface TimedScores<T extends AnySaliency = Saliency> {
  readonly saliency: T;
  readonly seconds: number;
}

export interface ScoreCache {
  /**
   * The scores kept under `key`, or those that `score` makes, which are kept then. Scores of weights and of channels have
   * different keys, since they are of different methods.
   */
  get<T extends AnySaliency>(key: string, score: () => Promise<T>): Promise<TimedScores<T>>;
}

const MOST_BYTES = 256 * 1024 * 1024;

function bytesOf(saliency: AnySaliency): number {
  const tensors = 'kernels' in saliency ? [saliency.scores, ...saliency.kernels.values()] : saliency.scores.values();
  return Array.from(tensors).reduce((sum, { byteLength }) => sum + byteLength, 0);
}

export async function timed<T extends AnySaliency>(score: () => Promise<T>): Promise<TimedScores<T>> {
  const start = performance.now();
  const saliency = await score();
  return { saliency, seconds: (performance.now() - start) / 1000 };
}

/** Keeps the latest scores, up to 256 MiB of them (or one that is larger). */
export function createScoreCache(): ScoreCache {
  const kept = new Map<string, TimedScores<AnySaliency>>();
  return {
    async get<T extends AnySaliency>(key: string, score: () => Promise<T>) {
      const found = kept.get(key);
      if (found) return found as TimedScores<T>;
      const made = await timed(score);
      kept.set(key, made);
      let bytes = Array.from(kept.values()).reduce((sum, { saliency }) => sum + bytesOf(saliency), 0);
      for (const [oldest, { saliency }] of kept) {
        if (bytes <= MOST_BYTES || kept.size === 1) break;
        bytes -= bytesOf(saliency);
        kept.delete(oldest);
      }
      return made;
    },
  };
}
