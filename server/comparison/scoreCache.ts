/** Scores kept for the sparsities that share them. */
import type { Saliency } from '../pruning';

/** A scoring and the time it took. */
export interface TimedScores {
  readonly saliency: Saliency;
  readonly seconds: number;
}

export interface ScoreCache {
  /** The scores kept under `key`, or those that `score` makes, which are kept then. */
  get(key: string, score: () => Promise<Saliency>): Promise<TimedScores>;
}

const MOST_BYTES = 256 * 1024 * 1024;

function bytesOf({ scores }: Saliency): number {
  return Array.from(scores.values()).reduce((sum, { byteLength }) => sum + byteLength, 0);
}

export async function timed(score: () => Promise<Saliency>): Promise<TimedScores> {
  const start = performance.now();
  const saliency = await score();
  return { saliency, seconds: (performance.now() - start) / 1000 };
}

/** Keeps the latest scores, up to 256 MiB of them (or one that is larger). */
export function createScoreCache(): ScoreCache {
  const kept = new Map<string, TimedScores>();
  return {
    async get(key, score) {
      const found = kept.get(key);
      if (found) return found;
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
