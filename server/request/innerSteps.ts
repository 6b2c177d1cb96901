/** Inner steps that were chosen, kept in the user's cache folder. */
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeJsonAtomic } from '../files/atomic';
import { cacheFolder } from '../files/cacheFolder';
import type { InnerStep, InnerStepMemory } from '../pruning';

const FORMAT = 'prunelens-inner-steps-1';

/** So many are kept, the latest. */
const KEPT = 1000;

interface StepFile {
  readonly format: typeof FORMAT;
  readonly steps: { readonly [key: string]: InnerStep };
}

const file = (): string => join(cacheFolder(), 'inner-steps.json');

/** What the file holds; a file of another version, or one that is damaged, is made anew. */
async function read(): Promise<StepFile['steps']> {
  try {
    const { format, steps } = JSON.parse(await readFile(file(), 'utf8')) as StepFile;
    return format === FORMAT ? steps : {};
  } catch {
    return {};
  }
}

/** Where the cache folder cannot be written, a step is chosen again the next time: that costs time only. */
export function rememberedSteps(): InnerStepMemory {
  return {
    recall: async (key) => (await read())[key],
    async remember(key, step) {
      const others = Object.entries(await read()).filter(([other]) => other !== key);
      const contents: StepFile = {
        format: FORMAT,
        steps: Object.fromEntries([...others.slice(1 - KEPT), [key, step]]),
      };
      await mkdir(dirname(file()), { recursive: true })
        .then(() => writeJsonAtomic(file(), contents))
        .catch(() => undefined);
    },
  };
}
