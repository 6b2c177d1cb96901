/** How much work can be asked for at once: more than anybody has done, and what to do instead. */
import { usageError } from '../errors';

interface Limit {
  readonly most: number;
  /** A sentence or two: what is usual, or how more is done. */
  readonly advice: string;
}

/** Limits of what whole numbers count. */
export const LIMITS = {
  epochs: {
    most: 100_000,
    advice: 'Most trainings have 1 to 1,000 epochs; take fewer, or more batches an epoch (a smaller --batch-size).',
  },
  /** Of criteria that score, remove and score again. */
  rounds: { most: 10_000, advice: 'Criteria are used with 1 to 100 rounds; more change little.' },
  /** Steps that are differentiated through, all of which are held in memory. */
  steps: { most: 1000, advice: 'Each step is held in memory; take fewer, with a larger --inner-lr.' },
  draws: { most: 10_000, advice: 'The error of an average over 10,000 draws is a hundredth of that of one.' },
  repeats: { most: 1000, advice: 'Shares that stay are known well after 10 to 100 scorings.' },
  batches: { most: 10_000, advice: 'To score on more examples, take larger batches (--pruning-batch-size).' },
  /** Of one batch. */
  batchSize: { most: 1_000_000, advice: 'A batch is held in memory; take smaller ones, and more of them.' },
  pixels: { most: 1024, advice: 'Images are moved by a few pixels, such as 4 of 32.' },
  /** Trainings one after another, of which each begins with what the last one left. */
  prunings: { most: 1000, advice: 'Each is a training; 20 that keep 80 % each leave 1 % of the weights.' },
  /** Of a search, each of which halves what is left between two sparsities. */
  halvings: { most: 100, advice: 'Each halves the range; after 30 it is smaller than one weight in a billion.' },
  seeds: { most: 10_000, advice: 'Take fewer, and the next ones, with another --seed, in another run.' },
  runs: { most: 200_000, advice: 'Make several, with fewer seeds, sparsities or other values in each.' },
  /** Processes, or parts of the work, at the same time. */
  processes: { most: 256, advice: 'Take as many as the machine has cores, or fewer.' },
  threads: { most: 1024, advice: 'A machine has no more; unset it to use all that there are.' },
  /** Of job arrays. */
  tasks: { most: 100_000, advice: 'Schedulers run fewer at a time.' },
  mebibytes: { most: 2 ** 24, advice: 'That is 16 TiB; take what the memory of the machine can hold, such as 8192.' },
  /** Things that are there, such as weights and examples: as many as there can be. */
  things: { most: Number.MAX_SAFE_INTEGER, advice: 'There cannot be more.' },
} as const satisfies { readonly [counted: string]: Limit };

/** What a whole number counts. */
export type Counted = keyof typeof LIMITS;

/** The limit in words, and what to do: `It can be 100,000 at most. …`. */
export function limitText(counted: Counted): string {
  const { most, advice } = LIMITS[counted];
  return `It can be ${most.toLocaleString('en')} at most. ${advice}`;
}

/** @throws UserError (usage) where the runs of `what`, counted before there are any, are too many. */
export function checkRuns(what: string, count: number): void {
  const { most, advice } = LIMITS.runs;
  if (count <= most) return;
  const [asked, possible] = [count, most].map((number) => number.toLocaleString('en'));
  throw usageError(`${what} would have ${asked} runs; at most ${possible} are possible.`, advice);
}
