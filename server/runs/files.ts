/**
 * A training run on disk. Its folder holds
 * - `config.json`: what was asked for and what it runs on;
 * - `masks.safetensors`: the masks (uint8, under the weights' names), where there are any;
 * - `initial.safetensors`: the initial parameters, where they do not follow from the seed;
 * - `metrics.jsonl`: losses and accuracies as they come (see `metrics.ts`);
 * - `checkpoint.safetensors`: everything that continues the run after its last finished epoch (see `training/checkpoint.ts`);
 * - `updates.jsonl` and `updates/`: how the masks changed, where training changes them, and `final-masks.safetensors`: those of the
 *   end (see `updates.ts`);
 * - `result.json`: the outcome. It is there when the run is complete;
 * - `outcome.json`: of a run of a comparison, what it is and all that came of it, its pruning too. It is there when the run is complete;
 * - `process.json`: the process that trains it. It is there only while one does (see `presence.ts`);
 * - `prunelens.lock`: keeps other processes from training it meanwhile (see `files/lock.ts`);
 * - `label.json`: a name that the user gave the run;
 * - `source.json`: the files that its model was made from, where they can be read;
 * - `notes.json`: its tags and notes, and whether it is pinned or archived;
 * - `failure.json`: why its training failed.
 *
 * A run of a comparison has beside its folder `NAME.pruning.json`, what pruning left, and, where channels were removed,
 * `NAME.masks.safetensors`.
 */
import { basename, join } from 'node:path';

/** Paths of the files of the run in `dir`. */
export function runFiles(dir: string) {
  return {
    config: join(dir, 'config.json'),
    masks: join(dir, 'masks.safetensors'),
    finalMasks: join(dir, 'final-masks.safetensors'),
    updateLines: join(dir, 'updates.jsonl'),
    updates: join(dir, 'updates'),
    initial: join(dir, 'initial.safetensors'),
    metrics: join(dir, 'metrics.jsonl'),
    checkpoint: join(dir, 'checkpoint.safetensors'),
    result: join(dir, 'result.json'),
    outcome: join(dir, 'outcome.json'),
    process: join(dir, 'process.json'),
    label: join(dir, 'label.json'),
    source: join(dir, 'source.json'),
    notes: join(dir, 'notes.json'),
    failure: join(dir, 'failure.json'),
  };
}

/** Where a run's pruning is kept: beside its folder, since that is the training's. */
export function pruningFile(dir: string): string {
  return `${dir}.pruning.json`;
}

/** Where the masks of a structured method are kept: the run in `dir` trains the network without what they remove. */
export function structuredMasksFile(dir: string): string {
  return `${dir}.masks.safetensors`;
}

/** Whether a file of that name in a folder, alone or beside locks, is no run yet: it is written before `config.json`. */
export function isBeginningOfRun(name: string): boolean {
  return name === basename(runFiles('').source);
}
