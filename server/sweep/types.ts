/** A sweep as its file asks for it, checked against `sweep.schema.json`. Keys are as they are written there. */
import type { Precision } from '../protocol/catalogue/options';
import type { SweepValue } from '../protocol/sweep';

type OneOrMore = string | readonly string[];

/** Options of a model, as those of the command. Paths are relative to the sweep's file. */
export interface SweepModelOptions {
  readonly weights?: string;
  /** Sizes of one example, one for each input. */
  readonly input?: readonly string[];
  readonly output?: string | number;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}

/** A model file, with what is special about it. */
export interface SweepModel extends SweepModelOptions {
  /** As on the command line; a path is relative to the sweep's file. */
  readonly model: string;
  /** Data for this model in place of the sweep's. */
  readonly data?: OneOrMore;
  /** Name under which papers have published numbers of it, where its own is another. */
  readonly 'published-as'?: string;
}

/** `run-on`: the options of `prunelens sweep` for Slurm, by their names. */
export interface RunOn {
  readonly scheduler?: 'slurm' | 'local';
  readonly partition?: string;
  readonly gres?: string;
  readonly time?: string;
  readonly 'array-limit'?: number;
  readonly pack?: number;
  readonly 'side-by-side'?: number;
  readonly setup?: string;
  readonly sbatch?: readonly string[];
}

export interface SweepFile extends SweepModelOptions {
  readonly title?: string;
  readonly models: readonly (string | SweepModel)[];
  readonly data?: OneOrMore;
  readonly methods: readonly string[];
  readonly sparsities: 'prospr' | readonly ('prospr' | number)[];
  /** How many, counted from 0, or which ones. */
  readonly seeds?: number | readonly number[];
  readonly dense?: boolean;
  readonly backend?: string;
  /** As the options of the command. */
  readonly device?: string;
  readonly devices?: readonly string[];
  readonly python?: string;
  readonly precision?: Precision;
  readonly deterministic?: boolean;
  /** Score so often again in each run, to see how stable its mask is. */
  readonly stability?: number;
  /** By which part of themselves weights are changed for that. */
  readonly 'stability-change'?: number;
  /** Where and how its runs are done on a cluster; the same as options of the command. */
  readonly 'run-on'?: RunOn;
  /** Options of the command by name; a list of values is an axis of the sweep. */
  readonly settings?: { readonly [option: string]: SweepValue | readonly SweepValue[] };
  /** Published numbers to show beside the sweep's: all that fit its models and data, none, or those of some sources. */
  readonly published?: boolean | readonly string[];
}
