/** What is found in folders of runs. Further ones may be on machines that do not answer: what they said last holds until they do. */
import type { ComparisonSummary, RunSummary } from '../../protocol/results';
import { stateOf } from '../../runs/folders';
import { createPatience, type Told } from '../../runs/patience';
import { absence, isPlaceThere, type RunsPlace } from '../../runs/places';
import { listComparisons } from './comparisons';

interface Look {
  readonly isThere: boolean;
  /** Of before the runs were read, so that what comes meanwhile is seen the next time. */
  readonly state: string;
  readonly runs: readonly RunSummary[];
}

export interface PlaceLooks {
  look(place: RunsPlace): Promise<Told<Look>>;
  /** What changes when a run comes or goes; undefined where the place does not say. */
  state(place: RunsPlace): Promise<string | undefined>;
  comparisons(place: RunsPlace): Promise<readonly ComparisonSummary[]>;
}

export interface PlaceLooksOptions {
  readonly listRuns: (folder: string) => Promise<readonly RunSummary[]>;
  /** Reads what the table shows of the runs of a further folder, which it then takes from memory. */
  readonly readRows: (runs: readonly RunSummary[]) => Promise<unknown>;
  /** Milliseconds that a further folder is waited for. */
  readonly limit: number;
  /** One that was late has answered. */
  readonly onAnswer: () => void;
}

const NOWHERE: Look = { isThere: false, state: '', runs: [] };

/** What is wrong with a place, in one sentence; undefined where nothing is. */
export function problemOf(place: RunsPlace, { value, isLate }: Told<Look>): string | undefined {
  if (!isLate) return absence(place, value.isThere);
  return `The runs folder ${place.name} has not answered yet: its runs are shown as they were when it last did.`;
}

export function createPlaceLooks({ listRuns, readRows, limit, onAnswer }: PlaceLooksOptions): PlaceLooks {
  const lookAt = async (folder: string): Promise<Look> => {
    const state = await stateOf(folder);
    const isThere = await isPlaceThere(folder);
    return { isThere, state, runs: isThere ? await listRuns(folder) : [] };
  };
  const patience = createPatience({ limit, onAnswer });
  const lookPatiently = patience.question(async (folder) => {
    const look = await lookAt(folder);
    await readRows(look.runs);
    return look;
  }, NOWHERE);
  const statePatiently = patience.question<string | undefined>(stateOf, undefined);
  const comparisonsPatiently = patience.question<ComparisonSummary[]>(listComparisons, []);
  return {
    async look({ folder, isFurther }) {
      return isFurther ? lookPatiently(folder) : { value: await lookAt(folder), isLate: false };
    },
    async state({ folder, isFurther }) {
      if (!isFurther) return stateOf(folder);
      const { value, isLate } = await statePatiently(folder);
      return isLate ? undefined : value;
    },
    async comparisons({ folder, isFurther }) {
      return isFurther ? (await comparisonsPatiently(folder)).value : listComparisons(folder);
    },
  };
}
