/** What a sweep on Slurm is asked for, and what its folder `slurm` keeps. */
import type { Computed } from '../../comparison/identity';
import type { BackendRequest } from '../../executors/select';
import type { LeaseTiming } from '../../files/lease';
import type { RunKey } from '../../protocol/comparison';
import type { SweepPlan } from '../expand';
import type { ResolvedRun } from '../messages';
import type { ReportedNetwork } from '../results';

/** Options of the scheduler, as flags and `run-on` name them. */
export interface SlurmOptions {
  readonly partition?: string;
  readonly gres?: string;
  readonly time?: string;
  /** Tasks of an array that run at the same time. */
  readonly arrayLimit?: number;
  /** Runs in turn in a task. */
  readonly pack: number;
  /** Runs at the same time in a task. */
  readonly sideBySide: number;
  /** Lines of the shell before the program starts. */
  readonly setup?: string;
  /** Options of sbatch as they are. */
  readonly sbatch: readonly string[];
}

/** What runs of a network and variant have in common. */
export type SharedRequest = Pick<ResolvedRun, 'method' | 'request' | 'content' | 'settings'>;

/** One run of the manifest. */
export interface PlannedRun {
  readonly key: RunKey;
  /** Which of the manifest's requests it has. */
  readonly request: number;
  /** Its folder below that of the runs, with `/` between the parts. */
  readonly folder: string;
  /** SHA-256 of what it is. */
  readonly hash: string;
}

/** Tasks that are submitted together: as one array, or as several where one cannot be so long. */
export interface Stage {
  readonly first: number;
  readonly count: number;
}

/** Contents of `manifest.json`: all that a node has to know. Plain data; paths are absolute. */
export interface Manifest extends Computed {
  readonly format: 'prunelens-slurm-1';
  /** Names the jobs. */
  readonly name: string;
  /** SHA-256 over runs and options: whether a manifest is that of a sweep's file. */
  readonly plan: string;
  /** Folder that the command was started in: relative paths of models and data start there. */
  readonly folder: string;
  readonly out: string;
  readonly runsFolder: string;
  /** Whether the runs are in a folder of their own. */
  readonly sharesRuns: boolean;
  readonly node: string;
  readonly command: string;
  readonly asked: BackendRequest;
  /** Of each run. */
  readonly threads: number;
  readonly timing: LeaseTiming;
  readonly options: SlurmOptions;
  readonly sweep: Omit<SweepPlan, 'runs'>;
  readonly networks: readonly ReportedNetwork[];
  readonly requests: readonly SharedRequest[];
  readonly runs: readonly PlannedRun[];
  /** Numbers of runs, in the order in which a task does them. */
  readonly tasks: readonly (readonly number[])[];
  /** The second one depends on what the first one leaves. */
  readonly stages: readonly Stage[];
}

/** A job array that was submitted. */
export interface SubmittedJob {
  readonly id: string;
  /** Number of the task that has the array's index 0. */
  readonly offset: number;
  /** Tasks in it. */
  readonly tasks: readonly number[];
}
